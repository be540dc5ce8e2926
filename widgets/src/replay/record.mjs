// @ts-check
// A recorded run, as eoslib/record.py writes it: null is nan, infinities are words, a column that stands still is one number.
import { lrText, stepText } from "../numbers.mjs";

/** @typedef {Float64Array | number[]} Column */
/** @typedef {{ name: string, columns: Float64Array[] }} Measure */
/** @typedef {{ step: number, grid: Float64Array, density: Float64Array }} Density */
/** @typedef {object} Run
 * @property {string} title @property {string} thinned  which points were kept, "" for all @property {string} stopped  why it ended early, "" if not
 * @property {number} points
 * @property {"step" | "time"} clock  what runs along the axis: for gradient flow, whose solver chooses its steps, the time
 * @property {Column} x  the same as numbers @property {Column} step @property {Column} loss @property {Column} lrs @property {Column} thresholds
 * @property {Column[]} eigenvalues  largest first, one column each
 * @property {number[]} seen  the points at which the sharpness was measured
 * @property {number} crossing  the first point at which the sharpness is above its threshold, or −1
 * @property {string} word  what the threshold is called
 * @property {Measure[]} measures @property {Density[]} densities  by rising step */

export const FORMAT = "eoslib-record-1";

/** @param {unknown} value  @returns {number | undefined} */
export const toNumber = (value) => (typeof value === "number" ? value : value === null ? NaN : value === "inf" ? Infinity : value === "-inf" ? -Infinity : undefined);

/** @param {string} what @param {unknown} value @param {number} length */
function column(what, value, length) {
  const list = Array.isArray(value) ? value : new Array(length).fill(value), numbers = list.map(toNumber);
  if (numbers.length !== length) throw new RangeError(`${what} has ${numbers.length} entries for ${length} points`);
  if (numbers.includes(undefined)) throw new RangeError(`${what} holds something that is no number`);
  return Float64Array.from(/** @type {number[]} */ (numbers));
}

/** A table by columns, or a single column. @param {string} what @param {unknown} value @param {number} length */
function columns(what, value, length) {
  if (!Array.isArray(value) || !Array.isArray(value[0])) return [column(what, value, length)];
  const width = value[0].length;
  if (!value.every((row) => Array.isArray(row) && row.length === width)) throw new RangeError(`${what} is not a table`);
  return Array.from({ length: width }, (_, j) => column(what, value.map((row) => row[j]), length));
}

/** @param {any} found  @returns {Density} */
function densityOf(found) {
  const length = Array.isArray(found?.grid) ? found.grid.length : 0, [step] = column("The step of a density", [found?.step], 1);
  if (length < 2) throw new RangeError("a density has no grid");
  return { step, grid: column("The grid of a density", found.grid, length), density: column("A density", found.density, length) };
}

/** The run in one record. Throws a sentence when there is none in it. @param {any} raw  @returns {Run} */
export function read(raw) {
  if (raw?.format !== FORMAT) throw new RangeError(`This is no recorded run: its format is “${String(raw?.format).slice(0, 40)}” and not “${FORMAT}”. Make it with eos.save_record.`);
  try {
    const points = Array.isArray(raw.step) ? raw.step.length : 0, step = column("step", raw.step, points);
    if (points === 0 || step.some((t, i) => !(i === 0 ? Number.isFinite(t) : t > step[i - 1]))) throw new RangeError("its steps do not rise");
    const [loss, lrs, thresholds, time] = ["loss", "lrs", "thresholds", "time"].map((name) => column(name, raw[name], points)), eigenvalues = columns("eigenvalues", raw.eigenvalues, points);
    const seen = [...step.keys()].filter((i) => Number.isFinite(eigenvalues[0][i])), last = points - 1;
    const flows = lrs.every((lr) => lr === 0) && time.every((t, i) => i === 0 || t > time[i - 1]);
    return {
      title: String(raw.title), thinned: String(raw.thinned), stopped: String(raw.stopped), points, step, loss, lrs, thresholds, eigenvalues, seen,
      clock: flows ? "time" : "step", x: flows ? time : step,
      crossing: seen.find((i) => eigenvalues[0][i] > thresholds[i]) ?? -1,
      word: Math.abs((thresholds[last] * lrs[last]) / 2 - 1) < 1e-4 ? "2/η" : "the threshold",
      measures: Object.entries(raw.measures).map(([name, values]) => ({ name, columns: columns(name, values, points) })),
      densities: /** @type {unknown[]} */ (raw.densities).map(densityOf).sort((a, b) => a.step - b.step),
    };
  } catch (error) {
    throw new RangeError(`The record “${String(raw.title).slice(0, 60)}” is damaged: ${/** @type {Error} */ (error).message}. Make it again with eos.save_record.`);
  }
}

/** The last entry of rising numbers that is at or below a value, at least 0. @param {number} length @param {(i: number) => number} at @param {number} value */
export function lastAtOrBelow(length, at, value) {
  let low = 0, high = length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (at(middle) <= value) low = middle; else high = middle - 1;
  }
  return low;
}

/** The point nearest to a step or, on another axis, to a value there; between two, the earlier. @param {Run} run @param {number} value @param {Column} [axis] */
export function pointAt({ step, points }, value, axis = step) {
  const i = lastAtOrBelow(points, (k) => axis[k], value);
  return i + 1 < points && axis[i + 1] - value < value - axis[i] ? i + 1 : i;
}

/** Where a point stands on the axis: "1,000", or of a flow "2.5". @param {Run} run @param {number} at */
export const tick = ({ clock, x }, at) => (clock === "time" ? lrText(x[at]) : stepText(x[at]));

/** The same, with what it counts. @param {Run} run @param {number} at */
export const when = (run, at) => `${run.clock} ${tick(run, at)}`;

/** The place in `seen` of the last measured point up to a point, or −1. @param {Run} run @param {number} at */
export function measuredUpTo({ seen }, at) {
  const k = seen.length ? lastAtOrBelow(seen.length, (i) => seen[i], at) : -1;
  return k >= 0 && seen[k] <= at ? k : -1;
}

/** The density last taken at or before a step, or null. @param {Run} run @param {number} step */
export function densityAt({ densities }, step) {
  const k = densities.length ? lastAtOrBelow(densities.length, (i) => densities[i].step, step) : -1;
  return k >= 0 && densities[k].step <= step ? densities[k] : null;
}

/** What to call each run among the others: by its step size, or by its title where step sizes do not tell. @param {Run[]} runs */
export function namesOf(runs) {
  const short = (/** @type {number} */ v) => String(Number(v.toPrecision(4)));
  const etas = runs.map(({ lrs, points }) => (lrs[0] === lrs[points - 1] ? (lrs[0] === 0 ? "gradient flow" : `η = ${short(lrs[0])}`) : `η = ${short(lrs[0])} → ${short(lrs[points - 1])}`));
  const titles = runs.map((run) => run.title);
  return new Set(etas).size === runs.length ? etas : new Set(titles).size === runs.length ? titles : runs.map((_, i) => `run ${i + 1}`);
}

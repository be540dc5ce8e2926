// @ts-check
// A recorded run up to a point, with the rest faint; the spectral density there; where the weights have been.
import { apart, curve, frame, wholeDecades } from "../toys/axes.mjs";
import { niceAbove } from "../scales.mjs";
import { densityAt, measuredUpTo, pointAt, tick } from "./record.mjs";

/** @typedef {import("../toys/pen.mjs").Pen} Pen */
/** @typedef {import("../toys/axes.mjs").Frame} Frame */
/** @typedef {import("./record.mjs").Run} Run */
/** @typedef {{ run: Run, at: number, until?: number }} Scene  until: the right end of the axis, where it is not the run's */
/** @typedef {{ ink: string, width: number, dash?: number[] }} Look */

const DASHES = [[], [5, 3], [1, 3]], INDEX = "₁₂₃₄₅₆₇₈₉", DEEP = 6;   // decades of a density that are shown
const finite = (/** @type {ArrayLike<number>} */ values) => Array.from(values).filter(Number.isFinite);

/** The ends of the curvature axis: they hold the threshold and what was measured; a spike far above both is cut off.
 * @param {Run} run  @returns {[number, number]} */
export function curvatures({ eigenvalues, thresholds }) {
  const edge = Math.max(0, ...finite(thresholds)), all = eigenvalues.flatMap((column) => finite(column));
  const top = all.reduce((a, b) => Math.max(a, b), 0), low = all.reduce((a, b) => Math.min(a, b), 0);
  const roof = Math.max(edge ? Math.min(top, 3 * edge) : top, Math.min(edge, 3 * top)) || edge || 1;
  return [low < -0.02 * roof ? -niceAbove(-low) : 0, niceAbove(1.08 * roof)];
}

/** Both panels over one axis of steps, or of time. @param {Pen} pen @param {Scene} scene @param {number} width @param {number} height  @returns {Frame} */
export function drawSeries(pen, { run, at, until = run.x[run.points - 1] }, width, height) {
  const { x, clock, loss, seen, points, thresholds, eigenvalues, crossing, word } = run, narrow = width < 420, last = points - 1;
  const left = narrow ? 40 : 48, right = width - (word === "2/η" ? 54 : 80), middle = Math.round(height * 0.42);
  const across = { low: x[0], high: ends(x[0], until), count: narrow ? 3 : 4 }, [from, to] = wholeDecades([loss], -16, 8), [low, high] = curvatures(run);
  const upper = frame(pen, { left, right, top: 22, bottom: middle - 8 }, { ...across, ticks: [] }, { low: from, high: to, log: true, name: "training loss", count: 3 });
  const f = frame(pen, { left, right, top: middle + 26, bottom: height - 38 }, { ...across, name: clock }, { low, high, name: "sharpness", count: 4 });
  const now = f.x(x[at]), k = measuredUpTo(run, at), edged = Number.isFinite(thresholds[at]);
  if (crossing >= 0) for (const { box } of [upper, f]) pen.line([f.x(x[crossing]), box.top, f.x(x[crossing]), box.bottom], "edge", 1, [2, 3]);
  pen.line([now, upper.box.top, now, f.box.bottom], "edge", 1);
  const known = [...x.keys()].filter((i) => !Number.isNaN(loss[i])), upTo = known.filter((i) => i <= at), losses = known.map((i) => loss[i]);
  const past = (/** @type {number} */ i) => x[known[i]], measured = (/** @type {number} */ i) => x[seen[i]];
  pen.clip({ ...upper.box, top: upper.box.top - 2, right: right + 2 }, () => {
    faint(pen, curve(upper, past, losses, known.length - 1));
    stroke(pen, curve(upper, past, losses, upTo.length - 1), { ink: "loss", width: 1.5 });
  });
  pen.clip({ ...f.box, top: f.box.top - 2, right: right + 2 }, () => {
    for (let j = Math.min(eigenvalues.length, 3) - 1; j >= 0; j--) {
      const values = seen.map((i) => eigenvalues[j][i]);
      faint(pen, curve(f, measured, values, seen.length - 1));
      stroke(pen, curve(f, measured, values, k), { ink: "sharpness", width: j ? 1.1 : 1.6, dash: DASHES[j] });
    }
    if (edged) stroke(pen, curve(f, (i) => x[i], thresholds, last), { ink: "threshold", width: 1.6, dash: [7, 4] });
  });
  if (!Number.isNaN(loss[at])) {
    pen.dot(now, upper.y(loss[at]), 4, "loss");
    pen.text(right + 8, upper.y(loss[at]), "loss", "loss", "left", true);
  }
  /** @type {[string, string, number][]} */
  const names = edged ? [[word.replace("the ", ""), "threshold", f.y(thresholds[at])]] : [];
  if (k >= 0) for (let j = 0; j < Math.min(eigenvalues.length, 3); j++) names.push([`λ${INDEX[j]}`, "sharpness", f.y(eigenvalues[j][seen[k]])]);
  if (k >= 0) pen.dot(f.x(measured(k)), f.y(eigenvalues[0][seen[k]]), 4, "sharpness");
  apart(f.box, names, (name, ink, y) => pen.text(right + 8, y, name, ink, "left", true));
  return f;
}

/** The right end of an axis, which is longer than nothing. @param {number} low @param {number} high */
const ends = (low, high) => (high > low ? high : low + 1);

/** The future in a quiet colour. @param {Pen} pen @param {number[]} points */
const faint = (pen, points) => stroke(pen, points, { ink: "edge", width: 0.7 });

/** @param {Pen} pen @param {number[]} points @param {Look} look */
const stroke = (pen, points, { ink, width, dash = [] }) => { if (points.length > 2) pen.line(points, ink, width, dash); };

/** The ends of the density's axes, the same for the whole run. @param {Run} run  @returns {{ x: [number, number], y: [number, number] }} */
export function spans({ densities, thresholds, eigenvalues }) {
  const edge = finite(thresholds), grids = densities.flatMap(({ grid }) => [grid[0], grid[grid.length - 1]]), top = finite(eigenvalues[0]);
  const peak = densities.reduce((a, { density }) => finite(density).reduce((b, v) => Math.max(b, v), a), 0), high = Math.ceil(Math.log10(peak || 1));
  const right = Math.max(...grids, top.reduce((a, b) => Math.max(a, b), 0)), low = Math.min(0, ...grids);
  return { x: [low, Math.max(right, edge.length && edge[edge.length - 1] < 3 * right ? 1.08 * edge[edge.length - 1] : 0)], y: [high - DEEP, high] };
}

/** @param {Pen} pen @param {Scene} scene @param {number} width @param {number} height */
export function drawDensity(pen, { run, at }, width, height) {
  const { x, y } = spans(run), narrow = width < 300, box = { left: narrow ? 44 : 50, right: width - 18, top: 22, bottom: height - 38 };
  const found = densityAt(run, run.step[at]), k = measuredUpTo(run, at), edge = run.thresholds[at];
  const taken = (/** @type {import("./record.mjs").Density} */ { step }) => tick(run, pointAt(run, step)), first = run.densities[0], name = !found ? "spectral density: none yet" : `spectral density, ${run.clock} ${taken(found)}${found === first || narrow ? "" : ` (dotted: ${taken(first)})`}`;
  const f = frame(pen, box, { low: x[0], high: x[1], name: "eigenvalue", count: narrow ? 3 : 4 }, { low: y[0], high: y[1], log: true, name, count: 3 });
  const trace = (/** @type {import("./record.mjs").Density} */ d) => Array.from(d.grid, (v, i) => [f.x(v), Math.min(box.bottom + 3, f.y(Math.max(d.density[i], 1e-300)))]).flat();
  pen.clip(box, () => {
    if (found && found !== first) pen.line(trace(first), "edge", 1, [2, 3]);
    if (found) {
      const line = trace(found);
      pen.fill([[line[0], box.bottom, ...line, line[line.length - 2], box.bottom]], "flow", 0.16);
      pen.line(line, "flow", 1.6);
    }
    if (Number.isFinite(edge)) pen.line([f.x(edge), box.top, f.x(edge), box.bottom], "threshold", 1.6, [7, 4]);
  });
  if (k >= 0) run.eigenvalues.forEach((column, j) => pen.dot(f.x(column[run.seen[k]]), box.bottom, j ? 2.5 : 4, "sharpness"));
  const top = k >= 0 ? f.x(run.eigenvalues[0][run.seen[k]]) : NaN, room = top < box.right - 26;
  if (k >= 0) pen.text(top + (room ? 8 : -8), box.bottom - 10, "λ₁", "sharpness", room ? "left" : "right", true);
  if (edge < x[1]) pen.text(f.x(edge) - 6, box.top + 9, run.word.replace("the ", ""), "threshold", "right", true);
  return f;
}

/** A number over the steps, or the path of two in their plane. @param {Pen} pen @param {Scene & { measure: import("./record.mjs").Measure }} scene @param {number} width @param {number} height */
export function drawMeasure(pen, { run, at, measure: { name, columns } }, width, height) {
  const narrow = width < 300, box = { left: narrow ? 44 : 50, right: width - 18, top: 22, bottom: height - 38 }, last = run.points - 1;
  const spread = columns.map((c) => wide(finite(c))), plane = columns.length > 1;
  const x = plane ? { ...spread[0], name: "first component", count: 4 } : { low: run.x[0], high: ends(run.x[0], run.x[last]), name: run.clock, count: narrow ? 3 : 4 };
  const f = frame(pen, box, x, { ...(plane ? spread[1] : spread[0]), name: plane ? `${name}: second component` : name, count: 4 });
  const known = [...run.x.keys()].filter((i) => columns.every((c) => Number.isFinite(c[i]))), upTo = known.filter((i) => i <= at);
  const path = (/** @type {number[]} */ rows) => rows.flatMap((i) => [f.x(columns[0][i]), f.y(columns[1][i])]), values = plane ? [] : known.map((i) => columns[0][i]);
  pen.clip({ ...box, top: box.top - 4, bottom: box.bottom + 4, right: box.right + 4 }, () => {
    if (plane) {
      stroke(pen, path(known), { ink: "line", width: 1.5 });
      stroke(pen, path(upTo), { ink: "second", width: 1.2 });
    } else {
      faint(pen, curve(f, (i) => run.x[known[i]], values, known.length - 1));
      stroke(pen, curve(f, (i) => run.x[known[i]], values, upTo.length - 1), { ink: "second", width: 1.4 });
    }
  });
  const i = upTo[upTo.length - 1];
  if (i !== undefined) pen.dot(f.x(plane ? columns[0][i] : run.x[i]), f.y(plane ? columns[1][i] : columns[0][i]), 4, "second");
  return f;
}

/** Ends of an axis around numbers. @param {number[]} values  @returns {{ low: number, high: number }} */
function wide(values) {
  const low = values.reduce((a, b) => Math.min(a, b), Infinity), high = values.reduce((a, b) => Math.max(a, b), -Infinity), room = 0.06 * (high - low) || 0.1 * Math.abs(high) || 1;
  return low <= high ? { low: low >= 0 && low < 0.3 * high ? 0 : low - room, high: high + room } : { low: 0, high: 1 };
}

// @ts-check
// The state of a sketch. eoslib/sketch.py declares the same keys and defaults, thins the run and fills in the ranges.
import { common, quote, toNumber } from "../toys/checks.mjs";

export const LIMITS = { points: 400 };
export const DEFAULTS = {
  y: /** @type {number[]} */ ([]), x: /** @type {number[]} */ ([]), given: /** @type {number | null} */ (null), level: /** @type {number | null} */ (null), level_name: "2/η",
  x_range: /** @type {number[]} */ ([]), y_range: /** @type {number[]} */ ([]), x_log: false, y_log: false, x_name: "step", y_name: "sharpness",
  curves: /** @type {Record<string, number[]>} */ ({}), id: "sketch", title: "",
};
/** @typedef {typeof DEFAULTS} Settings */

/** @param {string} what @param {number} least  @returns {import("../toys/checks.mjs").Check} */
const numbers = (what, least) => (value) => {
  const all = Array.isArray(value) ? value.map(toNumber) : [];
  if (!(Array.isArray(value) && all.length >= least && all.length <= LIMITS.points && all.every(Number.isFinite))) {
    throw new RangeError(`${what} cannot be ${quote(value).slice(0, 60)}. Give ${least} to ${LIMITS.points} finite numbers.`);
  }
  return all;
};
/** @param {string} what  @returns {import("../toys/checks.mjs").Check} */
const ends = (what) => (value) => {
  const both = numbers(what, 2)(value);
  if (!(both.length === 2 && both[0] < both[1])) throw new RangeError(`${what} cannot be ${quote(value).slice(0, 60)}. Give its two ends, the smaller first.`);
  return both;
};
/** @param {string} what  @returns {import("../toys/checks.mjs").Check} */
const maybe = (what) => (value) => (value === null ? null : numbers(what, 1)([value])[0]);

/** Each check returns the clean value or throws a sentence. @type {Record<keyof Settings, import("../toys/checks.mjs").Check>} */
export const CHECKS = {
  y: numbers("The run", 2), x: numbers("The run’s x", 2), given: maybe("The given part"), level: maybe("The level"), level_name: String,
  x_range: ends("The range of x"), y_range: ends("The range of y"), x_log: (value) => value === true, y_log: (value) => value === true, x_name: String, y_name: String,
  curves(value) {
    const named = Object.entries(value && typeof value === "object" ? value : { [String(value)]: null });
    return Object.fromEntries(named.map(([name, heights]) => [name, numbers(`The curve “${name}”`, 2)(heights)]));
  },
  id: common.id, title: common.title,
};

/** Clean settings from raw ones; throws a sentence. @param {(key: string) => unknown} get  @returns {Settings} */
export function settingsFrom(get) {
  const entries = Object.entries(CHECKS).map(([key, check]) => [key, check(get(key) ?? DEFAULTS[/** @type {keyof Settings} */ (key)])]);
  const settings = /** @type {Settings} */ (Object.fromEntries(entries)), { x, y, x_range, y_range, x_log, y_log } = settings;
  if (x.length !== y.length) throw new RangeError(`The run has ${x.length} values of x and ${y.length} of y. Give one x for each y.`);
  if (x.some((v, i) => i > 0 && !(v > x[i - 1]))) throw new RangeError("The run’s x does not rise. Give the steps in their order, each once.");
  if ((x_log && x_range[0] <= 0) || (y_log && (y_range[0] <= 0 || y.some((v) => v <= 0)))) throw new RangeError("A logarithmic axis cannot show 0 or less. Use a linear one, or positive numbers.");
  return settings;
}

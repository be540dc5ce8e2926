// @ts-check
// The state of the self-stabilisation widget. eoslib/explorables.py declares the same keys, defaults and limits.
import { common, quote, toNumber, whole, within } from "../toys/checks.mjs";
import { orbit } from "./stabilisation.mjs";

export const LIMITS = { lr: [0.001, 1], alpha: [0.001, 10], beta: [0.01, 1000], x0: [0.0001, 5], steps: [10, 5000], measured: 5000 };
export const DEFAULTS = {
  lr: 0.05, alpha: 0.2, beta: 20, x0: 0.02, steps: 1000, measured: /** @type {number[][]} */ ([]),
  autoplay: false, id: "self-stabilisation", title: "",
};

/** A measured run to draw beside the map's: [[x, …], [y, …]], or [] for none. @param {unknown} value  @returns {number[][]} */
function measured(value) {
  const columns = Array.isArray(value) ? value : [null];
  const fine = columns.length === 0 || (columns.length === 2 && columns.every((c) => Array.isArray(c) && c.length === columns[0].length && c.length > 0 && c.length <= LIMITS.measured && c.every((v) => Number.isFinite(toNumber(v)))));
  if (!fine) throw new RangeError(`The measured run cannot be ${quote(value).slice(0, 60)}. Give [[x, …], [y, …]], two lists of equally many finite numbers, at most ${LIMITS.measured}.`);
  return columns.map((c) => c.map(toNumber));
}

/** @type {import("../toys/toy.mjs").Schema} */
export const SCHEMA = {
  defaults: DEFAULTS,
  checks: {
    lr: within("The step size η", LIMITS.lr[0], LIMITS.lr[1]),
    alpha: within("The constant α", LIMITS.alpha[0], LIMITS.alpha[1]),
    beta: within("The constant β", LIMITS.beta[0], LIMITS.beta[1]),
    x0: within("The start x₀", LIMITS.x0[0], LIMITS.x0[1]),
    steps: whole("The number of steps", LIMITS.steps[0], LIMITS.steps[1]),
    measured,
    ...common,
  },
  linked: [["lr", "lr"], ["alpha", "alpha"], ["beta", "beta"], ["x0", "x0"]],
};

/** The step at which the sharpness falls below zero within the steps shown, or −1. @param {typeof DEFAULTS} settings */
export const lostAt = ({ lr, alpha, beta, x0, steps }) => orbit({ lr, alpha, beta }, x0, 0, steps).lost;

/** The last value on the way from a safe one to the wanted one, in steps of one per cent, before the first that is not
 * safe, and that one. (Beyond it there may be safe ones again: a run can dive below zero and come back.)
 * @param {typeof DEFAULTS} safe @param {"lr" | "alpha" | "beta" | "x0"} key @param {number} wanted  @returns {{ kept: number, next: number }} */
export function clamp(safe, key, wanted) {
  const up = wanted > safe[key];
  for (let kept = safe[key]; ;) {
    const step = Number((kept * (up ? 1.01 : 1 / 1.01)).toPrecision(3)), next = up ? Math.min(step, wanted) : Math.max(step, wanted);
    if (lostAt({ ...safe, [key]: next }) >= 0) return { kept, next };
    if (next === wanted) return { kept: wanted, next: wanted };
    kept = next;
  }
}

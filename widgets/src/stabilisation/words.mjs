// @ts-check
// What the map does, in one sentence that changes only with the regime; and why a slider stops.
import { delta, period, widening } from "./stabilisation.mjs";

/** @typedef {import("./stabilisation.mjs").Constants} Constants */

/** @param {Constants} c @param {number} x0 @param {number} steps */
export function sentenceOf(c, x0, steps) {
  const wider = widening(c) ** steps;
  if (Math.abs(x0 / delta(c) - 1) < 0.02) return "At the fixed point: the oscillation lowers the sharpness as fast as it would rise by itself, so it stays at 2/η.";
  if (steps < period(c)) return "Less than one loop: more steps, or a larger η or α, would close it.";
  const loops = "Above 2/η the oscillation grows; once |x| > δ it pushes the sharpness below 2/η, where it dies away.";
  return wider > 1.5 ? `${loops} Each loop is wider than the last: an Euler step of a closed loop spirals out.` : `${loops} The loops nearly close.`;
}

const NAMES = { lr: "η", alpha: "α", beta: "β", x0: "x₀" };

/** @param {"lr" | "alpha" | "beta" | "x0"} key @param {number} kept @param {number} next  the first value that is not safe @param {number} lost @param {Constants} c  with `next` */
export const stopped = (key, kept, next, lost, c) => `${NAMES[key]} stops at ${kept}: with ${next} the sharpness would fall below zero (y < −2/η) at step ${lost}. `
  + `Each step widens a small loop by the factor √(1 + 2αη²) = ${widening(c).toFixed(5)}; below −2/η the factor |1 + ηy| exceeds 1 again, and with |x| > δ the map runs away.`;

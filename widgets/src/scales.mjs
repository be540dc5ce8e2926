// @ts-check
// Axis ranges that grow in few, calm jumps while a run goes on.

/** @typedef {import("./history.mjs").History} History */

const STEPS = [200, 300, 400, 600, 800, 1000, 1500, 2000, 3000, 4000, 6000, 8000, 10000, 15000, 20000, 30000, 40000, 60000, 80000, 100000];

/** Right end of the step axis. @param {number} length  rows so far */
export const stepsTop = (length) => STEPS.find((s) => s >= length - 1) ?? length;

/** Whole decades around the loss. @param {History} history  @returns {[number, number]} */
export function decades(history) {
  let low = Infinity, high = 0;
  for (let i = 0; i < history.length; i++) {
    const loss = history.loss[i];
    if (loss > 0 && loss < low) low = loss;
    if (loss < Infinity && loss > high) high = loss;
  }
  if (!(low <= high)) return [0.01, 1];
  const from = Math.floor(Math.log10(low)), to = Math.ceil(Math.log10(high));
  return [10 ** Math.max(from, -30), 10 ** Math.max(to, from + 2)];
}

const NICE = [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10];

/** @param {number} value  @returns {number} the next round number above */
export function niceAbove(value) {
  const unit = 10 ** Math.floor(Math.log10(value));
  return unit * (NICE.find((n) => n * unit >= value) ?? 10);
}

/** Top of the sharpness axis: holds the current threshold and what the sharpness did, except that a spike far above
 * both (a run that blows up) and thresholds far above (η was once tiny) are cut off rather than flatten the rest.
 * @param {History} history */
export function sharpnessTop(history) {
  if (history.length === 0) return 10;
  const now = history.threshold[history.length - 1];
  let sharpest = 0, highest = now;
  for (let i = 0; i < history.length; i++) {
    if (history.sharpness[i] > sharpest) sharpest = history.sharpness[i];
    if (history.threshold[i] > highest) highest = history.threshold[i];
  }
  const seen = Math.min(sharpest, 3 * highest);
  return niceAbove(1.08 * Math.max(now, seen, Math.min(highest, 1.5 * Math.max(now, seen))));
}

// @ts-check
// Axis ranges and ticks. Ranges grow in few, calm jumps while a run goes on.

/** @typedef {Pick<import("./history.mjs").History, "step" | "time" | "loss" | "sharpness" | "threshold" | "extra" | "length" | "ahead">} Rows */

const STEPS = [200, 300, 400, 600, 800, 1000, 1500, 2000, 3000, 4000, 6000, 8000, 10000, 15000, 20000, 30000, 40000, 60000, 80000, 100000];

/** Right end of the step axis. @param {number} length  rows so far */
export const stepsTop = (length) => STEPS.find((s) => s >= length - 1) ?? length;

/** Ends of the loss axis as exponents of ten, at 1, 2 or 5 times a power; a loss that blows up is shown up to 10^6.
 * @param {Rows[]} runs  @returns {[number, number]} */
export function decades(...runs) {
  let low = Infinity, high = 0;
  for (const { loss, extra, length } of runs) for (const column of [loss, extra.flowLoss, extra.centralLoss].filter(Boolean)) {
    for (let i = 0; i < length; i++) {
      if (column[i] > 0 && column[i] < low) low = column[i];
      if (column[i] < Infinity && column[i] > high) high = column[i];
    }
  }
  if (!(low <= high)) return [-2, 0];
  const from = Math.max(-30, -roundUp(-Math.log10(low), [0, 0.301, 0.699])), to = Math.min(6, roundUp(Math.log10(high), [0, 0.301, 0.699]));
  return to - from >= 1 ? [from, to] : [to - 1, to];
}

/** The smallest whole number plus one of the fractions that is at or above the value.
 * @param {number} value @param {number[]} fractions */
function roundUp(value, fractions) {
  const whole = Math.floor(value), part = fractions.find((f) => whole + f >= value - 1e-9);
  return part === undefined ? whole + 1 : whole + part;
}

const NICE = [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10];

/** @param {number} value  @returns {number} the next round number at or above */
export function niceAbove(value) {
  const unit = 10 ** Math.floor(Math.log10(value));
  return unit * (NICE.find((n) => n * unit >= value) ?? 10);
}

/** Top of the sharpness axis: holds the current threshold and what the sharpness did, except that a spike far above
 * both (a run that blows up, the first steps of Adam) and thresholds far above (η was once tiny) are cut off rather
 * than flatten the rest; and holds all of the gradient flow's. @param {Rows[]} runs */
export const sharpnessTop = (...runs) => Math.max(0, ...runs.map(topOf)) || 10;

/** The threshold of the step to come, where it is known already, else of the last one. @param {Rows} run */
export const thresholdNow = ({ threshold, length, ahead }) => (Number.isFinite(ahead) ? ahead : threshold[length - 1]);

/** @param {Rows} run */
function topOf(run) {
  const { sharpness, threshold, extra, length } = run, now = thresholdNow(run);
  if (length === 0) return 0;
  let sharpest = 0, highest = now, flow = 0;
  for (let i = 0; i < length; i++) {
    if (sharpness[i] > sharpest) sharpest = sharpness[i];
    if (threshold[i] > highest) highest = threshold[i];
    if (extra.flowSharpness?.[i] > flow) flow = extra.flowSharpness[i];
  }
  const seen = Math.max(now, Math.min(sharpest, 3 * highest), flow);
  return niceAbove(1.08 * Math.max(seen, Math.min(highest, 1.5 * seen)));
}

/** Right end of the time axis. @param {Rows[]} runs */
export const timeTop = (...runs) => niceAbove(Math.max(10, ...runs.map(({ time, length }) => time[length - 1] || 0)));

/** Round numbers from 0 to top, about `count` of them. @param {number} top @param {number} count */
export function ticks(top, count) {
  const raw = top / count, unit = 10 ** Math.floor(Math.log10(raw));
  const step = unit * (raw > 5 * unit ? 10 : raw > 2 * unit ? 5 : raw > unit * 1.001 ? 2 : 1);
  return Array.from({ length: Math.floor(top / step + 1e-9) + 1 }, (_, i) => i * step);
}

/** Whole exponents from low to high, about `count` of them. @param {number} low @param {number} high @param {number} count */
export function exponents(low, high, count) {
  const first = Math.ceil(low - 1e-9), step = Math.max(1, Math.ceil((high - low) / count));
  return Array.from({ length: Math.floor((high - first + 1e-9) / step) + 1 }, (_, i) => first + i * step);
}

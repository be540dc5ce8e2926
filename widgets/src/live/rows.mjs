// @ts-check
// The rows that the kernel has told so far, in the shape that the replay's pictures draw.
import { toNumber } from "../replay/record.mjs";

/** @typedef {{ round: number, first: number, stopped: string, step: unknown[], loss: unknown[], lr: unknown[], threshold: unknown[], eigenvalues: unknown[][] }} Message */

export class Rows {
  constructor() {
    this.round = -1;
    this.clear();
  }

  clear() {
    const step = /** @type {number[]} */ ([]);
    /** @type {import("../replay/record.mjs").Run} */
    this.run = { title: "", thinned: "", stopped: "", points: 0, clock: "step", x: step, step, loss: [], lrs: [], thresholds: [], eigenvalues: [[]], seen: [], crossing: -1, word: "2/η", measures: [], densities: [] };
  }

  /** Takes in a message. Rows that are there already are left out; false when rows before it are missing.
   * @param {Message} message  @returns {boolean} */
  take({ round, first, stopped, step, loss, lr, threshold, eigenvalues }) {
    if (round < this.round) return true;                   // of a run that has been reset
    if (round > this.round) { this.round = round; this.clear(); }
    const { run } = this, n = run.points;
    run.stopped = stopped;
    if (first > n) return false;
    for (let i = n - first; i < step.length; i++) this.#add([step[i], loss[i], lr[i], threshold[i], ...eigenvalues[i]].map((v) => toNumber(v) ?? NaN));
    return true;
  }

  /** @param {number[]} row */
  #add([step, loss, lr, threshold, ...values]) {
    const { run } = this, i = run.points;
    /** @type {[import("../replay/record.mjs").Column, number][]} */
    const pairs = [[run.step, step], [run.loss, loss], [run.lrs, lr], [run.thresholds, threshold]];
    if (i === 0) run.eigenvalues = values.map(() => []);
    values.forEach((value, j) => pairs.push([run.eigenvalues[j], value]));
    for (const [column, value] of pairs) /** @type {number[]} */ (column).push(value);
    if (Number.isFinite(values[0])) {
      run.seen.push(i);
      if (run.crossing < 0 && values[0] > threshold) run.crossing = i;
    }
    run.word = Math.abs((threshold * lr) / 2 - 1) < 1e-4 ? "2/η" : "the threshold";
    run.points = i + 1;
  }
}

/** What is announced: it changes only when the sharpness crosses the threshold as it is now, and at the end.
 * @param {import("../replay/record.mjs").Run} run @param {boolean} playing */
export function announce({ points, seen, eigenvalues, thresholds, stopped, word }, playing) {
  if (stopped) return `The run has ended: ${stopped}.`;
  if (points === 0) return playing ? "The first step is being measured." : "Press Run: the network trains in the kernel. Turn η while it does.";
  const k = seen[seen.length - 1], late = seen.slice(-50), share = late.reduce((sum, i) => sum + eigenvalues[0][i] / thresholds[i], 0) / late.length;
  if (k === undefined || !Number.isFinite(share)) return "The sharpness is not measured.";
  const above = late.some((i) => eigenvalues[0][i] > thresholds[i]);
  if (!above) return `The sharpness is below ${word}: the steps are stable.`;
  return share > 0.9 && share < 1.15 ? `The sharpness is at ${word}: the edge of stability.` : share >= 1.15 ? `The sharpness is above ${word}: the steps overshoot.` : `The sharpness has come back below ${word}.`;
}

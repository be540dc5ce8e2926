// @ts-check
// What can be measured along a run besides loss and sharpness.
import { gather } from "./batches.mjs";

/** Fraction of examples whose largest output is at the largest target; NaN with one output.
 * @param {Float64Array} out  (n, k) @param {Float64Array} y  (n, k) @param {number} n */
export function accuracy(out, y, n) {
  const k = out.length / n;
  if (k < 2) return NaN;
  const largest = (/** @type {Float64Array} */ a, /** @type {number} */ row) => { let top = row; for (let j = row + 1; j < row + k; j++) if (a[j] > a[top]) top = j; return top; };
  let hits = 0;
  for (let row = 0; row < n * k; row += k) hits += Number(largest(out, row) === largest(y, row));
  return hits / n;
}

/** x = u . (w_t - wbar), wbar = (w_t + w_{t-1}) / 2: the oscillation along the top eigenvector u, whose sign is chosen
 * so that u goes on from step to step. */
export class Oscillation {
  /** @param {number} size */
  constructor(size) {
    this.before = new Float64Array(size); this.u = new Float64Array(size);
    this.known = false;
  }

  /** @param {Float64Array} w @param {Float64Array} u  @returns {number} NaN at the first */
  measure(w, u) {
    let along = 0, x = 0;
    for (let i = 0; i < w.length; i++) { along += u[i] * this.u[i]; x += u[i] * (w[i] - this.before[i]); }
    const sign = along < 0 ? -1 : 1, result = this.known ? (sign * x) / 2 : NaN;
    for (let i = 0; i < w.length; i++) this.u[i] = sign * u[i];
    this.before.set(w);
    this.known = true;
    return result;
  }
}

/** E_B[g_B^T H_B g_B / ||g_B||^2]: the curvature along a batch's own gradient, of the batch's own loss, averaged over
 * the batches of one epoch.
 * @param {import("./network.mjs").Objective} objective  of a batch @param {import("./network.mjs").Dataset} data
 * @param {import("./batches.mjs").Batches} batches @param {Float64Array} w */
export function batchSharpness(objective, data, batches, w) {
  const count = Math.floor(data.n / batches.size), g = new Float64Array(w.length), Hg = new Float64Array(w.length);
  let sum = 0, used = 0;
  for (let k = 0; k < count; k++) {
    gather(data, batches.take(), objective.x, objective.y);
    objective.evaluate(w, g);
    objective.hvp(g, Hg);
    let up = 0, down = 0;
    for (let i = 0; i < w.length; i++) { up += g[i] * Hg[i]; down += g[i] * g[i]; }
    if (down > 0) { sum += up / down; used++; }
  }
  return sum / used;
}

/** ||a - b|| @param {Float64Array} a @param {Float64Array} b */
export function distance(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] - b[i]) ** 2;
  return Math.sqrt(sum);
}

// @ts-check
import { readFileSync } from "node:fs";
import { chebyshev } from "../src/data.mjs";
import { Objective } from "../src/network.mjs";

/** What test/make_vectors.py wrote. */
export const vectors = JSON.parse(readFileSync(new URL("./vectors.json", import.meta.url), "utf8"));

/** @param {number} a @param {number} b */
export const relative = (a, b) => (a === b ? 0 : Math.abs(a - b) / Math.max(Math.abs(a), Math.abs(b)));

/** ||a - b|| / ||b|| @param {ArrayLike<number>} a @param {ArrayLike<number>} b */
export function distance(a, b) {
  let up = 0, down = 0;
  for (let i = 0; i < b.length; i++) { up += (a[i] - b[i]) ** 2; down += b[i] ** 2; }
  return Math.sqrt(up / down);
}

/** The objective of a case of vectors.json, with its data in the case or a Chebyshev polynomial.
 * @param {{ sizes: number[], activation: string, loss?: string, bias?: boolean, x?: number[], y?: number[], n?: number, degree?: number }} c */
export function objectiveOf({ sizes, activation, loss = "mse", bias = true, x, y, n = 20, degree = 0 }) {
  const inputs = sizes[0], outputs = sizes[sizes.length - 1];
  const data = x && y ? { x: Float64Array.from(x), y: Float64Array.from(y), n, inputs, outputs } : chebyshev(degree);
  return new Objective({ sizes, activation, loss, data, bias });
}

/** The whole Hessian, one product a column, symmetrised. @param {Objective} objective  at its last point */
export function denseHessian(objective) {
  const p = objective.size, H = new Float64Array(p * p), e = new Float64Array(p), column = new Float64Array(p);
  for (let j = 0; j < p; j++) {
    e.fill(0);
    e[j] = 1;
    objective.hvp(e, column);
    for (let i = 0; i < p; i++) { H[i * p + j] += column[i] / 2; H[j * p + i] += column[i] / 2; }
  }
  return H;
}

// @ts-check
// Rayleigh-Ritz on a growing orthonormal basis Q: keeps H Q, and the small matrices Q^T H Q and (H Q)^T (H Q), from
// which the Ritz values and the lengths of their residuals come without touching a long vector.
import { eigh } from "./symmetric.mjs";

/** @typedef {(v: Float64Array, out: Float64Array) => void} Hvp  out = H v */
/** @typedef {{ values: Float64Array, vectors: Float64Array, residuals: Float64Array }} Pairs
 *   Ritz values descending; coordinates of vector k in vectors[j * m + k]; ||H u - value u||; overwritten by the next */

export class Subspace {
  /** @param {number} size @param {number} capacity @param {import("./kernels.mjs").Kernels} kernels */
  constructor(size, capacity, kernels) {
    this.size = size;
    this.capacity = Math.min(size, capacity);
    this.kernels = kernels;
    this.block = kernels.array(this.capacity * size);        // orthonormal basis, one vector a row
    this.image = kernels.array(this.capacity * size);        // what H makes of it
    const rows = (/** @type {Float64Array} */ all) => Array.from({ length: this.capacity }, (_, j) => all.subarray(j * size, (j + 1) * size));
    this.Q = rows(this.block);
    this.HQ = rows(this.image);
    this.T = new Float64Array(this.capacity ** 2);           // Q^T H Q, rows of `capacity`
    this.G = new Float64Array(this.capacity ** 2);           // (H Q)^T (H Q)
    this.A = new Float64Array(this.capacity ** 2);           // T without its unused columns, for eigh to overwrite
    this.coordinates = kernels.array(this.capacity ** 2);
    this.residual = kernels.array(size);
    this.residuals = new Float64Array(this.capacity);
    this.m = 0;
    /** @type {Float64Array | undefined} */
    this.kept = undefined;
  }

  /** Orthonormalises v against the basis; if something is left, appends it and its image.
   * @param {Float64Array} v  overwritten @param {Hvp} hvp  @returns {boolean} whether v added a dimension */
  extend(v, hvp) {
    const { Q, HQ, T, G, m, size, capacity, kernels, coordinates } = this;
    if (m === capacity) return false;
    const before = Math.sqrt(kernels.dot(v, v));
    let norm = before, last = Infinity;
    for (let pass = 0; pass < 3 && norm < 0.7 * last; pass++) {            // again while a pass took much away
      let taken = 0;
      for (let j = 0; j < m; j++) {
        const s = kernels.dot(Q[j], v);
        coordinates[j] = -s;
        taken += s * s;
      }
      last = norm;
      if (!(taken > 1e-28 * norm * norm)) break;                           // orthogonal already, to rounding
      kernels.gemm(1, size, m, coordinates, m, 1, this.block, 0, size, v, 0, true);
      norm = Math.sqrt(kernels.dot(v, v));
    }
    if (!(norm > 1e-10 * before)) return false;
    const scale = 1 / norm, Hq = HQ[m];
    Q[m].fill(0);
    kernels.add(Q[m], scale, v);
    hvp(Q[m], Hq);
    for (let j = 0; j <= m; j++) {
      T[m * capacity + j] = T[j * capacity + m] = kernels.dot(Q[j], Hq);
      G[m * capacity + j] = G[j * capacity + m] = kernels.dot(HQ[j], Hq);
    }
    this.m++;
    return true;
  }

  clear() { this.m = 0; }

  get full() { return this.m === this.capacity && this.m < this.size; }

  /** Keeps only the first k Ritz vectors as the basis. @param {Pairs} pairs @param {number} k */
  compress({ values, vectors }, k) {
    const { HQ, T, G, m, size, capacity, kernels, coordinates } = this;
    for (let j = 0; j < k; j++) for (let i = 0; i < m; i++) coordinates[j * m + i] = vectors[i * m + j];
    for (const all of [this.block, this.image]) {
      const kept = (this.kept ??= kernels.array(k * size));  // k is the same every time
      kernels.gemm(k, size, m, coordinates, m, 1, all, 0, size, kept, 0, false);
      all.set(kept);
    }
    for (let i = 0; i < k; i++) for (let j = 0; j < k; j++) {
      T[i * capacity + j] = i === j ? values[j] : 0;
      G[i * capacity + j] = kernels.dot(HQ[i], HQ[j]);
    }
    this.m = k;
  }

  /** @returns {Pairs} */
  ritz() {
    const { m, capacity, T, G, A, residuals } = this;
    for (let i = 0; i < m; i++) for (let j = 0; j < m; j++) A[i * m + j] = T[i * capacity + j];
    const { values, vectors } = eigh(A, m), pairs = { values, vectors, residuals };
    const scale = Math.max(Math.abs(values[0]), Math.abs(values[m - 1]));
    for (let k = 0; k < m; k++) {                            // ||H u||^2 - value^2
      let square = -values[k] * values[k];
      for (let i = 0; i < m; i++) {
        let row = 0;
        for (let j = 0; j < m; j++) row += G[i * capacity + j] * vectors[j * m + k];
        square += row * vectors[i * m + k];
      }
      residuals[k] = Math.sqrt(Math.max(0, square));
      if (residuals[k] < 1e-6 * scale) residuals[k] = this.residualOf(pairs, k);  // the difference has cancelled: look closely
    }
    return pairs;
  }

  /** u = Ritz vector number k. @param {Pairs} pairs @param {number} k @param {Float64Array} u */
  assemble({ vectors }, k, u) {
    const { m, size, coordinates } = this;
    for (let j = 0; j < m; j++) coordinates[j] = vectors[j * m + k];
    this.kernels.gemm(1, size, m, coordinates, m, 1, this.block, 0, size, u, 0, false);
  }

  /** Leaves H u - value u in this.residual and returns its length. @param {Pairs} pairs @param {number} k */
  residualOf({ values, vectors }, k) {
    const { residual, m, size, kernels, coordinates } = this;
    for (let j = 0; j < m; j++) coordinates[j] = vectors[j * m + k];
    kernels.gemm(1, size, m, coordinates, m, 1, this.image, 0, size, residual, 0, false);
    for (let j = 0; j < m; j++) coordinates[j] *= -values[k];
    kernels.gemm(1, size, m, coordinates, m, 1, this.block, 0, size, residual, 0, true);
    return Math.sqrt(kernels.dot(residual, residual));
  }
}

// @ts-check
// The sharpness, i.e. the largest *algebraic* eigenvalue of the Hessian, and the next few, from Hessian-vector
// products alone: Rayleigh-Ritz on a small subspace that starts from what the previous steps found.
//
// A warm single vector is a trap: when two eigenvalues cross it goes on following the old one with a small residual.
// So the subspace always carries two guards, the Ritz vectors after the wanted ones (with one, about one step in a
// thousand was wrong by more than 0.1 % on small networks with three outputs; with two, none of the 25,200 that stress.mjs
// compared, in runs that jump about far above 2/η). When it has to grow it takes in the wanted vectors of two steps ago. At the edge w
// swings with period two and H(t) resembles H(t-2) more than H(t-1): while the last vectors say so, it starts from those
// of two steps ago, the wanted ones moved on as far as in the two steps before that, which saves two products in seven.
// Every few steps a random direction joins in, to find what none of the vectors followed so far can see. A jump of w, told
// by a first residual above a quarter of the sharpness, is treated like a first measurement by half: a random direction
// and a few more products for the guards.
import { plain } from "./kernels.mjs";
import { MersenneTwister } from "./rng.mjs";
import { Subspace } from "./subspace.mjs";

/** @typedef {import("./subspace.mjs").Hvp} Hvp */
/** @typedef {import("./subspace.mjs").Pairs} Pairs */
/** @typedef {{ value: number, values: Float64Array, second: number, hvps: number, converged: boolean }} Measurement
 *   values: the `count` largest, descending; second: largest other Ritz value, a lower bound of the second eigenvalue
 *   where count is 1 (NaN in one dimension) */

const GUARDS = 2, JUMP = 0.25, MEMORY = 4, SWING = 0.97;

export class SharpnessTracker {
  /** @param {number} size  number of parameters
   * @param {{ count?: number, tol?: number, seed?: number, auditEvery?: number, capacity?: number, budget?: number,
   *   kernels?: import("./kernels.mjs").Kernels }} [options]
   *   count: how many eigenvalues; tol: error aimed at, relative to the largest; budget: most Hessian-vector products for one measurement */
  constructor(size, { count = 1, tol = 2e-4, seed = 0, auditEvery = 10, capacity = 24, budget = 120, kernels = plain } = {}) {
    this.count = Math.min(count, size);
    this.tol = tol;
    this.auditEvery = auditEvery;
    this.budget = budget;
    this.random = new MersenneTwister(seed);
    this.space = new Subspace(size, capacity, kernels);
    this.kernels = kernels;
    this.past = Array.from({ length: MEMORY }, () => Array.from({ length: this.count + GUARDS }, () => kernels.array(size)));  // wanted vectors and guards, newest first
    this.start = kernels.array(size);
    this.swings = false;                                     // whether they were nearer to those of two steps before than to the last
    this.measured = 0;
  }

  /** The unit eigenvector of the last measurement. */
  get top() { return this.past[0][0]; }

  /** The sharpness at the point `hvp` belongs to. Call it once a step. @param {Hvp} hvp  @returns {Measurement} */
  measure(hvp) {
    let hvps = 0;
    const { space, count } = this, cold = this.measured === 0;
    /** @param {Float64Array} v */
    const extend = (v) => {
      const grown = space.extend(v, hvp);
      hvps += Number(grown);
      return grown;
    };
    space.clear();
    for (let k = 0; !cold && k < count + GUARDS; k++) extend(this.#guess(k));
    const audit = cold || this.measured % this.auditEvery === 0;
    if (audit) extend(this.#direction());
    let extra = cold ? 8 : audit ? 1 : 0, pairs = space.ritz(), converged = false;
    if (!cold && pairs.residuals[0] > JUMP * Math.abs(pairs.values[0])) {
      if (!audit && extend(this.#direction())) pairs = space.ritz();
      extra = 4;
    }
    const older = cold || this.swings ? [] : this.past[1].slice(0, count);   // wanted vectors of two steps ago, each of use once
    while (hvps < this.budget) {
      const open = this.#openPair(pairs, cold, extra);
      if (open < 0) { converged = true; break; }
      if (open === count) extra--;
      if (space.full) { space.compress(pairs, count + 3); pairs = space.ritz(); }
      const old = open < count && older[open];
      if (old) { this.start.set(old); delete older[open]; }
      // No new direction left in the residual: the subspace is invariant, or the whole space. Look elsewhere once.
      if (!(old && extend(this.start))) {
        space.residualOf(pairs, Math.min(open, space.m - 1));
        if (!extend(space.residual) && !(cold && extend(this.#direction()))) { converged = true; break; }
      }
      pairs = space.ritz();
    }
    this.#remember(pairs);
    this.measured++;
    return { value: pairs.values[0], values: pairs.values.slice(0, count), second: pairs.values[1] ?? NaN, hvps, converged };
  }

  /** The number of the first Ritz pair that still needs work, or -1.
   * An eigenvalue lies within |r| of a Ritz value, and within |r|^2 / gap once the others are known.
   * The first guard needs work while its own error bar (a second-order guess, doubled) reaches above the last wanted
   * value, or while there are extra steps. @param {Pairs} pairs @param {boolean} cold @param {number} extra */
  #openPair({ values, residuals }, cold, extra) {
    const { count } = this, m = values.length;
    const rounding = 1e-14 * Math.max(Math.abs(values[0]), Math.abs(values[m - 1]));
    const goal = Math.max((cold ? Math.min(1e-8, this.tol) : this.tol) * Math.abs(values[0]), rounding);
    for (let k = 0; k < count; k++) {
      const r = residuals[k];
      if (k + 1 >= m) return (k < m ? r > 0 : m < this.space.size) || cold ? k : -1;
      if (Math.min(r, (r * r) / (values[k] - values[k + 1])) > goal) return k;
    }
    const r = residuals[count], reach = Math.min(r, (2 * r * r) / (values[count] - (values[count + 1] ?? -Infinity)));
    return extra > 0 || values[count] + reach > values[count - 1] + goal ? count : -1;
  }

  /** Where Ritz vector k may be now. @param {number} k */
  #guess(k) {
    const { start, past, kernels, swings, count } = this, last = past[swings ? 1 : 0][k];
    start.set(last);
    if (swings && k < count) {                               // 2 u(t-2) - u(t-4), with signs that fit
      const side = Math.sign(kernels.dot(last, past[3][k]));
      kernels.add(start, 1, last);
      kernels.add(start, -side, past[3][k]);
    }
    return start;
  }

  /** @param {Pairs} pairs */
  #remember(pairs) {
    const { past, kernels, space } = this, vectors = /** @type {Float64Array[]} */ (past.pop());
    vectors.forEach((vector, k) => { if (space.m > k) space.assemble(pairs, k, vector); });
    const overlap = (/** @type {number} */ steps) => Math.abs(kernels.dot(vectors[0], past[steps - 1][0]));
    this.swings = overlap(2) > Math.max(overlap(1), SWING);
    past.unshift(vectors);
  }

  /** A random direction, from the tracker's own seed. */
  #direction() {
    for (let i = 0; i < this.start.length; i++) this.start[i] = this.random.bits32() / 2147483648 - 1;
    return this.start;
  }
}

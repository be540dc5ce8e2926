// @ts-check
// The sharpness, i.e. the largest *algebraic* eigenvalue of the Hessian, and the next few, from Hessian-vector
// products alone: Rayleigh-Ritz on a small subspace that starts from what the previous steps found.
//
// A warm single vector is a trap: when two eigenvalues cross it goes on following the old one with a small residual.
// So the subspace always carries two guards, the Ritz vectors after the wanted ones (with one, about one step in a
// thousand was wrong by more than 0.1 % on small networks with three outputs; with two, 2 of 9,000, both in runs that
// jump about far above 2/η). It takes in the wanted vectors of two steps ago when it has to grow (at the edge w has
// period two, so H(t) resembles H(t-2)); and every few steps a random direction joins in, to find what none of the
// vectors followed so far can see. A jump of w, told by a first residual above a quarter of the sharpness, is treated
// like a first measurement by half: a random direction and a few more products for the guards.
import { plain } from "./kernels.mjs";
import { MersenneTwister } from "./rng.mjs";
import { Subspace } from "./subspace.mjs";

/** @typedef {import("./subspace.mjs").Hvp} Hvp */
/** @typedef {import("./subspace.mjs").Pairs} Pairs */
/** @typedef {{ value: number, values: Float64Array, second: number, hvps: number, converged: boolean }} Measurement
 *   values: the `count` largest, descending; second: largest other Ritz value, a lower bound of the second eigenvalue
 *   where count is 1 (NaN in one dimension) */

const GUARDS = 2, JUMP = 0.25;

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
    const arrays = (/** @type {number} */ many) => Array.from({ length: many }, () => kernels.array(size));
    this.tops = arrays(this.count); this.topsBefore = arrays(this.count); this.guards = arrays(GUARDS);  // what the next step starts from
    this.direction = kernels.array(size);
    this.measured = 0;
  }

  /** The unit eigenvector of the last measurement. */
  get top() { return this.tops[0]; }

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
    if (!cold) for (const start of [...this.tops, ...this.guards]) extend(start);
    const audit = cold || this.measured % this.auditEvery === 0;
    if (audit) extend(this.#direction());
    let extra = cold ? 8 : audit ? 1 : 0, pairs = space.ritz(), converged = false;
    if (!cold && pairs.residuals[0] > JUMP * Math.abs(pairs.values[0])) {
      if (!audit && extend(this.#direction())) pairs = space.ritz();
      extra = 4;
    }
    const history = cold ? [] : [...this.topsBefore];
    while (hvps < this.budget) {
      const open = this.#openPair(pairs, cold, extra);
      if (open < 0) { converged = true; break; }
      if (open === count) extra--;
      const past = open < count ? history[open] : undefined;
      if (past) delete history[open];
      if (space.full) { space.compress(pairs, count + 3); pairs = space.ritz(); }
      // No new direction left in the residual: the subspace is invariant, or the whole space. Look elsewhere once.
      if (!(past && extend(past))) {
        space.residualOf(pairs, Math.min(open, space.m - 1));
        if (!extend(space.residual) && !(cold && extend(this.#direction()))) { converged = true; break; }
      }
      pairs = space.ritz();
    }
    [this.tops, this.topsBefore] = [this.topsBefore, this.tops];
    this.tops.forEach((top, k) => { if (space.m > k) space.assemble(pairs, k, top); });
    this.guards.forEach((guard, i) => { if (space.m > count + i) space.assemble(pairs, count + i, guard); });
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

  /** A random direction, from the tracker's own seed. */
  #direction() {
    for (let i = 0; i < this.direction.length; i++) this.direction[i] = this.random.bits32() / 2147483648 - 1;
    return this.direction;
  }
}

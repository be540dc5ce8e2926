// @ts-check
// The sharpness, i.e. the largest *algebraic* eigenvalue of the Hessian, from Hessian-vector products alone:
// Rayleigh-Ritz on a small subspace that starts from what the previous steps found.
//
// A warm single vector is a trap: when two eigenvalues cross it goes on following the old one with a small
// residual. So the subspace always carries two guards, the second and third Ritz vectors (with one, about one step in
// a thousand was wrong by more than 0.1 % on small networks with three outputs; with two, 2 of 9,000, both in runs that
// jump about far above 2/η). It takes in the top vector of two steps ago when it has to grow (at the edge w has period two, so H(t) resembles H(t-2)); and
// every few steps a random direction joins in, to find what none of the vectors followed so far can see.
import { MersenneTwister } from "./rng.mjs";
import { eigh } from "./symmetric.mjs";

/** @typedef {(v: Float64Array, out: Float64Array) => void} Hvp  out = H v */
/** @typedef {{ value: number, second: number, hvps: number, converged: boolean }} Measurement
 *   second: largest other Ritz value, a lower bound of the second eigenvalue (NaN in one dimension) */

/** @param {Float64Array} a @param {Float64Array} b */
function dot(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

/** a += s b @param {Float64Array} a @param {number} s @param {Float64Array} b */
function add(a, s, b) {
  for (let i = 0; i < a.length; i++) a[i] += s * b[i];
}

class Subspace {
  /** @param {number} size @param {number} capacity */
  constructor(size, capacity) {
    this.capacity = Math.min(size, capacity);
    const arrays = () => Array.from({ length: this.capacity }, () => new Float64Array(size));
    this.Q = arrays();                                       // orthonormal basis
    this.HQ = arrays();                                      // its image under H
    this.T = new Float64Array(this.capacity ** 2);           // Q^T H Q, rows of `capacity`
    this.m = 0;
  }

  /** Orthonormalises v against the basis; if something is left, appends it and its image.
   * @param {Float64Array} v  overwritten @param {Hvp} hvp  @returns {boolean} whether v added a dimension */
  extend(v, hvp) {
    if (this.m === this.capacity) return false;
    const before = Math.sqrt(dot(v, v));
    let norm = before, last = Infinity;
    for (let pass = 0; pass < 3 && norm < 0.7 * last; pass++) {            // again while a pass took much away
      for (let j = 0; j < this.m; j++) add(v, -dot(this.Q[j], v), this.Q[j]);
      last = norm;
      norm = Math.sqrt(dot(v, v));
    }
    if (!(norm > 1e-10 * before)) return false;
    const q = this.Q[this.m], Hq = this.HQ[this.m];
    for (let i = 0; i < q.length; i++) q[i] = v[i] / norm;
    hvp(q, Hq);
    for (let j = 0; j <= this.m; j++) this.T[this.m * this.capacity + j] = this.T[j * this.capacity + this.m] = dot(this.Q[j], Hq);
    this.m++;
    return true;
  }

  clear() { this.m = 0; }

  get full() { return this.m === this.capacity && this.m < this.Q[0].length; }

  /** Keeps only the first k Ritz vectors as the basis.
   * @param {{ values: Float64Array, vectors: Float64Array }} pairs @param {number} k */
  compress(pairs, k) {
    const size = this.Q[0].length, U = [], HU = [];
    for (let j = 0; j < k; j++) {
      const u = new Float64Array(size), Hu = new Float64Array(size);
      this.assemble(pairs, j, u, Hu);
      add(Hu, pairs.values[j], u);                           // H u = residual + value u
      U.push(u); HU.push(Hu);
    }
    this.T.fill(0);
    for (let j = 0; j < k; j++) {
      this.Q[j].set(U[j]);
      this.HQ[j].set(HU[j]);
      this.T[j * this.capacity + j] = pairs.values[j];
    }
    this.m = k;
  }

  ritz() {
    const { m, capacity } = this, A = new Float64Array(m * m);
    for (let i = 0; i < m; i++) for (let j = 0; j < m; j++) A[i * m + j] = this.T[i * capacity + j];
    return eigh(A, m);
  }

  /** Ritz vector number k, and optionally its residual H u - value u.
   * @param {{ values: Float64Array, vectors: Float64Array }} pairs @param {number} k
   * @param {Float64Array} u @param {Float64Array} [residual] */
  assemble(pairs, k, u, residual) {
    u.fill(0);
    residual?.fill(0);
    for (let j = 0; j < this.m; j++) {
      const y = pairs.vectors[j * this.m + k], q = this.Q[j], Hq = this.HQ[j];
      for (let i = 0; i < u.length; i++) u[i] += y * q[i];
      if (residual) for (let i = 0; i < u.length; i++) residual[i] += y * (Hq[i] - pairs.values[k] * q[i]);
    }
  }
}

export class SharpnessTracker {
  /** @param {number} size  number of parameters
   * @param {{ tol?: number, seed?: number, auditEvery?: number, capacity?: number, budget?: number }} [options]
   *   tol: relative error aimed at; budget: most Hessian-vector products for one measurement */
  constructor(size, { tol = 1e-4, seed = 0, auditEvery = 10, capacity = 24, budget = 120 } = {}) {
    this.tol = tol;
    this.auditEvery = auditEvery;
    this.budget = budget;
    this.random = new MersenneTwister(seed);
    this.space = new Subspace(size, capacity);
    const array = () => new Float64Array(size);
    this.top = array(); this.topBefore = array(); this.guards = [array(), array()];  // what the next step starts from
    this.u = array(); this.residual = array();
    this.measured = 0;
  }

  /** The sharpness at the point `hvp` belongs to. Call it once a step. @param {Hvp} hvp  @returns {Measurement} */
  measure(hvp) {
    let hvps = 0;
    const { space } = this, cold = this.measured === 0;
    /** @param {Float64Array} v */
    const extend = (v) => {
      const grown = space.extend(v, hvp);
      hvps += Number(grown);
      return grown;
    };
    space.clear();
    if (!cold) for (const start of [this.top, ...this.guards]) extend(start);
    const audit = cold || this.measured % this.auditEvery === 0;
    if (audit) extend(this.#direction());
    let extra = cold ? 8 : audit ? 1 : 0, history = !cold, pairs = space.ritz(), converged = false;
    while (hvps < this.budget) {
      const open = this.#openPair(pairs, cold, extra);
      if (open === "none") { converged = true; break; }
      if (open === "guard") extra--;
      const useHistory = history && open === "top";
      if (useHistory) history = false;
      if (space.full) { space.compress(pairs, 4); pairs = space.ritz(); }
      // No new direction left in the residual: the subspace is invariant, or the whole space. Look elsewhere once.
      if (!(useHistory && extend(this.topBefore)) && !extend(this.residual) && !(cold && extend(this.#direction()))) { converged = true; break; }
      pairs = space.ritz();
    }
    [this.top, this.topBefore] = [this.topBefore, this.top];
    space.assemble(pairs, 0, this.top);
    this.guards.forEach((guard, i) => { if (space.m > i + 1) space.assemble(pairs, i + 1, guard); });
    this.measured++;
    return { value: pairs.values[0], second: pairs.values[1] ?? NaN, hvps, converged };
  }

  /** Which Ritz pair still needs work? Leaves its residual in this.residual.
   * An eigenvalue lies within |r| of a Ritz value, and within |r|^2 / gap once the others are known.
   * The first guard needs work while its own error bar reaches above the top, or while an audit still has extra steps.
   * @param {{ values: Float64Array, vectors: Float64Array }} pairs @param {boolean} cold @param {number} extra
   * @returns {"top" | "guard" | "none"} */
  #openPair(pairs, cold, extra) {
    const { space, residual } = this, [top, second] = pairs.values;
    space.assemble(pairs, 0, this.u, residual);
    const r = Math.sqrt(dot(residual, residual));
    if (space.m < 2) return r > 0 || cold ? "top" : "none";
    const rounding = 1e-14 * Math.max(Math.abs(top), Math.abs(pairs.values[space.m - 1]));
    const goal = Math.max((cold ? Math.min(1e-8, this.tol) : this.tol) * Math.abs(top), rounding);
    if (Math.min(r, (r * r) / (top - second)) > goal) return "top";
    space.assemble(pairs, 1, this.u, residual);
    const reach = Math.sqrt(dot(residual, residual));
    return extra > 0 || second + reach > top + goal ? "guard" : "none";
  }

  /** A random direction, from the tracker's own seed. */
  #direction() {
    for (let i = 0; i < this.residual.length; i++) this.residual[i] = this.random.uniform(-1, 1);
    return this.residual;
  }
}

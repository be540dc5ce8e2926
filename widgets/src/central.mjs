// @ts-check
// The central flow of gradient descent (Cohen et al., 2025), for one eigenvalue at the edge: what is left of the run
// when its oscillation is averaged out,
//     dw/dt = -lr [gradient + 1/2 sigma^2 grad S],   t in steps of gradient descent,
// with sigma^2 = 2 <-gradient, grad S> / ||grad S||^2 where S = 2/lr and <-gradient, grad S> > 0, else 0: the variance
// of the oscillation that just holds S where it is. Where a second eigenvalue reaches 2/lr too, this is not the whole flow.
//
// grad S is the gradient of u^T H(w) u with the top eigenvector u held fixed, the third derivative D^3 L[u, u, .], by a
// central difference of Hessian-vector products: (H(w + e u) u - H(w - e u) u) / 2e.
// Integrated by Euler steps of 1/substeps. In a step sigma^2 is what brings S to 2/lr at its end, to first order, if
// without it S would pass 2/lr; as the steps shrink that is the sigma^2 above, and S cannot drift off.
import { SharpnessTracker } from "./spectrum.mjs";

/** @typedef {import("./flow.mjs").Landscape} Landscape */

const REACH = 1e-4;  // e above, for a unit vector u

/** out = grad S at w; leaves `landscape` elsewhere. @param {Landscape} landscape @param {Float64Array} w @param {Float64Array} u
 * @param {Float64Array} out @param {Float64Array} at @param {Float64Array} scrap  two vectors to work in */
export function sharpnessGradient(landscape, w, u, out, at, scrap) {
  for (let i = 0; i < w.length; i++) at[i] = w[i] + REACH * u[i];
  landscape.evaluate(at, scrap);
  landscape.hvp(u, out);
  for (let i = 0; i < w.length; i++) at[i] = w[i] - REACH * u[i];
  landscape.evaluate(at, scrap);
  landscape.hvp(u, scrap);
  for (let i = 0; i < w.length; i++) out[i] = (out[i] - scrap[i]) / (2 * REACH);
}

export class CentralFlow {
  /** @param {Landscape} landscape @param {Float64Array} w  copied @param {{ substeps?: number, tol?: number }} [options] */
  constructor(landscape, w, { substeps = 4, tol = 1e-5 } = {}) {
    this.landscape = landscape;
    this.w = w.slice();
    this.substeps = substeps;
    this.tracker = new SharpnessTracker(w.length, { tol });
    const array = () => new Float64Array(w.length);
    this.gradient = array(); this.gradS = array(); this.at = array(); this.scrap = array();
    this.loss = NaN; this.sharpness = NaN; this.variance = 0;               // at the start of the last Euler step
  }

  /** As far as one step of gradient descent with this step size. @param {number} lr */
  advance(lr) {
    for (let k = 0; k < this.substeps; k++) this.#euler(lr, 1 / this.substeps);
  }

  /** Measures at w without moving. */
  measure() {
    this.loss = this.landscape.evaluate(this.w, this.gradient);
    this.sharpness = this.tracker.measure((v, out) => this.landscape.hvp(v, out)).value;
  }

  /** @param {number} lr @param {number} dt */
  #euler(lr, dt) {
    const { w, gradient, gradS } = this;
    this.measure();
    this.variance = 0;
    if (this.sharpness > 1.9 / lr) {                         // far below the edge grad S is not needed
      sharpnessGradient(this.landscape, w, this.tracker.top, gradS, this.at, this.scrap);
      let rise = 0, square = 0;
      for (let i = 0; i < w.length; i++) { rise -= gradient[i] * gradS[i]; square += gradS[i] ** 2; }
      const over = rise + (this.sharpness - 2 / lr) / (lr * dt);
      if (over > 0 && square > 0) this.variance = (2 * over) / square;
    }
    for (let i = 0; i < w.length; i++) w[i] -= lr * dt * (gradient[i] + 0.5 * this.variance * gradS[i]);
  }
}

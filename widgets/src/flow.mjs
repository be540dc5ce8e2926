// @ts-check
// Gradient flow, dw/ds = -gradient(w), by the embedded Runge-Kutta pair of Dormand and Prince (1980), order 5(4).
// Error control: a step is accepted when its estimated local error is at most tol * (1 + ||w||) in Euclidean norm; else
// it is tried again, shorter. The estimate also keeps the step inside the method's region of stability (about
// 3.3 / sharpness): outside it the error grows and the step is refused.

/** A function with its derivatives: `hvp` is at the point of the last `evaluate`.
 * @typedef {{ evaluate: (w: Float64Array, gradient: Float64Array) => number, hvp: (v: Float64Array, out: Float64Array) => void }} Landscape */

const STAGES = [
  [1 / 5], [3 / 40, 9 / 40], [44 / 45, -56 / 15, 32 / 9], [19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729],
  [9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656], [35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84],
];
const ERROR = [71 / 57600, 0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40];  // order 5 less order 4

export class GradientFlow {
  /** @param {Landscape} landscape @param {Float64Array} w  copied @param {{ tol?: number, most?: number }} [options]
   *   most: evaluations allowed for one `advance` */
  constructor(landscape, w, { tol = 1e-6, most = 600 } = {}) {
    this.landscape = landscape;
    this.w = w.slice();
    this.tol = tol;
    this.most = most;
    this.slopes = Array.from({ length: 7 }, () => new Float64Array(w.length));
    this.trial = new Float64Array(w.length);
    this.length = NaN;                                       // of the next step, once one is known
    this.loss = landscape.evaluate(this.w, this.slopes[0]);
  }

  /** Follows the flow for a time ds. @param {number} ds  @returns {boolean} false when it took too many evaluations and stopped short */
  advance(ds) {
    let left = ds, spent = 0;
    if (!(this.length > 0)) this.length = ds;
    while (left > 1e-12 * ds) {
      const h = Math.min(left, this.length), bad = this.#attempt(h) / this.tol;
      spent += 6;
      if (bad <= 1) {
        this.w.set(this.trial);
        [this.slopes[0], this.slopes[6]] = [this.slopes[6], this.slopes[0]];   // first same as last
        this.loss = this.last;
        left -= h;
      }
      const factor = bad > 0 ? 0.9 * bad ** -0.2 : 5, next = h * Math.min(5, Math.max(0.2, factor || 0.2));
      this.length = bad <= 1 && h < this.length ? Math.max(this.length, next) : next;   // a step cut by the end says little
      if (spent > this.most) return false;
    }
    return true;
  }

  /** One step of length h into this.trial; returns the error relative to 1 + ||w||. @param {number} h */
  #attempt(h) {
    const { w, trial, slopes } = this;
    STAGES.forEach((row, stage) => {
      for (let i = 0; i < w.length; i++) {
        let sum = 0;
        for (let j = 0; j < row.length; j++) sum += row[j] * slopes[j][i];
        trial[i] = w[i] - h * sum;
      }
      this.last = this.landscape.evaluate(trial, slopes[stage + 1]);
    });
    let error = 0, size = 0;
    for (let i = 0; i < w.length; i++) {
      let sum = 0;
      for (let j = 0; j < 7; j++) sum += ERROR[j] * slopes[j][i];
      error += (h * sum) ** 2;
      size += w[i] ** 2;
    }
    const relative = Math.sqrt(error) / (1 + Math.sqrt(size));
    return Number.isFinite(relative) ? relative : Infinity;
  }

  /** Loss at the trial point. @type {number} */
  last = NaN;
}

// @ts-check
// Full-batch gradient descent, one step at a time, with the loss and the sharpness measured at the same w_t.
import { BLOWUP } from "./constants.mjs";
import { dataset } from "./data.mjs";
import { initialParameters, Objective } from "./network.mjs";
import { SharpnessTracker } from "./spectrum.mjs";

/** @typedef {{ task: string, loss: string, activation: string, hidden: number[], seed: number, lr: number }} Problem */
/** @typedef {{ step: number, loss: number, sharpness: number, threshold: number, hvps: number }} Row
 *   all at w_step; threshold = 2 / lr for the lr of the step that leaves w_step */

export class Descent {
  /** @param {Problem} problem */
  constructor({ task, loss, activation, hidden, seed, lr }) {
    const data = dataset(task), sizes = [data.inputs, ...hidden, data.outputs];
    this.objective = new Objective({ sizes, activation, loss, data });
    this.tracker = new SharpnessTracker(this.objective.size);
    this.w = initialParameters(sizes, seed);
    this.gradient = new Float64Array(this.w.length);
    this.lr = lr;
    this.step = 0;
    this.firstLoss = NaN;
    this.diverged = false;
    /** @param {Float64Array} v @param {Float64Array} out */
    this.hvp = (v, out) => this.objective.hvp(v, out);
  }

  /** Measures at w_t, then moves to w_{t+1} = w_t - lr * gradient (unless the loss has blown up). lr may have
   * changed since the last call.  @returns {Row} */
  advance() {
    const loss = this.objective.evaluate(this.w, this.gradient);
    if (this.step === 0) this.firstLoss = loss;
    this.diverged = !(loss <= BLOWUP * this.firstLoss);
    const { value, hvps } = this.diverged ? { value: NaN, hvps: 0 } : this.tracker.measure(this.hvp);
    const row = { step: this.step, loss, sharpness: value, threshold: 2 / this.lr, hvps };
    if (this.diverged) return row;
    for (let i = 0; i < this.w.length; i++) this.w[i] -= this.lr * this.gradient[i];
    this.step++;
    return row;
  }
}

// @ts-check
// A run of an optimizer on a network, one step at a time, with the loss and the sharpness measured at the same w_t.
import { Batches, gather } from "./batches.mjs";
import { BLOWUP, parameterCount } from "./constants.mjs";
import { dataset } from "./data.mjs";
import { columnsOf, instruments } from "./instruments.mjs";
import { plain } from "./kernels.mjs";
import { initialParameters, Objective } from "./network.mjs";
import { HYPER, norm, optimizerOf } from "./optimizers.mjs";
import { scheduled, scheduleOf } from "./schedules.mjs";
import { SharpnessTracker } from "./spectrum.mjs";

/** What to run. Only the first line is needed; numbers left out are those of optimizers.mjs (RMSProp: beta2 = 0.99).
 * @typedef {{ task: string, loss: string, activation: string, hidden: number[], seed: number, lr: number,
 *   points?: { x: ArrayLike<number>, y: ArrayLike<number> }, bias?: boolean,
 *   optimizer?: string, momentum?: number, beta1?: number, beta2?: number, eps?: number, rho?: number,
 *   batch?: number, schedule?: import("./schedules.mjs").Schedule | string, measures?: string[] }} Problem
 *   points: for task "points"; batch: examples a step, 0 for all; measures: names in instruments.mjs */
/** @typedef {{ step: number, time: number, loss: number, sharpness: number, threshold: number, hvps: number, [column: string]: number }} Row
 *   all at w_step; time: sum of the step sizes so far; sharpness: of P^-1/2 H P^-1/2 where the optimizer has a
 *   preconditioner P; threshold: the optimizer's, for the step that leaves w_step */

/** How many numbers a run of this problem keeps in its kernels' arrays, at most. @param {Problem} problem */
export function room(problem) {
  const { n, inputs, outputs } = dataset(problem.task, problem.points), sizes = [inputs, ...problem.hidden, outputs], p = parameterCount(sizes);
  const layers = sizes.slice(1).reduce((sum, out, l) => sum + 10 * n * out + 2 * sizes[l] * out, 0);
  return (3 + (problem.measures?.length ?? 0)) * (layers + n * (inputs + 3 * outputs) + 100 * p + 4096);
}

export class Descent {
  /** @param {Problem} problem @param {import("./kernels.mjs").Kernels} [kernels] */
  constructor(problem, kernels = plain) {
    const { task, hidden, seed, lr, bias = true, batch = 0, measures = [] } = problem;
    this.problem = problem;
    this.kernels = kernels;
    this.data = dataset(task, problem.points);
    this.sizes = [this.data.inputs, ...hidden, this.data.outputs];
    this.hyper = { ...HYPER, ...(problem.optimizer === "rmsprop" ? { beta2: 0.99 } : {}) };
    for (const key of /** @type {const} */ (["momentum", "beta1", "beta2", "eps", "rho"])) this.hyper[key] = problem[key] ?? this.hyper[key];
    this.optimizer = optimizerOf(problem.optimizer ?? "gd", this.hyper);
    this.objective = this.objectiveFor(this.data.n);
    this.columns = columnsOf(measures);
    this.tracker = new SharpnessTracker(this.objective.size, { kernels, count: measures.includes("eigenvalues") ? 3 : 1 });
    const array = () => kernels.array(this.objective.size);
    this.w = array(); this.gradient = array(); this.stepGradient = array(); this.P = array(); this.scaled = array();
    this.w.set(initialParameters(this.sizes, seed, bias));
    this.slots = Array.from({ length: this.optimizer.slots }, array);
    this.batches = batch ? new Batches(this.data.n, batch, seed) : null;
    this.probe = this.batches || this.optimizer.ascend ? this.objectiveFor(batch || this.data.n) : null;  // where the step's gradient comes from
    this.lr = lr;
    this.schedule = scheduleOf(problem.schedule);
    this.step = 0;
    this.time = 0;
    this.firstLoss = NaN;
    this.diverged = false;
    /** @type {import("./spectrum.mjs").Measurement | null} */
    this.measured = null;
    /** @param {Float64Array} v @param {Float64Array} out */
    this.hvp = (v, out) => this.objective.hvp(v, out);
    this.readers = measures.map((name) => instruments[name].start(this));
  }

  /** The same network's loss on n examples: all of them, or room for a batch.
   * @param {number} n @param {import("./kernels.mjs").Kernels} [kernels] */
  objectiveFor(n, kernels = this.kernels) {
    const { inputs, outputs, x, y } = this.data, { activation, loss, bias } = this.problem;
    const data = { n, inputs, outputs, x: x.subarray(0, n * inputs), y: y.subarray(0, n * outputs) };
    return new Objective({ sizes: this.sizes, activation, loss, data, bias, kernels });
  }

  /** Measures at w_t, then moves to w_{t+1} (unless the loss has blown up). lr may have changed since the last call.
   * @returns {Row} */
  advance() {
    const { optimizer, hyper, w } = this, loss = this.objective.evaluate(w, this.gradient);
    if (this.step === 0) this.firstLoss = loss;
    this.diverged = !(loss <= BLOWUP * this.firstLoss);
    hyper.lr = this.lr * scheduled(this.schedule, this.step);
    const g = this.diverged ? this.gradient : this.#stepGradient();
    if (!this.diverged) optimizer.update?.(g, this.slots, hyper);
    this.measured = this.diverged ? null : this.#measure();
    /** @type {Row} */
    const row = { step: this.step, time: this.time, loss, sharpness: this.measured?.value ?? NaN,
      threshold: optimizer.threshold(hyper, optimizer.ascend ? norm(this.gradient) : NaN), hvps: this.measured?.hvps ?? 0 };
    if (this.diverged) {
      for (const column of this.columns) row[column] = NaN;
      return row;
    }
    for (const read of this.readers) read(row);
    optimizer.move(w, g, this.slots, hyper, this.step + 1);
    this.time += hyper.lr;
    this.step++;
    return row;
  }

  /** The gradient of the coming step: of the batch's loss, and for SAM at a point uphill. */
  #stepGradient() {
    const { probe, batches, optimizer, stepGradient, w } = this;
    if (!probe) return this.gradient;
    if (batches) gather(this.data, batches.take(), probe.x, probe.y);
    if (!optimizer.ascend) { probe.evaluate(w, stepGradient); return stepGradient; }
    if (batches) probe.evaluate(w, stepGradient);
    optimizer.ascend(w, batches ? stepGradient : this.gradient, this.scaled, this.hyper);
    probe.evaluate(this.scaled, stepGradient);
    return stepGradient;
  }

  #measure() {
    const { optimizer, P, scaled } = this;
    if (!optimizer.preconditioner) return this.tracker.measure(this.hvp);
    optimizer.preconditioner(P, this.slots, this.hyper, this.step + 1);
    for (let i = 0; i < P.length; i++) P[i] = 1 / Math.sqrt(P[i]);
    return this.tracker.measure((v, out) => {
      for (let i = 0; i < P.length; i++) scaled[i] = P[i] * v[i];
      this.objective.hvp(scaled, out);
      for (let i = 0; i < P.length; i++) out[i] *= P[i];
    });
  }
}

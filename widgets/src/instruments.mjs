// @ts-check
// What a run can record besides loss and sharpness, by name: the columns it adds, and how each row gets them.
import { Batches } from "./batches.mjs";
import { CentralFlow } from "./central.mjs";
import { GradientFlow } from "./flow.mjs";
import { accuracy, batchSharpness, distance, Oscillation } from "./measures.mjs";
import { SharpnessTracker } from "./spectrum.mjs";

/** @typedef {import("./descent.mjs").Descent} Descent */
/** @typedef {import("./descent.mjs").Row} Row */
/** Called once a step with the objective at w_t; fills its columns of the row.
 * @typedef {(row: Row) => void} Reader */

/** @type {Record<string, { columns: string[], start: (run: Descent) => Reader }>} */
export const instruments = {
  /** The second and third largest eigenvalue; the tracker follows three when this is asked for. */
  eigenvalues: {
    columns: ["sharpness2", "sharpness3"],
    start: (run) => (row) => { [, row.sharpness2 = NaN, row.sharpness3 = NaN] = run.measured?.values ?? []; },
  },
  /** The sharpness of the Hessian itself, where `sharpness` is the preconditioned one (RMSProp, Adam). */
  raw: {
    columns: ["rawSharpness"],
    start(run) {
      const tracker = new SharpnessTracker(run.w.length, { kernels: run.kernels });
      return (row) => { row.rawSharpness = run.optimizer.preconditioner ? tracker.measure(run.hvp).value : row.sharpness; };
    },
  },
  accuracy: {
    columns: ["accuracy"],
    start: (run) => (row) => { row.accuracy = accuracy(run.objective.predictions, run.data.y, run.data.n); },
  },
  /** x = u . (w - two-step mean), u the top eigenvector. */
  oscillation: {
    columns: ["oscillation"],
    start(run) {
      const oscillation = new Oscillation(run.w.length);
      return (row) => { row.oscillation = oscillation.measure(run.w, run.tracker.top); };
    },
  },
  /** E_B[g_B^T H_B g_B / ||g_B||^2] over one epoch of batches of the run's batch size (a tenth of the data if it has none). */
  batchSharpness: {
    columns: ["batchSharpness"],
    start(run) {
      const size = run.batches?.size ?? Math.max(1, Math.floor(run.data.n / 10));
      const objective = run.objectiveFor(size), batches = new Batches(run.data.n, size, run.problem.seed + 1);
      return (row) => { row.batchSharpness = batchSharpness(objective, run.data, batches, run.w); };
    },
  },
  /** Gradient flow from w_0, at the time of the run: the sum of its step sizes. */
  gradientFlow: {
    columns: ["flowLoss", "flowSharpness", "flowDistance"],
    start(run) {
      const objective = run.objectiveFor(run.data.n), flow = new GradientFlow(objective, run.w), g = new Float64Array(run.w.length);
      const tracker = new SharpnessTracker(run.w.length);
      let lastTime = 0, alive = true;
      return (row) => {
        if (alive && row.time > lastTime) alive = flow.advance(row.time - lastTime);
        lastTime = row.time;
        row.flowLoss = alive ? objective.evaluate(flow.w, g) : NaN;
        row.flowSharpness = alive ? tracker.measure((v, out) => objective.hvp(v, out)).value : NaN;
        row.flowDistance = alive ? distance(run.w, flow.w) : NaN;
      };
    },
  },
  /** The central flow of gradient descent from w_0, at the same number of steps. */
  centralFlow: {
    columns: ["centralLoss", "centralSharpness", "centralDistance"],
    start(run) {
      const flow = new CentralFlow(run.objectiveFor(run.data.n), run.w);
      let lastTime = 0;
      return (row) => {
        if (row.time > lastTime) flow.advance(row.time - lastTime);
        lastTime = row.time;
        flow.measure();
        row.centralLoss = flow.loss; row.centralSharpness = flow.sharpness; row.centralDistance = distance(run.w, flow.w);
      };
    },
  },
};

/** The columns that these instruments add, in order; throws a sentence on an unknown name. @param {string[]} names */
export function columnsOf(names) {
  for (const name of names) if (!Object.hasOwn(instruments, name)) throw new RangeError(`There is no measure “${name}”. Use one of ${Object.keys(instruments).join(", ")}.`);
  return names.flatMap((name) => instruments[name].columns);
}

// @ts-check
// The computing side of the widget. It knows messages and time, nothing of the page, so the same function serves a
// Web Worker and, where workers are refused, the page's own thread in short slices.
//
// The interface: handle = startEngine(post) makes an engine; handle(command) tells it what to do; it answers by calling
// post(batch), a few steps at a time. Both are plain data, fit for postMessage.
//   reset   a new run of `problem` (see Problem in descent.mjs) from w_0; its row 0 is posted at once. A problem that
//           cannot be used throws a sentence (check with settings.mjs first)
//   run     go on at `rate` steps a second, at most;   pause   stop there;   step   one step
//   lr      the step size from the next step on, mid-run;   hyper   the same for momentum, beta1, beta2, eps, rho; a
//           number `change` given with either comes back with every batch after it
// A row t holds what was measured at w_t: step t, time (sum of the step sizes before it), loss, sharpness, the
// optimizer's threshold for the step that leaves w_t, and a column for everything that problem.measures names
// (instruments.mjs). The last batch of a run says how it ended.
// The inner loops are WebAssembly where the host allows it and JavaScript elsewhere: the same bits, only faster.
import { Descent, room } from "./descent.mjs";
import { plain } from "./kernels.mjs";
import { wasmKernels } from "./wasm.mjs";

const SLICE_MS = 12, REST_MS = 4;

/** @typedef {import("./descent.mjs").Problem} Problem */
/** @typedef {{ kind: "reset", run: number, problem: Problem, maxSteps: number } | { kind: "lr", lr: number, change?: number }
 *   | { kind: "hyper", values: Partial<import("./optimizers.mjs").Hyper>, change?: number }
 *   | { kind: "run", rate: number } | { kind: "pause" } | { kind: "step" }} Command  rate: steps a second, at most */
/** @typedef {{ run: number, step: Float64Array, loss: Float64Array, sharpness: Float64Array, threshold: Float64Array,
 *   columns: Record<string, Float64Array>, change: number, end: "" | "diverged" | "complete" }} Batch
 *   run: the number given at reset, so that stale batches can be dropped; columns: "time" and what problem.measures adds */

/** @param {(batch: Batch) => void} post  @returns {(command: Command) => void} */
export function startEngine(post) {
  /** @type {Descent | null} */
  let descent = null;
  let run = 0, maxSteps = 0, rate = 0, owed = 0, before = 0, change = 0, end = /** @type {Batch["end"]} */ ("");
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  /** At most `count` steps and about SLICE_MS of work, posted as one batch. @param {number} count */
  function advance(count) {
    /** @type {import("./descent.mjs").Row[]} */
    const rows = [], stop = performance.now() + SLICE_MS;
    while (descent && !end && rows.length < count && (rows.length === 0 || performance.now() < stop)) {
      rows.push(descent.advance());
      end = descent.diverged ? "diverged" : rows[rows.length - 1].step >= maxSteps ? "complete" : "";
    }
    if (rows.length === 0) return 0;
    const column = (/** @type {string} */ name) => Float64Array.from(rows, (row) => row[name]);
    const columns = Object.fromEntries(["time", ...(descent?.columns ?? [])].map((name) => [name, column(name)]));
    post({ run, step: column("step"), loss: column("loss"), sharpness: column("sharpness"), threshold: column("threshold"), columns, change, end });
    return rows.length;
  }

  function slice() {
    const now = performance.now();
    owed = Math.min(owed + (rate * (now - before)) / 1000, Math.max(1, rate / 4));  // a stall is not caught up
    before = now;
    owed -= advance(Math.floor(owed));
    timer = end ? undefined : setTimeout(slice, owed >= 1 ? REST_MS : 16);
  }

  function pause() {
    clearTimeout(timer);
    timer = undefined;
  }

  return (command) => {
    if (command.kind === "reset") {
      pause();
      ({ run, maxSteps } = command);
      descent = new Descent(command.problem, wasmKernels(room(command.problem)) ?? plain);
      end = "";
      change = 0;
      advance(1);
    } else if (command.kind === "lr") {
      if (descent) descent.lr = command.lr;
      change = command.change ?? change;
    } else if (command.kind === "hyper") {
      if (descent) Object.assign(descent.hyper, command.values);
      change = command.change ?? change;
    } else if (command.kind === "run") {
      ({ rate } = command);
      if (timer === undefined) { owed = 1; before = performance.now(); slice(); }
    } else if (command.kind === "pause") {
      pause();
    } else advance(1);
  };
}

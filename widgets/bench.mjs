// @ts-check
// Speed of the engine with the sharpness measured at every step, in CPU time of this machine: the median of the five
// fastest of twenty blocks of steps, because other work on the machine can only slow a block down.
// Usage: node widgets/bench.mjs
import { readFileSync } from "node:fs";
import { cpus } from "node:os";
import { gzipSync } from "node:zlib";
import { Descent, room } from "./src/descent.mjs";
import { plain } from "./src/kernels.mjs";
import { DEFAULTS } from "./src/settings.mjs";
import { wasmKernels } from "./src/wasm.mjs";

const BLOCKS = 20, FASTEST = 5;

/** Microseconds of CPU for one call. @param {() => void} work @param {number} count  calls in a block */
function cost(work, count) {
  const blocks = Array.from({ length: BLOCKS }, () => {
    const before = process.cpuUsage();
    for (let i = 0; i < count; i++) work();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / count;
  });
  return blocks.sort((a, b) => a - b)[(FASTEST - 1) / 2];
}

/** @type {[string, import("./src/descent.mjs").Problem, number, number][]} name, problem, steps before, steps in a block */
const RUNS = [
  ["1-30-20-1, η = 0.4, from the start", DEFAULTS, 0, 15],
  ["1-30-20-1, η = 0.4, at the edge", DEFAULTS, 1000, 100],
  ["1-30-20-1, η = 0.2, at the edge", { ...DEFAULTS, lr: 0.2 }, 2500, 100],
  ["1-30-20-1, η = 0.2, at the edge, top 3", { ...DEFAULTS, lr: 0.2, measures: ["eigenvalues"] }, 2500, 60],
  ["digits 64-32-32-10, η = 0.5, at the edge", { ...DEFAULTS, task: "digits", hidden: [32, 32], lr: 0.5, seed: 0 }, 150, 8],
];

console.log(`${cpus()[0].model}, node ${process.version}, ${new Date().toISOString().slice(0, 10)}`);
console.log("run                                        kernels      gradient   H v      steps/s   H v a step");
for (const [name, problem, before, count] of RUNS) {
  for (const kernels of [plain, wasmKernels(room(problem))]) {
    if (!kernels) continue;
    const descent = new Descent(problem, kernels), { objective, w, gradient } = descent, out = kernels.array(w.length);
    for (let i = 0; i < before; i++) descent.advance();
    let products = 0, steps = 0;
    const step = cost(() => { products += descent.advance().hvps; steps++; }, count);
    objective.evaluate(w, gradient);
    const one = cost(() => { objective.evaluate(w, gradient); }, count), hv = cost(() => objective.hvp(gradient, out), count);
    console.log(`${name.padEnd(42)} ${kernels.name.padEnd(12)} ${`${one.toFixed(0)} µs`.padEnd(10)} ${`${hv.toFixed(0)} µs`.padEnd(8)} ${(1e6 / step).toFixed(0).padEnd(9)} ${(products / steps).toFixed(2)}`);
  }
}
const bundle = readFileSync(new URL("../eoslib/static/lab.js", import.meta.url));
const digits = readFileSync(new URL("./src/digits-data.mjs", import.meta.url));
const size = (/** @type {Buffer} */ b) => (gzipSync(b, { level: 9 }).length / 1024).toFixed(1);
console.log(`lab.js: gzip ${size(bundle)} KiB, of which about ${size(digits)} KiB are the digits`);

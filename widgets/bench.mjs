// @ts-check
// Speed of the engine with the sharpness measured at every step, in CPU time of this machine.
// Usage: node widgets/bench.mjs
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { Descent } from "./src/descent.mjs";
import { DEFAULTS } from "./src/settings.mjs";

/** Microseconds of CPU for one call. @param {() => void} work @param {number} count */
function cost(work, count) {
  const before = process.cpuUsage();
  for (let i = 0; i < count; i++) work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / count;
}

/** @type {[string, import("./src/descent.mjs").Problem, number, number][]} name, problem, steps before, steps timed */
const RUNS = [
  ["default, from the start", DEFAULTS, 0, 400],
  ["default, at the edge", DEFAULTS, 1000, 2000],
  ["default at η = 0.2, at the edge", { ...DEFAULTS, lr: 0.2 }, 2500, 2000],
  ["digits 64-32-32-10, η = 0.5, at the edge", { ...DEFAULTS, task: "digits", hidden: [32, 32], lr: 0.5, seed: 0 }, 150, 100],
];

console.log("run                                        gradient   H v      steps/s   H v a step");
for (const [name, problem, before, count] of RUNS) {
  const descent = new Descent(problem), { objective, w, gradient } = descent, out = new Float64Array(w.length);
  for (let i = 0; i < before; i++) descent.advance();
  let products = 0;
  const step = cost(() => { products += descent.advance().hvps; }, count), repeats = problem.task === "digits" ? 50 : 2000;
  objective.evaluate(w, gradient);
  const one = cost(() => { objective.evaluate(w, gradient); }, repeats), hv = cost(() => objective.hvp(gradient, out), repeats);
  console.log(`${name.padEnd(42)} ${`${one.toFixed(0)} µs`.padEnd(10)} ${`${hv.toFixed(0)} µs`.padEnd(8)} ${(1e6 / step).toFixed(0).padEnd(9)} ${(products / count).toFixed(2)}`);
}
const bundle = readFileSync(new URL("../eoslib/static/lab.js", import.meta.url));
const digits = readFileSync(new URL("./src/digits-data.mjs", import.meta.url));
const size = (/** @type {Buffer} */ b) => (gzipSync(b, { level: 9 }).length / 1024).toFixed(1);
console.log(`lab.js: gzip ${size(bundle)} KiB, of which about ${size(digits)} KiB are the digits`);

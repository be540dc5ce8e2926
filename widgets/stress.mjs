// @ts-check
// The tracker where it is hardest to be right: random networks with three outputs, trained with a step size so large that
// w jumps about far above 2/η, against a second tracker that looks much closer. Usage: node widgets/stress.mjs [first seed]
import { initialParameters, Objective } from "./src/network.mjs";
import { MersenneTwister } from "./src/rng.mjs";
import { SharpnessTracker } from "./src/spectrum.mjs";

const SIZES = [3, 7, 5, 3], N = 24, STEPS = 800, SKIPPED = 100, SEEDS = 6, FIRST = Number(process.argv[2] ?? 100);
const errors = /** @type {number[]} */ ([]);
let products = 0, steps = 0;
for (const [activation, lr] of /** @type {[string, number][]} */ ([["tanh", 0.35], ["gelu", 0.5]])) for (let seed = 0; seed < SEEDS; seed++) {
  const random = new MersenneTwister(seed + FIRST), some = (/** @type {number} */ n) => Float64Array.from({ length: n }, () => random.uniform(-1.7, 1.7));
  const objective = new Objective({ sizes: SIZES, activation, loss: "mse", data: { x: some(3 * N), y: some(3 * N), n: N, inputs: 3, outputs: 3 } });
  const w = initialParameters(SIZES, seed), gradient = new Float64Array(w.length);
  const hvp = (/** @type {Float64Array} */ v, /** @type {Float64Array} */ out) => objective.hvp(v, out);
  const tracker = new SharpnessTracker(w.length), close = new SharpnessTracker(w.length, { tol: 1e-6, auditEvery: 2, seed: 9 });
  for (let t = 0; t < STEPS; t++) {
    objective.evaluate(w, gradient);
    const { value, hvps } = tracker.measure(hvp);
    products += hvps;
    steps++;
    if (t >= SKIPPED) { const exact = close.measure(hvp).value; errors.push(Math.abs(value - exact) / exact); }
    for (let i = 0; i < w.length; i++) w[i] -= lr * gradient[i];
  }
}
const above = (/** @type {number} */ bound) => errors.filter((error) => !(error <= bound)).length;
console.log(`${errors.length} steps compared: ${above(1e-3)} off by more than 0.1 %, ${above(1e-2)} by more than 1 %, worst ${Math.max(...errors).toExponential(1)}; ${(products / steps).toFixed(2)} products a step`);

// @ts-check
// Gradient flow and central flow against closed forms, then on the network itself.
import assert from "node:assert/strict";
import test from "node:test";
import { CentralFlow, sharpnessGradient } from "../src/central.mjs";
import { Descent } from "../src/descent.mjs";
import { GradientFlow } from "../src/flow.mjs";
import { DEFAULTS } from "../src/settings.mjs";
import { distance, relative } from "./helpers.mjs";

/** 1/2 w^T A w, A given by rows. @param {number[][]} A  @returns {import("../src/flow.mjs").Landscape} */
function quadratic(A) {
  const times = (/** @type {Float64Array} */ v, /** @type {Float64Array} */ out) => A.forEach((row, i) => { out[i] = row.reduce((sum, a, j) => sum + a * v[j], 0); });
  return { hvp: times, evaluate(w, g) { times(w, g); return 0.5 * w.reduce((sum, x, i) => sum + x * g[i], 0); } };
}

for (const [stiff, tol] of [[5, 1e-6], [5, 1e-9], [400, 1e-6]]) {
  test(`gradient flow on a quadratic is the matrix exponential: eigenvalues ${stiff} and 1, tol ${tol}`, () => {
    // Eigenvectors (3, 4)/5 and (-4, 3)/5.
    const [c, s] = [0.6, 0.8], A = [[stiff * c * c + s * s, (stiff - 1) * c * s], [(stiff - 1) * c * s, stiff * s * s + c * c]];
    const flow = new GradientFlow(quadratic(A), Float64Array.of(2, 1), { tol });
    const along = c * 2 + s, across = -s * 2 + c;
    for (let k = 1; k <= 20; k++) {
      assert.ok(flow.advance(0.1));
      const a = along * Math.exp(-stiff * 0.1 * k), b = across * Math.exp(-0.1 * k);
      assert.ok(Math.hypot(flow.w[0] - (c * a - s * b), flow.w[1] - (s * a + c * b)) <= 30 * tol, `time ${k / 10}`);
    }
    assert.ok(relative(flow.loss, quadratic(A).evaluate(flow.w, new Float64Array(2))) < 1e-12);
  });
}

test("gradient flow says when it would take too long", () => {
  const flow = new GradientFlow(quadratic([[1e6, 0], [0, 1]]), Float64Array.of(1, 1), { most: 60 });
  assert.equal(flow.advance(1), false);
});

/** L(x, y, z) = 1/2 (y + z) x^2 - c y + 1/2 d z^2: on x = 0 the sharpness is y + z and grad S = (0, 1, 1).
 * @param {number} c @param {number} d  @returns {import("../src/flow.mjs").Landscape} */
function valley(c, d) {
  let [x, y, z] = [0, 0, 0];
  return {
    evaluate(w, g) {
      [x, y, z] = w;
      g[0] = (y + z) * x; g[1] = 0.5 * x * x - c; g[2] = 0.5 * x * x + d * z;
      return 0.5 * (y + z) * x * x - c * y + 0.5 * d * z * z;
    },
    hvp(v, out) { out[0] = (y + z) * v[0] + x * (v[1] + v[2]); out[1] = x * v[0]; out[2] = x * v[0] + d * v[2]; },
  };
}

/** y, z and sigma^2 of the central flow of `valley` at time t, from (0, y0, z0) below the edge: gradient flow
 * y' = lr c, z' = -lr d z up to y + z = 2 / lr, then sigma^2 = c - d z and z' = -lr (c + d z) / 2 = -y'.
 * @param {number} t @param {{ c: number, d: number, lr: number, y0: number, z0: number }} options */
function centralOf(t, { c, d, lr, y0, z0 }) {
  const before = (/** @type {number} */ s) => [y0 + lr * c * s, z0 * Math.exp(-lr * d * s)];
  let low = 0, high = t;
  const sum = (/** @type {number} */ s) => before(s)[0] + before(s)[1];
  if (sum(t) < 2 / lr) return [...before(t), 0];
  for (let i = 0; i < 100; i++) { const mid = (low + high) / 2; if (sum(mid) < 2 / lr) low = mid; else high = mid; }
  const at = before(low)[1], z = -c / d + (at + c / d) * Math.exp((-lr * d * (t - low)) / 2);
  return [2 / lr - z, z, c - d * z];
}

const OPTIONS = { c: 0.3, d: 0.02, lr: 0.1, y0: 18, z0: 1 };

for (const substeps of [1, 4, 16]) {
  test(`central flow on a valley is its closed form, to first order in the step: ${substeps} substeps`, () => {
    const { c, d, lr, y0, z0 } = OPTIONS, flow = new CentralFlow(valley(c, d), Float64Array.of(0, y0, z0), { substeps });
    for (let t = 1; t <= 300; t++) {
      flow.advance(lr);
      const [y, z, variance] = centralOf(t, OPTIONS), bound = 0.05 / substeps;
      assert.ok(Math.abs(flow.w[1] - y) < bound && Math.abs(flow.w[2] - z) < bound, `step ${t}: ${flow.w}, ${[y, z]}`);
      if (t > 200) assert.ok(Math.abs(flow.variance - variance) < 0.01);
    }
    assert.ok(centralOf(300, OPTIONS)[2] > 0.2, "the closed form is at the edge");
    assert.ok(Math.abs(flow.w[1] + flow.w[2] - 2 / lr) < 1e-6);
  });
}

test("the central flow of a valley is what gradient descent does on average", () => {
  const slow = { c: 0.01, d: 0.002, lr: 0.1, y0: 19.5, z0: 0.3 }, land = valley(slow.c, slow.d), w = Float64Array.of(0.1, slow.y0, slow.z0), g = new Float64Array(3);
  let mean = 0, square = 0;
  for (let t = 0; t < 3000; t++) {
    land.evaluate(w, g);
    for (let i = 0; i < 3; i++) w[i] -= slow.lr * g[i];
    if (t >= 2400) { mean += w[2] / 600; square += w[0] ** 2 / 600; }
  }
  const [, z, variance] = centralOf(2700, slow);
  assert.ok(Math.abs(mean - z) < 0.02, `mean z ${mean}, central flow ${z}`);
  assert.ok(Math.abs(square / variance - 1) < 0.05, `mean x^2 ${square}, sigma^2 ${variance}`);
});

test("grad S of the network is the slope of the sharpness along a direction, by differences of the sharpness", () => {
  const run = new Descent({ ...DEFAULTS, hidden: [8, 6] });
  for (let t = 0; t < 30; t++) run.advance();
  const objective = run.objectiveFor(20), w = Float64Array.from(run.w), size = w.length, array = () => new Float64Array(size);
  const top = (/** @type {Float64Array} */ at) => {
    const flow = new CentralFlow(objective, at, { tol: 1e-10 });
    flow.measure();
    return flow;
  };
  const here = top(w), gradS = array();
  sharpnessGradient(objective, w, here.tracker.top, gradS, array(), array());
  for (const k of [0, 5, 40]) {
    const step = 1e-5, up = top(w.map((x, i) => x + (i === k ? step : 0))).sharpness, down = top(w.map((x, i) => x - (i === k ? step : 0))).sharpness;
    assert.ok(Math.abs((up - down) / (2 * step) - gradS[k]) < 1e-4 * Math.max(1, Math.abs(gradS[k])), `entry ${k}: ${(up - down) / (2 * step)}, ${gradS[k]}`);
  }
});

test("beside a run below the edge both flows stay close; at the edge gradient flow sharpens on and the central flow stays at 2/η", () => {
  const run = new Descent({ ...DEFAULTS, hidden: [8, 6], task: "chebyshev-3", seed: 0, measures: ["gradientFlow", "centralFlow"] }), threshold = 2 / DEFAULTS.lr;
  const rows = Array.from({ length: 500 }, () => run.advance()), crossing = rows.findIndex((row) => row.sharpness >= threshold);
  assert.ok(crossing > 20 && crossing < 300, `crossing at ${crossing}`);
  const early = rows[Math.floor(crossing / 2)], late = rows[rows.length - 1];
  assert.ok(early.flowDistance < 0.1 && early.centralDistance < 0.1, `${early.flowDistance} ${early.centralDistance}`);
  assert.ok(late.flowSharpness > 1.2 * threshold, `flow ${late.flowSharpness}`);
  assert.ok(Math.abs(late.centralSharpness / threshold - 1) < 0.02, `central ${late.centralSharpness}`);
  assert.ok(late.centralDistance < 0.5 * late.flowDistance, `${late.centralDistance} ${late.flowDistance}`);
  assert.equal(distance(run.w, run.w), 0);
});

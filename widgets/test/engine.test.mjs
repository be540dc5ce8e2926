// @ts-check
// The engine against PyTorch float64: derivatives, a trajectory up to the horizon of round-off, and the edge.
import assert from "node:assert/strict";
import test from "node:test";
import { ACTIVATIONS, LOSSES } from "../src/constants.mjs";
import { activations } from "../src/activations.mjs";
import { losses } from "../src/losses.mjs";
import { initialParameters } from "../src/network.mjs";
import { SharpnessTracker } from "../src/spectrum.mjs";
import { eigh } from "../src/symmetric.mjs";
import { denseHessian, distance, objectiveOf, relative, vectors } from "./helpers.mjs";

test("every activation and loss on offer exists", () => {
  assert.deepEqual(Object.keys(activations), [...ACTIVATIONS, "linear"]);
  assert.deepEqual(Object.keys(losses), LOSSES);
  assert.equal(vectors.derivatives.length, (ACTIVATIONS.length + 1) * LOSSES.length);
});

for (const c of vectors.derivatives) {
  test(`${c.activation}, ${c.loss}: loss, gradient and Hessian-vector product`, () => {
    const objective = objectiveOf(c), gradient = new Float64Array(objective.size), Hv = new Float64Array(objective.size);
    assert.ok(relative(objective.evaluate(Float64Array.from(c.w), gradient), c.value) <= 1e-14);
    objective.hvp(Float64Array.from(c.v), Hv);
    assert.ok(distance(gradient, c.gradient) <= 1e-13, `gradient ${distance(gradient, c.gradient)}`);
    assert.ok(distance(Hv, c.hvp) <= 1e-13, `Hv ${distance(Hv, c.hvp)}`);
  });
}

/** Losses and parameters of plain gradient descent. @param {any} t @param {Float64Array} w @param {number} steps */
function descend(t, w, steps) {
  const objective = objectiveOf({ ...t, loss: "mse" }), gradient = new Float64Array(w.length), loss = [], path = [];
  for (let step = 0; step <= steps; step++) {
    path.push(Float64Array.from(w));
    loss.push(objective.evaluate(w, gradient));
    for (let i = 0; i < w.length; i++) w[i] -= t.lr * gradient[i];
  }
  return { loss, path };
}

/** The next double away from zero. @param {number} value */
function nudged(value) {
  const bits = new BigInt64Array(Float64Array.of(value).buffer);
  bits[0] += 1n;
  return new Float64Array(bits.buffer)[0];
}

const { trajectory } = vectors;

test("the trajectory is torch's up to the horizon, the step at which one unit in the last place has grown", () => {
  const t = trajectory, steps = t.loss.length - 1, w0 = initialParameters(t.sizes, t.seed);
  const own = descend(t, w0.slice(), steps), moved = descend(t, w0.map(nudged), steps);
  const horizon = own.loss.findIndex((loss, step) => relative(loss, moved.loss[step]) > 1e-13);
  assert.ok(horizon > 100, `horizon ${horizon}: nothing left to compare`);
  for (let step = 0; step < horizon; step++) assert.ok(relative(own.loss[step], t.loss[step]) <= 1e-12, `loss at step ${step} of ${horizon}`);
  for (const [step, w] of Object.entries(t.w)) if (Number(step) < horizon) assert.ok(distance(own.path[Number(step)], w) <= 1e-12, `w at step ${step}`);
});

for (const e of vectors.edge) {
  test(`${e.activation} at the edge, resynchronised every 10 steps: loss and sharpness at every step`, () => {
    const objective = objectiveOf(e), gradient = new Float64Array(objective.size), tracker = new SharpnessTracker(objective.size);
    const late = e.rows.slice(-100);
    assert.ok(late.reduce((/** @type {number} */ s, /** @type {number[]} */ r) => s + r[1], 0) / late.length > 1.9 / e.lr, "the run is at the edge");
    assert.ok(e.crossings.length >= 10, `eigenvalues cross ${e.crossings.length} times`);
    let hvps = 0;
    for (let start = 0; start + 10 < e.rows.length; start += 10) {
      const w = Float64Array.from(e.w[start / 10]);
      for (let step = start; step < start + 10; step++) {
        const [loss, top] = e.rows[step];
        assert.ok(relative(objective.evaluate(w, gradient), loss) <= 1e-12, `loss at step ${step}`);
        const found = tracker.measure((v, out) => objective.hvp(v, out));
        hvps += found.hvps;
        assert.ok(found.converged && relative(found.value, top) <= 1e-3, `sharpness at step ${step}: ${found.value}, dense ${top}`);
        for (let i = 0; i < w.length; i++) w[i] -= e.lr * gradient[i];
      }
      assert.ok(distance(w, e.w[start / 10 + 1]) <= 1e-11, `w after 10 steps from ${start}`);
    }
    assert.ok(hvps / e.rows.length < 9, `${hvps / e.rows.length} products a step`);
  });

  test(`${e.activation} at the edge: gradient, product and the three largest eigenvalues`, () => {
    const objective = objectiveOf(e), p = objective.size, gradient = new Float64Array(p), Hv = new Float64Array(p);
    for (const point of e.points) {
      objective.evaluate(Float64Array.from(e.w[point.step / 10]), gradient);
      objective.hvp(Float64Array.from(e.v), Hv);
      assert.ok(distance(gradient, point.gradient) <= 1e-12);
      assert.ok(distance(Hv, point.hvp) <= 1e-12);
      const { values } = eigh(denseHessian(objective), p), [, ...want] = e.rows[point.step];
      want.forEach((/** @type {number} */ value, /** @type {number} */ k) => assert.ok(relative(values[k], value) <= 1e-8, `eigenvalue ${k}`));
      const exact = new SharpnessTracker(p, { tol: 1e-12 }).measure((v, out) => objective.hvp(v, out));
      assert.ok(relative(exact.value, want[0]) <= 1e-8);
    }
  });
}

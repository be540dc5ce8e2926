// @ts-check
// The optimizers against torch.optim (SAM and the batches against a few lines of torch), their thresholds on a
// quadratic, the schedules, and the preconditioned sharpness.
import assert from "node:assert/strict";
import test from "node:test";
import { Batches, gather } from "../src/batches.mjs";
import { Descent } from "../src/descent.mjs";
import { HYPER, optimizerOf, optimizers } from "../src/optimizers.mjs";
import { scheduled } from "../src/schedules.mjs";
import { distance, relative, vectors } from "./helpers.mjs";

for (const c of vectors.optimizers) {
  test(`${c.optimizer}, ${c.schedule.kind} step size: 100 steps are torch's`, () => {
    const descent = new Descent({ ...c, task: `chebyshev-${c.degree}`, loss: "mse", activation: "tanh", hidden: c.sizes.slice(1, -1) });
    c.loss.forEach((/** @type {number} */ want, /** @type {number} */ t) => {
      if (c.w[t]) assert.ok(distance(descent.w, c.w[t]) <= 1e-12, `w at ${t}: ${distance(descent.w, c.w[t])}`);
      const { loss, sharpness } = descent.advance();
      assert.ok(relative(loss, want) <= 1e-12, `loss at ${t}: ${relative(loss, want)}`);
      if (c.sharpness[t]) assert.ok(relative(sharpness, c.sharpness[t]) <= 1e-3, `sharpness at ${t}: ${sharpness}, dense ${c.sharpness[t]}`);
    });
  });
}

/** Largest |w| over the last of many steps on 1/2 s w^2, started at 1. @param {string} name @param {number} s @param {import("../src/optimizers.mjs").Hyper} h */
function grows(name, s, h) {
  const { slots, update, move } = optimizers[name], w = Float64Array.of(1), g = new Float64Array(1), state = Array.from({ length: slots }, () => new Float64Array(1));
  for (let t = 1; t <= 3000 && Math.abs(w[0]) < 1e6; t++) {
    g[0] = s * w[0];
    update?.(g, state, h);
    move(w, g, state, h, t);
  }
  return Math.abs(w[0]) > 1;
}

for (const name of ["gd", "polyak", "nesterov"]) for (const momentum of [0.3, 0.9]) {
  test(`${name}, momentum ${momentum}: a quadratic diverges just above the threshold and not just below`, () => {
    const h = { ...HYPER, momentum }, threshold = optimizers[name].threshold(h, NaN);
    assert.ok(grows(name, 1.01 * threshold, h) && !grows(name, 0.99 * threshold, h));
  });
}

test("Adam with its preconditioner held fixed diverges just above its threshold and not just below", () => {
  // P frozen: momentum as a mean on a quadratic scaled by P; the corrections have worn off.
  const h = { ...HYPER }, threshold = optimizers.adam.threshold(h, NaN);
  const run = (/** @type {number} */ s) => {
    let w = 1, m = 0;
    for (let t = 0; t < 3000 && Math.abs(w) < 1e6; t++) { m = h.beta1 * m + (1 - h.beta1) * s * w; w -= h.lr * m; }
    return Math.abs(w) > 1;
  };
  assert.ok(run(1.01 * threshold) && !run(0.99 * threshold));
  assert.ok(relative(threshold, 38 / h.lr) < 1e-14);
});

test("Adam's step is lr P^-1 m with the P that it states", () => {
  const { update, move, preconditioner } = optimizers.adam, w = Float64Array.of(0.3, -2), state = [new Float64Array(2), new Float64Array(2)], P = new Float64Array(2);
  for (let t = 1; t <= 5; t++) {
    const g = Float64Array.of(Math.sin(t), 1e-3 * t), before = w.slice();
    update?.(g, state, HYPER);
    preconditioner?.(P, state, HYPER, t);
    move(w, g, state, HYPER, t);
    for (let i = 0; i < 2; i++) assert.ok(relative(before[i] - w[i], (HYPER.lr * state[0][i]) / P[i]) < 1e-12);
  }
});

test("SAM's threshold: a quadratic along one direction grows above it and shrinks below", () => {
  // one step on 1/2 s w^2 multiplies w by 1 - lr s (1 + rho s / |s w|)
  const h = { ...HYPER, rho: 0.3 }, w = 2;
  for (const factor of [0.99, 1.01]) {
    let s = 10;
    for (let i = 0; i < 200; i++) s = factor * optimizers.sam.threshold(h, Math.abs(s * w));
    const next = w - h.lr * s * (w + h.rho);
    assert.equal(Math.abs(next) > w, factor > 1);
  }
  assert.ok(relative(optimizers.sam.threshold({ ...h, rho: 1e-9 }, 1), 2 / h.lr) < 1e-7);
  assert.equal(optimizers.sam.threshold({ ...h, rho: 0 }, 1), 2 / h.lr);
});

test("schedules are pure functions of the step", () => {
  assert.equal(scheduled(undefined, 7), 1);
  assert.deepEqual([39, 40, 41].map((t) => scheduled({ kind: "drop", at: 40, factor: 0.5 }, t)), [1, 0.5, 0.5]);
  assert.deepEqual([0, 1, 3, 4].map((t) => scheduled({ kind: "warmup", steps: 4 }, t)), [0.25, 0.5, 1, 1]);
  assert.throws(() => scheduled(/** @type {any} */ ({ kind: "cosine" }), 0), /no schedule “cosine”/);
});

test("batches: every example once an epoch, another order each epoch, the same for the same seed", () => {
  const batches = new Batches(12, 5, 3), again = new Batches(12, 5, 3), seen = [];
  for (let epoch = 0; epoch < 3; epoch++) {
    const order = [...batches.take(), ...batches.take()];
    assert.equal(new Set(order).size, 10);                    // two are left out of this epoch
    assert.deepEqual([...again.take(), ...again.take()], order);
    seen.push(order.join());
  }
  assert.equal(new Set(seen).size, 3);
  assert.throws(() => new Batches(12, 13, 0), /batch size cannot be 13/);
  const data = { x: Float64Array.of(1, 2, 3, 4, 5, 6), y: Float64Array.of(7, 8, 9), n: 3, inputs: 2, outputs: 1 }, x = new Float64Array(4), y = new Float64Array(2);
  gather(data, Int32Array.of(2, 0), x, y);
  assert.deepEqual([[...x], [...y]], [[5, 6, 1, 2], [9, 7]]);
});

test("names and numbers that cannot be used are refused with a sentence", () => {
  assert.throws(() => optimizerOf("lion", HYPER), /no optimizer “lion”/);
  assert.throws(() => optimizerOf("constructor", HYPER), /no optimizer/);
  assert.throws(() => optimizerOf("polyak", { ...HYPER, momentum: 1 }), /momentum cannot be 1/);
  assert.throws(() => optimizerOf("sam", { ...HYPER, rho: NaN }), /rho cannot be NaN/);
});

// @ts-check
// The eigensolver on matrices whose spectrum is known.
import assert from "node:assert/strict";
import test from "node:test";
import { MersenneTwister } from "../src/rng.mjs";
import { SharpnessTracker } from "../src/spectrum.mjs";
import { eigh } from "../src/symmetric.mjs";

/** H v for Q diag(values) Q^T, Q a random reflection, so that no basis vector is an eigenvector.
 * @param {number[]} values @param {number} [seed] */
function operator(values, seed = 3) {
  const random = new MersenneTwister(seed), u = Float64Array.from(values, () => random.uniform(-1, 1));
  const square = u.reduce((sum, x) => sum + x * x, 0);
  /** @param {Float64Array} v */
  const reflect = (v) => { const s = (2 * v.reduce((sum, x, i) => sum + x * u[i], 0)) / square; return v.map((x, i) => x - s * u[i]); };
  return (/** @type {Float64Array} */ v, /** @type {Float64Array} */ out) => out.set(reflect(reflect(v).map((x, i) => x * values[i])));
}

const many = Array.from({ length: 60 }, (_, i) => i / 10);
/** @type {[string, number[]][]} */
const CASES = [
  ["one dimension", [3]], ["one dimension, negative", [-2]], ["one dimension, zero", [0]], ["two dimensions", [1, -1]],
  ["zero matrix", Array(9).fill(0)], ["multiple of the identity", Array(9).fill(2)], ["rank one", [7, ...Array(30).fill(0)]],
  ["rank one, negative", [-7, ...Array(30).fill(0)]], ["degenerate largest", [5, 5, 5, 1, 0, 0, -9]], ["saddle, equal and opposite", [1.275, -1.275, 0, 0, 0.3, 0]],
  ["larger below zero", [2, 1, 0, -50, -80]], ["negative definite", [-1, -2, -3, -4, -5, -6]], ["spread out", many], ["two close by", [...many, 5.9001]],
  ["tiny", [1e-12, 5e-13, 0, 0, -3e-13]], ["huge", [3e12, 1e12, 0, -4e12]],
];

for (const [name, values] of CASES) {
  test(`largest algebraic eigenvalue: ${name}`, () => {
    const tracker = new SharpnessTracker(values.length), H = operator(values);
    const want = Math.max(...values), size = Math.max(...values.map(Math.abs));
    for (let step = 0; step < 25; step++) {
      const { value, converged } = tracker.measure(H);
      assert.ok(converged);
      assert.ok(Math.abs(value - want) <= 1e-4 * Math.abs(want) + 1e-14 * size, `step ${step}: ${value}, want ${want}`);
    }
  });
}

test("the value never exceeds the largest eigenvalue: Ritz values are lower bounds", () => {
  const tracker = new SharpnessTracker(many.length), H = operator(many);
  for (let step = 0; step < 25; step++) assert.ok(tracker.measure(H).value <= 5.9 * (1 + 1e-13));
});

test("a crossing is seen at the step it happens", () => {
  const tracker = new SharpnessTracker(40), rest = Array.from({ length: 38 }, (_, i) => i / 40);
  for (let step = 0; step < 60; step++) {
    const rising = 2 + step / 20, values = [4, rising, ...rest];           // they cross at step 40
    const { value } = tracker.measure(operator(values));
    assert.ok(Math.abs(value - Math.max(4, rising)) <= 1e-3 * value, `step ${step}: ${value}`);
  }
});

test("on a swing of period two, as at the edge, few products are enough", () => {
  const tracker = new SharpnessTracker(60), values = Array.from({ length: 60 }, (_, i) => (i < 3 ? 5 - 0.1 * i : i / 60)), base = operator(values);
  let products = 0;
  for (let step = 0; step < 80; step++) {
    const angle = (step % 2 ? 0.25 : -0.25) + step / 2000, c = Math.cos(angle), s = Math.sin(angle);   // the whole spectrum turns to and fro, and drifts
    const turn = (/** @type {Float64Array} */ v, /** @type {number} */ side) => v.map((x, i) => c * x + side * (i % 2 ? s : -s) * v[i ^ 1]);
    const { value, hvps } = tracker.measure((v, out) => { base(turn(v, 1), out); out.set(turn(out, -1)); });
    assert.ok(Math.abs(value - 5) <= 1e-3, `step ${step}: ${value}`);
    if (step >= 20) products += hvps;
  }
  assert.ok(products / 60 <= 4, `${products / 60} products a step`);
});

test("a direction that nothing followed so far can see is found by the audit", () => {
  // Diagonal, so that no product ever mixes directions: the new eigenvector is invisible from the old subspace.
  const tracker = new SharpnessTracker(50, { auditEvery: 5 }), diagonal = Float64Array.from({ length: 50 }, (_, i) => (i < 5 ? 5 - i : 0));
  const H = (/** @type {Float64Array} */ v, /** @type {Float64Array} */ out) => { for (let i = 0; i < 50; i++) out[i] = diagonal[i] * v[i]; };
  for (let step = 0; step < 10; step++) tracker.measure(H);
  diagonal[30] = 20;
  const seen = Array.from({ length: 15 }, () => tracker.measure(H).value);
  assert.ok(Math.abs(seen[14] - 20) < 0.02, `after 15 steps ${seen[14]}`);
});

test("the products of one measurement are bounded, and a measurement that ran out says so", () => {
  const values = Array.from({ length: 400 }, (_, i) => 1 - (i / 400) ** 2 * 1e-3);
  const found = new SharpnessTracker(400, { budget: 12, tol: 1e-14 }).measure(operator(values));
  assert.ok(found.hvps <= 12 && !found.converged);
});

test("eigh: values, vectors and order", () => {
  const A = Float64Array.of(2, -1, 0, -1, 2, -1, 0, -1, 2), { values, vectors } = eigh(A.slice(), 3);
  [2 + Math.SQRT2, 2, 2 - Math.SQRT2].forEach((want, k) => {
    assert.ok(Math.abs(values[k] - want) < 1e-14);
    for (let i = 0; i < 3; i++) {
      const Av = [0, 1, 2].reduce((sum, j) => sum + A[i * 3 + j] * vectors[j * 3 + k], 0);
      assert.ok(Math.abs(Av - values[k] * vectors[i * 3 + k]) < 1e-14);
    }
  });
});

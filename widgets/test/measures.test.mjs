// @ts-check
// The measures on cases with known answers, the columns of a run, and the data sets that no library makes.
import assert from "node:assert/strict";
import test from "node:test";
import { Batches, gather } from "../src/batches.mjs";
import { points, whitened } from "../src/data.mjs";
import { Descent } from "../src/descent.mjs";
import { startEngine } from "../src/engine.mjs";
import { accuracy, batchSharpness, Oscillation } from "../src/measures.mjs";
import { DEFAULTS } from "../src/settings.mjs";
import { eigh } from "../src/symmetric.mjs";
import { denseHessian, relative } from "./helpers.mjs";

const SMALL = { ...DEFAULTS, task: "chebyshev-3", hidden: [8, 6], seed: 0 };

test("accuracy counts rows whose largest output is at the largest target", () => {
  assert.equal(accuracy(Float64Array.of(3, 1, 0, 2, 5, 4), Float64Array.of(1, 0, 1, 0, 0, 1), 3), 1 / 3);
  assert.ok(Number.isNaN(accuracy(Float64Array.of(1, 2), Float64Array.of(1, 2), 2)));
});

test("the oscillation alternates with period two, whatever sign the eigenvector comes with", () => {
  const oscillation = new Oscillation(2), seen = [];
  for (let t = 0; t < 6; t++) seen.push(oscillation.measure(Float64Array.of(7, t % 2 ? 1 : -1), Float64Array.of(0, t % 3 ? 1 : -1)));
  assert.ok(Number.isNaN(seen[0]));
  for (let t = 2; t < 6; t++) assert.equal(seen[t], -seen[t - 1]);
  assert.equal(Math.abs(seen[1]), 1);
});

test("batch sharpness: with one batch it is g^T H g / g^T g of the full loss; with more, the mean over the epoch", () => {
  const run = new Descent(SMALL), { w, data } = run, g = new Float64Array(w.length), Hg = new Float64Array(w.length);
  const quotient = (/** @type {import("../src/network.mjs").Objective} */ o) => {
    o.evaluate(w, g);
    o.hvp(g, Hg);
    return g.reduce((s, x, i) => s + x * Hg[i], 0) / g.reduce((s, x) => s + x * x, 0);
  };
  assert.ok(relative(batchSharpness(run.objectiveFor(20), data, new Batches(20, 20, 0), w), quotient(run.objectiveFor(20))) < 1e-10);
  const objective = run.objectiveFor(4), batches = new Batches(20, 4, 9);
  let want = 0;
  for (let k = 0; k < 5; k++) { gather(data, batches.take(), objective.x, objective.y); want += quotient(objective) / 5; }
  assert.ok(relative(batchSharpness(run.objectiveFor(4), data, new Batches(20, 4, 9), w), want) < 1e-12);
});

test("three eigenvalues at every one of 300 steps at the edge: none off by more than 1 % of the largest", () => {
  const run = new Descent({ ...SMALL, measures: ["eigenvalues"] });
  let late = 0;
  for (let t = 0; t < 500; t++) {
    const row = run.advance();
    if (t < 200) continue;
    const { values } = eigh(denseHessian(run.objective), run.objective.size);
    assert.ok(relative(row.sharpness, values[0]) < 1e-3, `step ${t}`);
    [row.sharpness2, row.sharpness3].forEach((value, k) => assert.ok(Math.abs(value - values[k + 1]) < 1e-2 * values[0], `step ${t}, eigenvalue ${k + 2}: ${value}, ${values[k + 1]}`));
    late += row.sharpness / row.threshold / 300;
  }
  assert.ok(late > 0.95 && late < 1.1, `mean sharpness ${late} thresholds`);
});

test("a run records the columns asked for, and the engine posts them", () => {
  const measures = ["eigenvalues", "raw", "accuracy", "oscillation", "batchSharpness", "gradientFlow", "centralFlow"];
  /** @type {import("../src/engine.mjs").Batch[]} */
  const batches = [], handle = startEngine((batch) => batches.push(batch));
  handle({ kind: "reset", run: 1, problem: { ...SMALL, optimizer: "rmsprop", lr: 0.001, measures }, maxSteps: 5 });
  handle({ kind: "step" });
  const { columns } = batches[1];
  assert.equal(columns.time[0], 0.001);
  for (const name of ["sharpness2", "sharpness3", "rawSharpness", "oscillation", "batchSharpness", "flowLoss", "flowSharpness", "flowDistance", "centralLoss", "centralSharpness", "centralDistance"]) {
    assert.ok(Number.isFinite(columns[name][0]), name);
  }
  assert.ok(columns.rawSharpness[0] < batches[1].sharpness[0], "P is small, so the preconditioned sharpness is the larger");
  assert.ok(Number.isNaN(columns.accuracy[0]));
  handle({ kind: "hyper", values: { momentum: 0.5 } });
  assert.throws(() => handle({ kind: "reset", run: 2, problem: { ...SMALL, measures: ["mood"] }, maxSteps: 5 }), /no measure “mood”/);
});

test("heavy ball at the edge: the sharpness stays near (2 + 2 beta) / lr", () => {
  const run = new Descent({ ...SMALL, optimizer: "polyak", momentum: 0.5, lr: 0.5 }), rows = Array.from({ length: 1200 }, () => run.advance());
  const late = rows.slice(-300).reduce((sum, row) => sum + row.sharpness / row.threshold / 300, 0);
  assert.equal(rows[0].threshold, 6);
  assert.ok(late > 0.9 && late < 1.1, `mean sharpness ${late} thresholds`);
});

test("drawn points are taken as they are, or refused with a sentence", () => {
  const run = new Descent({ ...SMALL, task: "points", points: { x: [0, 1, 2], y: [1, -1, 1] } });
  assert.equal(run.objective.n, 3);
  assert.ok(Number.isFinite(run.advance().sharpness));
  assert.throws(() => points([1, 2], [1]), /2 values of x and 1 of y/);
  assert.throws(() => points([NaN], [1]), /cannot be at NaN/);
  assert.throws(() => new Descent({ ...SMALL, task: "points" }), /no data set/);
});

test("whitened data: X^T X = d I, Y linear in X; on it a deep linear network reaches the edge", () => {
  const d = 6, { x, y } = whitened(d, 4);
  for (let j = 0; j < d; j++) for (let k = 0; k < d; k++) {
    let sum = 0;
    for (let i = 0; i < d; i++) sum += x[i * d + j] * x[i * d + k];
    assert.ok(Math.abs(sum - (j === k ? d : 0)) < 1e-12);
  }
  assert.ok(y.some((v) => Math.abs(v) > 1));
  const run = new Descent({ task: "linear-6", loss: "mse", activation: "linear", bias: false, hidden: [6, 6, 6], seed: 0, lr: 0.054 });
  assert.equal(run.w.length, 4 * 36);
  const rows = Array.from({ length: 1500 }, () => run.advance()), late = rows.slice(-300).reduce((sum, row) => sum + row.sharpness / row.threshold / 300, 0);
  assert.ok(rows[0].sharpness < 0.5 * rows[0].threshold);
  assert.ok(late > 0.9 && late < 1.1, `mean sharpness ${late} thresholds`);
});

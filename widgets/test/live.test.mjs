// @ts-check
// The rows that a kernel tells: in order, once each, and anew after a reset; what is announced about them.
import assert from "node:assert/strict";
import test from "node:test";
import { announce, Rows } from "../src/live/rows.mjs";

/** Rows first … last of a run whose sharpness is its step, with η = 0.1. @param {number} first @param {number} last @param {object} [more]  @returns {any} */
const message = (first, last, more = {}) => {
  const step = Array.from({ length: last - first + 1 }, (_, i) => first + i);
  return { round: 0, first, stopped: "", step, loss: step.map((t) => 1 / (1 + t)), lr: step.map(() => 0.1), threshold: step.map(() => 20), eigenvalues: step.map((t) => [t, -t]), ...more };
};

test("rows come in order and once each; a gap is noticed", () => {
  const rows = new Rows();
  assert.equal(rows.take(message(0, 3)), true);
  assert.equal(rows.take(message(2, 5)), true);                    // two of them again
  assert.equal(rows.take(message(9, 9)), false);
  assert.equal(rows.take(message(6, 25)), true);
  const { run } = rows;
  assert.deepEqual([...run.step], Array.from({ length: 26 }, (_, i) => i));
  assert.deepEqual([run.points, run.crossing, run.word, run.eigenvalues.length, run.eigenvalues[1][7], run.loss[1]], [26, 21, "2/η", 2, -7, 0.5]);
});

test("a new round begins anew, and what is late of the old one is left out", () => {
  const rows = new Rows();
  rows.take(message(0, 30));
  rows.take(message(0, -1, { round: 1 }));
  assert.equal(rows.run.points, 0);
  assert.equal(rows.take(message(31, 33)), true);
  assert.equal(rows.run.points, 0);
  rows.take(message(0, 1, { round: 1 }));
  assert.deepEqual([rows.run.points, rows.run.crossing], [2, -1]);
});

test("what was not measured is nan, and infinities are words", () => {
  const rows = new Rows();
  rows.take(message(0, 2, { eigenvalues: [[null, null], [3, 1], [null, null]], loss: [1, "inf", null], threshold: [20, "inf", 20] }));
  assert.deepEqual([[...rows.run.loss], rows.run.seen, rows.run.thresholds[1]], [[1, Infinity, NaN], [1], Infinity]);
});

test("the sentence says where the sharpness is, and why a run ended", () => {
  const say = (/** @type {number[]} */ sharpness, more = {}, playing = true) => {
    const rows = new Rows(), n = sharpness.length;
    if (n) rows.take(message(0, n - 1, { eigenvalues: sharpness.map((s) => [s]), ...more }));
    return announce(rows.run, playing);
  };
  assert.match(say([], {}, false), /^Press Run/);
  assert.match(say([]), /^The first step is being measured/);
  assert.equal(say([5, 6, 7]), "The sharpness is below 2/η: the steps are stable.");
  assert.equal(say([19, 21, 20, 20.5]), "The sharpness is at 2/η: the edge of stability.");
  assert.equal(say([40, 41]), "The sharpness is above 2/η: the steps overshoot.");
  assert.equal(say([5, 6], { threshold: [38, 38] }), "The sharpness is below the threshold: the steps are stable.");
  assert.equal(say([NaN, NaN], { eigenvalues: [[null], [null]] }), "The sharpness is not measured.");
  assert.equal(say([9], { stopped: "diverged: the loss is inf at step 0" }), "The run has ended: diverged: the loss is inf at step 0.");
});

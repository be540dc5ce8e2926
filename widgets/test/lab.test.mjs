// @ts-check
// The phenomenon, and the parts of the widget that need no page: settings, links, history, messages, picture.
import assert from "node:assert/strict";
import test from "node:test";
import { Descent } from "../src/descent.mjs";
import { startEngine } from "../src/engine.mjs";
import { History, LATE } from "../src/history.mjs";
import { lrAt, notchOf } from "../src/notches.mjs";
import { drawPicture, geometry } from "../src/picture.mjs";
import { decades, exponents, niceAbove, sharpnessTop, ticks } from "../src/scales.mjs";
import { ACTIVATIONS } from "../src/constants.mjs";
import { checks, conflict, DEFAULTS, LIMITS } from "../src/settings.mjs";
import { readFragment, writeFragment } from "../src/state.mjs";
import { number } from "../src/numbers.mjs";
import { trace } from "../src/trace.mjs";
import { lateText } from "../src/words.mjs";

/** Runs until the end or `steps` rows more; the sharpness of each. @param {Descent} descent @param {number} steps */
const sharpnesses = (descent, steps) => Array.from({ length: steps }, () => descent.advance().sharpness);
/** @param {number[]} values */
const lateMean = (values) => values.slice(-LATE).reduce((sum, v) => sum + v, 0) / LATE;

test("the default run sharpens, then stays at 2/η, and follows when η is halved", () => {
  const descent = new Descent(DEFAULTS), first = sharpnesses(descent, 1500), threshold = 2 / DEFAULTS.lr;
  assert.ok(first[0] < 0.8 * threshold);
  const crossing = first.findIndex((s) => s >= threshold);
  assert.ok(crossing > 100 && crossing < 800, `first crossing at ${crossing}`);
  assert.ok(Math.abs(lateMean(first) / threshold - 1) <= 0.05, `late mean ${lateMean(first)}`);
  descent.lr = DEFAULTS.lr / 2;
  const second = sharpnesses(descent, 2000);
  assert.ok(Math.abs(lateMean(second) / (2 * threshold) - 1) <= 0.05, `late mean at half the step size ${lateMean(second)}`);
});

test("the same setting makes the same run to the last bit", () => {
  assert.deepEqual(sharpnesses(new Descent(DEFAULTS), 50), sharpnesses(new Descent(DEFAULTS), 50));
});

test("loss and sharpness belong to the same w: a run of one step shows w_0", () => {
  const descent = new Descent(DEFAULTS), w0 = descent.w.slice(), row = descent.advance();
  assert.equal(row.step, 0);
  assert.equal(row.loss, descent.objective.evaluate(w0, new Float64Array(w0.length)));
  assert.equal(row.threshold, 2 / DEFAULTS.lr);
});

test("a step size far too large is called divergent, and the run stops there", () => {
  const descent = new Descent({ ...DEFAULTS, lr: 5 });
  let rows = 0;
  while (!descent.diverged && rows++ < 500) descent.advance();
  assert.ok(descent.diverged);
  const { step } = descent;
  descent.advance();
  assert.equal(descent.step, step);
});

/** @type {[import("../src/settings.mjs").Settings extends infer S ? keyof S : never, unknown][]} */
const BAD = [
  ["lr", 0], ["lr", -1], ["lr", NaN], ["lr", Infinity], ["lr", "abc"], ["lr", ""], ["lr", "0.1x"], ["lr", null], ["task", "chebyshev-99"], ["task", "mnist"],
  ["activation", "sine"], ["activation", "constructor"], ["loss", "hinge"], ["hidden", [0]], ["hidden", [30, 0]], ["hidden", []], ["hidden", "30-"], ["hidden", [2.5]],
  ["hidden", [LIMITS.width + 1]], ["hidden", [9, 9, 9, 9, 9, 9]], ["seed", -1], ["seed", 1.5], ["seed", "x"], ["seed", 2 ** 32], ["lr_range", [1, 0.1]], ["lr_range", [0, 1]],
  ["lr_range", "wide"], ["max_steps", 0], ["max_steps", 1e9], ["id", "two words"],
];
for (const [key, value] of BAD) {
  test(`${key} = ${JSON.stringify(value) ?? value} is refused with a sentence that names it and says what to do`, () => {
    assert.throws(() => checks[key](value), (/** @type {Error} */ error) => {
      const shown = Array.isArray(value) ? value.join(", ") : String(value);
      return error instanceof RangeError && error.message.includes(shown) && /Use |Give /.test(error.message);
    });
  });
}

test("good settings pass, from text or from numbers", () => {
  assert.equal(checks.lr(" 0.25 "), 0.25);
  assert.deepEqual(checks.hidden("30-20"), [30, 20]);
  assert.deepEqual(checks.hidden([5]), [5]);
  assert.equal(checks.task("chebyshev-06"), "chebyshev-6");
  assert.equal(checks.seed("7"), 7);
  for (const name of ACTIVATIONS) assert.equal(checks.activation(name), name);
  for (const key of /** @type {(keyof typeof DEFAULTS)[]} */ (Object.keys(DEFAULTS))) assert.deepEqual(checks[key](DEFAULTS[key]), DEFAULTS[key]);
});

test("settings that do not go together are named", () => {
  assert.equal(conflict(DEFAULTS), "");
  assert.match(conflict({ ...DEFAULTS, loss: "cross-entropy" }), /Cross-entropy .*digits/);
  assert.match(conflict({ ...DEFAULTS, hidden: [256, 256] }), /66,561 parameters.*narrower/);
});

test("the fragment holds several widgets, and each touches only its own part", () => {
  const one = writeFragment("", "lab", { ...DEFAULTS, lr: 0.25 });
  assert.equal(one, "#lab:lr=0.25&task=chebyshev-6&hidden=30-20&act=tanh&loss=mse&seed=2");
  const two = writeFragment(one, "other", { ...DEFAULTS, task: "digits" });
  assert.equal(readFragment(two, "lab").lr, "0.25");
  assert.equal(readFragment(two, "other").task, "digits");
  const again = writeFragment(two, "lab", { ...DEFAULTS, lr: 0.5 });
  assert.equal(readFragment(again, "lab").lr, "0.5");
  assert.deepEqual(readFragment(again, "other"), readFragment(two, "other"));
  assert.deepEqual(readFragment("#the-edge-of-stability", "lab"), {});
  assert.deepEqual(readFragment("#lab:nonsense&lr=abc", "lab"), { lr: "abc" });
});

test("the slider's notches and η: logarithmic, ends exact, there and back", () => {
  assert.equal(lrAt([0.05, 1], 0), 0.05);
  assert.equal(lrAt([0.05, 1], 200), 1);
  for (let notch = 0; notch <= 200; notch++) assert.equal(notchOf([0.05, 1], lrAt([0.05, 1], notch)), notch);
});

/** @param {number} length @param {(i: number) => number} sharpness @param {(i: number) => number} [threshold] */
function historyOf(length, sharpness, threshold = () => 5) {
  const h = new History(length), column = (/** @type {(i: number) => number} */ f) => Float64Array.from({ length }, (_, i) => f(i));
  h.append({ step: column((i) => i), loss: column((i) => 1 / (i + 1)), sharpness: column(sharpness), threshold: column(threshold) });
  return h;
}

test("the late mean is over the last 500 steps", () => {
  assert.ok(Number.isNaN(historyOf(499, () => 5).lateMean()));
  assert.equal(historyOf(900, (i) => (i < 400 ? 100 : i % 2 ? 4 : 6)).lateMean(), 5);
  assert.equal(lateText(historyOf(900, () => 5.05), DEFAULTS), "mean of last 500 steps: S = 5.05 (1.01 × 2/η)");
});

test("the data table has at most 50 rows, first and last among them", () => {
  const rows = historyOf(12345, () => 5).sample(50);
  assert.deepEqual([rows.length, rows[0].step, rows[49].step], [50, 0, 12344]);
  assert.equal(historyOf(7, () => 5).sample(50).length, 7);
});

test("axis ranges", () => {
  assert.deepEqual([niceAbove(5), niceAbove(5.1), niceAbove(0.11)], [5, 6, 0.12]);
  const [low, high] = decades(historyOf(900, () => 5));                            // the loss runs from 1/900 to 1
  assert.ok(Math.abs(low - Math.log10(1e-3)) < 1e-9 && high === 0);
  assert.deepEqual(exponents(low, high, 4), [-3, -2, -1, 0]);
  assert.deepEqual(exponents(-2.699, 0.301, 4), [-2, -1, 0]);
  assert.deepEqual(ticks(10, 4), [0, 5, 10]);
  assert.equal(sharpnessTop(historyOf(10, (i) => (i === 9 ? 1e9 : 4))), 20);      // a spike does not flatten the rest
  assert.ok(sharpnessTop(historyOf(10, () => 4, () => 40)) >= 40);                // the threshold stays in sight
});

test("thinning keeps every extreme and breaks at what is not a number", () => {
  const h = historyOf(2000, (i) => (i === 1001 ? 9 : i % 2 ? 4 : 6)), [part] = trace(h, h.sharpness, (s) => s / 20, (v) => v);
  assert.ok(!part.area && part.points.length / 2 <= 400 && part.points.includes(9) && part.points.includes(4));
  h.sharpness[500] = NaN;
  assert.equal(trace(h, h.sharpness, (s) => s / 20, (v) => v).length, 2);
});

test("what lies within a pixel is one point, from the first step to the last", () => {
  const h = historyOf(1001, (i) => i / 100), [{ points }] = trace(h, h.sharpness, (s) => s / 20, (v) => v);
  assert.ok(points.length / 2 <= 52);
  assert.deepEqual([points.slice(0, 2), points.slice(-2)], [[0, 0], [50, 10]]);
  for (let i = 0; i < points.length; i += 2) assert.ok(Math.abs(points[i + 1] - points[i] / 5) < 1e-9);
});

test("a swing faster than the pixels is the area that its line would fill, and joins the lines beside it", () => {
  const swing = (/** @type {number} */ i) => (i >= 400 && i < 800 ? (i % 2 ? 60 : 20) : 40), h = historyOf(1201, swing);
  const parts = trace(h, h.sharpness, (s) => s / 10, (v) => 100 - v, h.step, 2);
  assert.deepEqual(parts.map(({ area }) => area), [false, true, false]);
  const [before, { points }, after] = parts, xs = points.filter((_, i) => i % 2 === 0), ys = points.filter((_, i) => i % 2 === 1);
  assert.deepEqual([Math.min(...xs), Math.max(...xs)], [40, 80]);
  assert.deepEqual([Math.min(...ys), Math.max(...ys)], [39, 81]);          // 40 to 80, and half the line's width beyond
  assert.deepEqual(xs, [...xs.slice(0, xs.length / 2), ...xs.slice(0, xs.length / 2).reverse()]);   // an outline: there along the top, back below
  assert.ok(ys.slice(0, ys.length / 2).every((y) => y === 39) && ys.slice(ys.length / 2).every((y) => y === 81));
  assert.deepEqual([before.points.slice(-2), after.points.slice(0, 2)], [[40, 80], [79.9, 40]]);
  h.sharpness[600] = NaN;
  assert.deepEqual(trace(h, h.sharpness, (s) => s / 10, (v) => 100 - v, h.step, 2).map(({ area }) => area), [false, true, true, false]);
  assert.ok(trace(h, h.sharpness, (s) => s / 10, (v) => 100 - v).every(({ area }) => !area));
});

test("a change of η moves the end of the dashed line before the next step is there", () => {
  const h = historyOf(300, () => 5, () => 5), /** @type {any[]} */ lines = [], /** @type {any[]} */ texts = [];
  const draw = () => { lines.length = texts.length = 0; drawPicture({ line: (...a) => lines.push(a), area() {}, text: (...a) => texts.push(a) }, h, 700, 330); return lines.find((l) => l[1] === "threshold")[0]; };
  assert.equal(draw().length, 4);
  h.ahead = 12;
  const stairs = draw(), g = geometry(h, 700, 330);
  assert.deepEqual(stairs, [g.x(0), g.sharpness(5), g.x(299), g.sharpness(5), g.x(299), g.sharpness(12), g.right, g.sharpness(12)]);
  assert.ok(g.sharpness(12) > g.panels[1][0]);                                   // the axis makes room for it
  assert.equal(texts.find((t) => t[2] === "2/η")[1], g.sharpness(12));
});

test("the picture: three lines, each named, all inside, the old threshold kept as a step", () => {
  const h = historyOf(300, (i) => 3 + i / 100, (i) => (i < 150 ? 5 : 10)), /** @type {any[]} */ lines = [], /** @type {any[]} */ texts = [];
  drawPicture({ line: (...a) => lines.push(a), area: (outline, ink) => lines.push([outline, ink]), text: (...a) => texts.push(a) }, h, 700, 330);
  for (const ink of ["loss", "sharpness", "threshold"]) assert.ok(lines.some((l) => l[1] === ink), ink);
  for (const name of ["loss", "sharpness", "2/η", "step"]) assert.ok(texts.some((t) => t[2] === name), name);
  for (const [points] of lines) for (let i = 0; i < points.length; i += 2) assert.ok(points[i] >= 0 && points[i] <= 700 && points[i + 1] >= 0 && points[i + 1] <= 330);
  const stairs = lines.find((l) => l[1] === "threshold");
  assert.equal(stairs[0].length, 8);
  assert.deepEqual(stairs[3], [6, 4]);
  const g = geometry(h, 700, 330);
  assert.equal(Math.round(g.step(g.x(123))), 123);
});

test("numbers as the reader meets them", () => {
  assert.deepEqual([0, 5.034, 0.01234, 12345, 1.2e-5, 3e7, NaN].map(number), ["0", "5.03", "0.0123", "12,345", "1.2e−5", "3.0e7", "–"]);
});

/** A started engine and what it posts. */
function engine() {
  /** @type {import("../src/engine.mjs").Batch[]} */
  const batches = [], handle = startEngine((batch) => batches.push(batch));
  return { batches, handle, steps: () => batches.flatMap((b) => Array.from(b.step)) };
}
const sleep = (/** @type {number} */ ms) => new Promise((resolve) => setTimeout(resolve, ms));

test("engine messages: reset measures w_0, step takes one, run goes to the end, each step once and in order", async () => {
  const { batches, handle, steps } = engine();
  handle({ kind: "reset", run: 3, problem: DEFAULTS, maxSteps: 40 });
  assert.deepEqual(steps(), [0]);
  handle({ kind: "step" });
  assert.deepEqual(steps(), [0, 1]);
  handle({ kind: "run", rate: 1e6 });
  for (let i = 0; i < 200 && !batches[batches.length - 1].end; i++) await sleep(10);
  assert.deepEqual(steps(), Array.from({ length: 41 }, (_, i) => i));
  assert.equal(batches[batches.length - 1].end, "complete");
  assert.ok(batches.every((b) => b.run === 3));
});

test("engine messages: η changes between two steps, pause holds, the rate is kept", async () => {
  const { batches, handle, steps } = engine();
  handle({ kind: "reset", run: 1, problem: DEFAULTS, maxSteps: 10000 });
  handle({ kind: "lr", lr: 0.1 });
  handle({ kind: "step" });
  assert.equal(batches[1].threshold[0], 20);
  handle({ kind: "run", rate: 100 });
  await sleep(400);
  handle({ kind: "pause" });
  const count = steps().length;
  assert.ok(count > 5 && count < 80, `${count} steps in 0.4 s at 100 a second`);
  await sleep(60);
  assert.equal(steps().length, count);
});

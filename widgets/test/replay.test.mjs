// @ts-check
// A record as Python writes it, read back; the moment in words; the pictures at extremes, with a pen that accepts only finite numbers.
import assert from "node:assert/strict";
import test from "node:test";
import { curvatures, drawDensity, drawMeasure, drawSeries, spans } from "../src/replay/picture.mjs";
import { densityAt, FORMAT, measuredUpTo, namesOf, pointAt, read } from "../src/replay/record.mjs";
import { runsOf, SCHEMA } from "../src/replay/settings.mjs";
import { describeDensity, describeMeasure, describeSeries, event, readout } from "../src/replay/words.mjs";

/** Five points, the sharpness measured at every second; it crosses 2/η = 20 at step 20. */
const RECORD = {
  format: FORMAT, title: "a run", experiment: "", thinned: "", stopped: "", provenance: {}, late: 1,
  step: [0, 10, 20, 30, 1000], time: [0, 1, 2, 3, 100], hvps: 2, lrs: 0.1, thresholds: 20,
  loss: [1, 0.5, 0.25, 0.4, 0.125], eigenvalues: [[10, 1], [null, null], [21, 2], [null, null], [19, -3]],
  measures: { accuracy: [0.1, 0.2, 0.3, null, 1], along: [[0, 1], [1, 0], [null, null], [2, 2], [3, 1]] },
  densities: [{ step: 30, grid: [-1, 0, 25], density: [0, 2, 0.001], standard_error: [0, 0, 0], width: 1, hvps: 9 }, { step: 0, grid: [-2, 12], density: [0.5, 0], standard_error: [0, 0], width: 1, hvps: 9 }],
};
/** @param {Record<string, unknown>} [change] */
const run = (change = {}) => read({ ...RECORD, ...change });

/** Gradient flow: the solver chose its steps, so its points are told apart by the time. */
const FLOW = run({ thresholds: "inf", lrs: 0, time: [0, 0.5, 1.25, 3, 100] });

test("a record is read as it was written: null is nan, infinities are words, one number stands for a column", () => {
  const { step, loss, thresholds, eigenvalues, seen, crossing, word, measures, densities } = run({ loss: [1, null, "inf", "-inf", 0.5] });
  assert.deepEqual([...step], RECORD.step);
  assert.deepEqual([...loss], [1, NaN, Infinity, -Infinity, 0.5]);
  assert.deepEqual([...thresholds], [20, 20, 20, 20, 20]);
  assert.deepEqual(eigenvalues.map((column) => [...column]), [[10, NaN, 21, NaN, 19], [1, NaN, 2, NaN, -3]]);
  assert.deepEqual([seen, crossing, word], [[0, 2, 4], 2, "2/η"]);
  assert.deepEqual(measures.map(({ name, columns }) => [name, columns.map((column) => [...column])]), [["accuracy", [[0.1, 0.2, 0.3, NaN, 1]]], ["along", [[0, 1, NaN, 2, 3], [1, 0, NaN, 2, 1]]]]);
  assert.deepEqual(densities.map((d) => d.step), [0, 30]);
  assert.deepEqual([run({ thresholds: 38 }).word, run({ thresholds: "inf", lrs: 0 }).crossing], ["the threshold", -1]);
});

/** @type {[string, unknown, RegExp][]} */
const BAD = [
  ["format", "eoslib-record-9", /its format is “eoslib-record-9”/], ["step", [0, 10, 10, 30, 40], /steps do not rise/], ["step", [], /steps do not rise/], ["loss", [1, 2], /loss has 2 entries for 5 points/],
  ["loss", ["much", 1, 1, 1, 1], /loss holds something that is no number/], ["thresholds", undefined, /thresholds holds something/], ["eigenvalues", [[1], [1, 2], [1], [1], [1]], /eigenvalues is not a table/],
  ["measures", { a: [1] }, /a has 1 entries/], ["measures", null, /damaged/], ["densities", [{ step: 0 }], /has no grid/], ["densities", [{ step: 0, grid: [0, 1], density: [1] }], /A density has 1 entries/],
];
for (const [key, value, sentence] of BAD) {
  test(`a record whose ${key} is ${JSON.stringify(value)} is one sentence`, () => {
    assert.throws(() => run({ [key]: value }), (/** @type {Error} */ error) => error instanceof RangeError && sentence.test(error.message) && /[Mm]ake it (again )?with eos\.save_record\.$/.test(error.message));
  });
}

test("without a record there is a sentence, too, and with too many", () => {
  for (const nothing of [[], undefined, "a.json"]) assert.throws(() => runsOf(nothing), /no record to replay\. Give at least one/);
  assert.throws(() => runsOf(new Array(13).fill(RECORD)), /13 records\. Give at most 12/);
  assert.throws(() => runsOf([RECORD, 3]), /no recorded run/);
  assert.throws(() => SCHEMA.checks.step(1.5), /Use a whole number/);
  assert.deepEqual([SCHEMA.checks.step("20"), SCHEMA.checks.step(null), SCHEMA.checks.step("")], [20, null, null]);
});

test("the nearest point, the last measured one, the last density", () => {
  const r = run();
  assert.deepEqual([-5, 0, 4, 5, 6, 14.9, 500, 516, 1e9].map((t) => pointAt(r, t)), [0, 0, 0, 0, 1, 1, 3, 4, 4]);
  assert.deepEqual([0, 1, 2, 3, 4].map((i) => measuredUpTo(r, i)), [0, 0, 1, 1, 2]);
  assert.equal(measuredUpTo(run({ eigenvalues: [[null], [null], [1], [1], [1]] }), 1), -1);
  assert.deepEqual([0, 29, 30, 2000].map((t) => densityAt(r, t)?.step), [0, 0, 30, 30]);
  assert.equal(densityAt(run({ densities: [RECORD.densities[0]] }), 29), null);
});

test("runs are called by their step sizes, or else by their titles", () => {
  const slow = run(), fast = run({ lrs: 0.2 }), dropped = run({ lrs: [0.2, 0.2, 0.1, 0.1, 0.1] }), flow = run({ lrs: 0, thresholds: "inf" });
  assert.deepEqual(namesOf([slow, fast, dropped, flow]), ["η = 0.1", "η = 0.2", "η = 0.2 → 0.1", "gradient flow"]);
  assert.deepEqual(namesOf([slow, run({ title: "Adam" })]), ["a run", "Adam"]);
  assert.deepEqual(namesOf([slow, slow]), ["run 1", "run 2"]);
});

test("the moment in a sentence, with the step at which the sharpness was measured", () => {
  assert.equal(readout(run(), 2), "Step 20: the loss is 0.250, the sharpness 21.0, which is 1.05 times 2/η = 20.0.");
  assert.equal(readout(run(), 3), "Step 30: the loss is 0.400, the sharpness 21.0 (measured at step 20), which is 1.05 times 2/η = 20.0.");
  assert.equal(readout(FLOW, 4), "Time 100: the loss is 0.125, the sharpness 19.0.");
  assert.match(readout(run({ eigenvalues: [[null], [null], [null], [null], [null]] }), 0), /the sharpness was not measured\.$/);
});

test("what is announced changes only at the crossing and at the end", () => {
  const said = [0, 1, 2, 3, 4].map((i) => event(run(), i));
  assert.deepEqual(said, ["The sharpness has not been above 2/η yet.", said[0], "The sharpness first rose above 2/η at step 20.", said[2], "The run ends at step 1,000. The sharpness first rose above 2/η at step 20."]);
  assert.equal(event(run({ thresholds: 5, lrs: 0.4 }), 0), "The sharpness is above 2/η from the start.");
  assert.equal(event(run({ thresholds: 50 }), 4), "The run ends at step 1,000. The sharpness never was above the threshold.");
  assert.equal(event(run({ thresholds: "inf", lrs: 0 }), 0), "");
  assert.match(event(run({ stopped: "diverged: the loss is 1e9 at step 1000" }), 4), /^The run stopped early: diverged: .* at step 1000\. The sharpness/);
});

test("the pictures are described", () => {
  assert.match(describeSeries(run(), 2), /^Loss, logarithmic, and the largest 2 eigenvalues of the Hessian over the steps 0 to 1,000; dashed, 2\/η\. Step 20: /);
  assert.equal(describeDensity(run(), 3), "The spectral density of the Hessian at step 30: the share of eigenvalues, logarithmic, from −1.00 to 25.0; dashed, 2/η.");
  assert.match(describeDensity(run({ densities: [RECORD.densities[0]] }), 0), /not yet taken/);
  assert.match(describeMeasure(run().measures[0], run(), 1), /^“accuracy” over the steps; at step 10 it is 0\.200\.$/);
  assert.match(describeMeasure(run().measures[1], run(), 4), /in the plane .* step 1,000, where they are 3\.00 and 1\.00\.$/);
});

test("the axes hold the threshold and what was measured, and cut off a spike", () => {
  assert.deepEqual(curvatures(run()), [-3, 25]);
  const [low, high] = curvatures(run({ eigenvalues: [[10], [5000], [21], [20], [19]] }));
  assert.deepEqual([low, high], [0, 80]);
  assert.equal(curvatures(run({ thresholds: "inf", lrs: 0 }))[1], 25);
  assert.deepEqual(spans(run()), { x: [-2, 25], y: [-5, 1] });
});

/** What a pen was given; every number must be finite. @param {(pen: import("../src/toys/pen.mjs").Pen) => void} draw */
function drawn(draw) {
  /** @type {{ words: string[], lines: { ink: string, points: number[], dash: number[] }[], dots: number[][] }} */
  const all = { words: [], lines: [], dots: [] }, check = (/** @type {number[]} */ points) => points.forEach((v) => assert.ok(Number.isFinite(v), String(v)));
  draw({
    line(points, ink, width, dash = []) { check([...points, width]); all.lines.push({ ink, points, dash }); }, text(x, y, text) { check([x, y]); all.words.push(text); },
    dot(x, y, radius) { check([x, y, radius]); all.dots.push([x, y]); }, specks() {}, fill(polygons) { polygons.forEach(check); }, clip(_, inside) { inside(); },
  });
  return all;
}

test("the past is drawn in colour, up to the moment and not beyond; the threshold dashed, and all of it named", () => {
  const at = drawn((pen) => drawSeries(pen, { run: run(), at: 3 }, 700, 372)), left = 48, right = 700 - 54, now = left + 0.03 * (right - left);
  const reach = (/** @type {string} */ ink) => Math.max(...at.lines.filter((line) => line.ink === ink).flatMap(({ points }) => points.filter((_, i) => i % 2 === 0)));
  assert.ok(Math.abs(reach("loss") - now) < 1e-9 && Math.abs(reach("sharpness") - (left + 0.02 * (right - left))) < 1e-9 && reach("threshold") === right);
  assert.deepEqual(at.lines.filter(({ ink }) => ink === "threshold").map(({ dash }) => dash), [[7, 4]]);
  for (const word of ["loss", "λ₁", "λ₂", "2/η", "training loss", "sharpness", "step"]) assert.ok(at.words.includes(word), word);
});

test("a flow runs along its time, not along its solver's steps, and has no threshold", () => {
  assert.deepEqual([FLOW.clock, [...FLOW.x], run().clock, [...run().x]], ["time", [0, 0.5, 1.25, 3, 100], "step", RECORD.step]);
  assert.equal(run({ lrs: 0, time: 0 }).clock, "step");      // a time that does not rise tells nothing apart
  assert.deepEqual([0.2, 0.3, 2, 2.2].map((time) => pointAt(FLOW, time, FLOW.x)), [0, 1, 2, 3]);
  const at = drawn((pen) => drawSeries(pen, { run: FLOW, at: 3 }, 700, 372)), left = 48, right = 700 - 80, reach = Math.max(...at.lines.filter(({ ink }) => ink === "loss").flatMap(({ points }) => points.filter((_, i) => i % 2 === 0)));
  assert.ok(Math.abs(reach - (left + 0.03 * (right - left))) < 1e-9 && at.words.includes("time") && !at.words.includes("step"));
  assert.equal(at.lines.filter(({ ink }) => ink === "threshold").length, 0);
  assert.match(describeSeries(FLOW, 1), /^Loss, logarithmic, and the largest 2 eigenvalues of the Hessian over the time 0 to 100\. Time 0\.5: /);
  assert.match(describeDensity(FLOW, 3), /^The spectral density of the Hessian at time 3: .* 25\.0\.$/);
  assert.match(describeMeasure(FLOW.measures[0], FLOW, 1), /^“accuracy” over the time; at time 0\.5 it is 0\.200\.$/);
});

test("pictures of strange runs stay finite", () => {
  const nothing = { eigenvalues: new Array(5).fill([null]), loss: new Array(5).fill(null) };
  const strange = [run(), run({ thresholds: "inf", lrs: 0 }), run(nothing), run({ loss: [1, 1, "inf", 0, -3] }), run({ thresholds: [20, 40, 60, "inf", 1e30] }), read({ ...RECORD, step: [7], time: 0, loss: [1], eigenvalues: [[3]], measures: {}, densities: [] })];
  for (const r of strange) for (let at = 0; at < r.points; at++) for (const width of [260, 820]) {
    drawn((pen) => { drawSeries(pen, { run: r, at }, width, 320); });
    if (r.densities.length) drawn((pen) => { drawDensity(pen, { run: r, at }, width, 183); });
    for (const measure of r.measures) drawn((pen) => { drawMeasure(pen, { run: r, at, measure }, width, 183); });
  }
  const flat = run({ measures: { still: 4, none: new Array(5).fill(null) }, densities: [{ step: 0, grid: [0, 1], density: [0, 0] }] });
  for (const measure of flat.measures) drawn((pen) => { drawMeasure(pen, { run: flat, at: 2, measure }, 300, 183); });
  drawn((pen) => { drawDensity(pen, { run: flat, at: 2 }, 300, 183); });
});

test("the spectrum is the last one taken, the first dotted behind it, λ₁ on its axis", () => {
  const first = drawn((pen) => drawDensity(pen, { run: run(), at: 1 }, 400, 183)), later = drawn((pen) => drawDensity(pen, { run: run(), at: 3 }, 400, 183));
  assert.ok(first.words.includes("spectral density, step 0") && later.words.includes("spectral density, step 30 (dotted: 0)"));
  assert.deepEqual([first, later].map(({ lines }) => lines.filter(({ ink, dash }) => ink === "edge" && dash.length).length), [0, 1]);
  const left = 50, right = 400 - 18;
  assert.ok(Math.abs(later.dots[0][0] - (left + (23 / 27) * (right - left))) < 1e-9 && later.words.includes("λ₁") && later.words.includes("2/η"));
});

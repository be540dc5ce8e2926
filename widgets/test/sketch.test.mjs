// @ts-check
// The curve drawn by hand, its comparison with the run, the sentence, the settings, the picture.
import assert from "node:assert/strict";
import test from "node:test";
import { compare, sentenceOf, TOLERANCE } from "../src/sketch/compare.mjs";
import { blank, choices, COLUMNS, draw, heightAt, join, missing, shareOf, smooth, valueOf, whole } from "../src/sketch/hand.mjs";
import { drawSketch } from "../src/sketch/picture.mjs";
import { DEFAULTS, settingsFrom } from "../src/sketch/settings.mjs";

const X = { low: 0, high: 1000, log: false }, Y = { low: 0, high: 40, log: false };
/** @param {number} a @param {number} b @param {number} [tolerance] */
const near = (a, b, tolerance = 1e-9) => assert.ok(Math.abs(a - b) <= tolerance, `${a} is not ${b} ± ${tolerance}`);
/** @param {(share: number) => number} f */
const curveOf = (f) => Float64Array.from({ length: COLUMNS }, (_, c) => f(c / (COLUMNS - 1)));
const line = (/** @type {number} */ n, /** @type {(x: number) => number} */ f) => ({ x: Array.from({ length: n }, (_, i) => (1000 * i) / (n - 1)), y: Array.from({ length: n }, (_, i) => f((1000 * i) / (n - 1))) });

test("shares and values are inverse, linear and logarithmic", () => {
  for (const scale of [Y, { low: 1e-4, high: 10, log: true }]) for (const share of [0, 0.3, 1]) near(shareOf(scale, valueOf(scale, share)), share, 1e-12);
  near(valueOf({ low: 1e-4, high: 1, log: true }, 0.5), 1e-2, 1e-15);
});

test("a stroke fills one height for each column, in either direction, and draws over what was there", () => {
  for (const [from, to] of /** @type {[[number, number], [number, number]][]} */ ([[[0, 0], [1, 1]], [[1, 1], [0, 0]]])) {
    const heights = blank();
    assert.deepEqual(draw(heights, 0, from, to), [0, COLUMNS - 1]);
    heights.forEach((v, c) => near(v, c / (COLUMNS - 1)));
  }
  const heights = curveOf(() => 0.2);
  draw(heights, 0, [0.5, 0.9], [0.5, 0.9]);
  assert.deepEqual([...heights].filter((v) => v !== 0.2), [0.9]);
  draw(heights, 0, [-0.3, 2], [1.4, 2]);
  assert.ok(heights.every((v) => v === 1));
});

test("the given part cannot be drawn over", () => {
  const heights = blank();
  draw(heights, 40, [0, 0.5], [1, 0.5]);
  assert.ok(heights.subarray(0, 40).every(Number.isNaN) && heights.subarray(40).every((v) => v === 0.5));
});

test("smoothing keeps a straight line and the ends, and takes the tremor out", () => {
  const straight = curveOf((s) => s), shaky = curveOf((s) => s + 0.02 * (Math.round(s * 160) % 2));
  smooth(straight, 0, COLUMNS - 1);
  straight.forEach((v, c) => near(v, c / (COLUMNS - 1), 1e-12));
  smooth(shaky, 0, COLUMNS - 1);
  assert.equal(shaky[0], 0);
  for (let c = 10; c < COLUMNS - 10; c++) near(shaky[c], c / (COLUMNS - 1) + 0.01, 1e-3);
});

test("strokes are joined with straight pieces, to the given part and to an edge that is close", () => {
  const heights = blank();
  draw(heights, 20, [0.25, 0.4], [0.4, 0.4]);
  join(heights, 20, 0.2);
  near(heights[20], 0.2 + (0.4 - 0.2) / (40 - 19), 1e-12);
  assert.equal(missing(heights, 20), "right");
  draw(heights, 20, [0.8, 0.8], [0.975, 0.8]);
  join(heights, 20, 0.2);
  near(heights[96], 0.6, 1e-12);
  assert.deepEqual([missing(heights, 20), heights[COLUMNS - 1]], ["", 0.8]);
  assert.ok(heights.subarray(0, 20).every(Number.isNaN));
});

test("what is missing is named, and a stroke near the right edge goes on with its slope", () => {
  const heights = blank();
  assert.equal(missing(heights, 0), "all");
  draw(heights, 0, [0.5, 0.5], [0.97, 0.97]);
  join(heights, 0, NaN);
  assert.equal(missing(heights, 0), "left");
  near(heights[COLUMNS - 1], 1, 1e-9);
});

test("four curves are made that do what their names say", () => {
  const made = choices({ curves: {}, level_name: "2/η" }, Y, 17, 0.1, 0.5), [rises, levels, falls, swings] = made.map(([, heights]) => heights);
  assert.deepEqual(made.map(([name]) => name), ["rises on", "levels off at 2/η", "falls back", "oscillates around 2/η"]);
  for (const [, heights] of made) assert.ok(missing(heights, 17) === "" && heights.subarray(17).every((v) => v >= 0 && v <= 1) && Math.abs(heights[17] - 0.1) < 0.05);
  assert.ok(rises[COLUMNS - 1] > 0.9 && Math.abs(levels[COLUMNS - 1] - 0.5) < 0.01 && falls[COLUMNS - 1] < 0.1 && Math.max(...falls.subarray(17)) > 0.49);
  const late = [...swings.subarray(100)], crossings = late.filter((v, i) => i > 0 && (v - 0.5) * (late[i - 1] - 0.5) < 0).length;
  assert.ok(crossings >= 4);
  for (const start of [NaN, 0, 1]) for (const level of [NaN, 0, 1]) for (const [, heights] of choices({ curves: {}, level_name: "" }, Y, 0, start, level)) assert.equal(missing(heights, 0), "");
});

test("an author's curves are placed by their values", () => {
  const [[name, heights]] = choices({ curves: { "a straight fall": [40, 0] }, level_name: "" }, Y, 0, NaN, NaN);
  assert.equal(name, "a straight fall");
  for (const share of [0, 0.25, 1]) near(heightAt(heights, share), 1 - share, 1e-12);
  const [[, decay]] = choices({ curves: { "decay": [1, 0.01, 0] }, level_name: "" }, { low: 1e-4, high: 1, log: true }, 0, NaN, NaN);
  for (const share of [0, 0.25, 0.5, 1]) near(heightAt(decay, share), 1 - share, 1e-12);                 // straight on the logarithmic axis, 0 at its foot
});

test("where the curves part, and where they end", () => {
  const run = line(301, (x) => Math.min(x / 25, 20)), mine = curveOf((s) => s);          // 20 from step 500 on; drawn: straight on to 40
  const found = compare(X, Y, run, mine, 0);
  near(found.part ?? NaN, 500 + 1000 * TOLERANCE, 4);                                    // the gap is x/1000 − 0.5 of the axis
  assert.deepEqual([found.at, found.run, found.you, found.meet], [1000, 20, 40, false]);
  near(found.worst, 0.5, 1e-9);
});

test("swings around the drawn curve are no parting, and neither is one spike", () => {
  const mine = curveOf(() => 0.5), swings = line(401, (x) => 20 + 8 * Math.sin(x / 5)), spike = line(401, (x) => (x === 500 ? 39 : 20));
  for (const run of [swings, spike]) assert.equal(compare(X, Y, run, mine, 0).part, null);
  assert.ok(compare(X, Y, spike, mine, 0).worst > 0.4);
});

test("the given part does not count, nor what lies right of the axes", () => {
  const run = line(101, (x) => (x < 200 ? 39 : 20)), found = compare(X, Y, run, curveOf(() => 0.5), 200);
  assert.deepEqual([found.part, found.apart], [null, 0]);
  assert.equal(compare({ ...X, high: 500 }, Y, run, curveOf(() => 0.5), 200).at, 500);
});

test("the curve begins where the given part ends: every point of the run has its height", () => {
  const run = line(401, (x) => 10 + x / 100), heights = blank(), first = 25, start = (10 + 1.5) / 40;     // given up to 150, between two columns
  for (let c = first; c < COLUMNS; c++) heights[c] = (10 + (10 * c) / (COLUMNS - 1)) / 40;
  const found = compare(X, Y, run, whole(heights, first, start), 150);
  assert.ok(found.worst < 1e-3, String(found.worst));
  assert.match(sentenceOf(found, WORDS), /stay together all the way/);
});

const WORDS = { level: 20, level_name: "2/η", x_name: "step", y_log: false };
test("the sentence says it in numbers and in units of the level", () => {
  const c = { at: 1000, run: 20.12, you: 31.4, apart: 0.28, part: 640, worst: 0.3, meet: false };
  assert.equal(sentenceOf(c, WORDS), "You expected 31 at the end, 1.6 times 2/η; the run ends at 20.1, which is 2/η to within 1\u00a0%. You and the run part at step 640.");
  assert.equal(sentenceOf({ ...c, you: 21, apart: 0.02, part: null, worst: 0.05 }, WORDS), "You expected about 21 at the end, and the run ends at 20.1, which is 2/η to within 1\u00a0%. You and the run stay together all the way.");
  assert.match(sentenceOf({ ...c, part: 0.4 }, { ...WORDS, x_name: "step size η" }), /part at 0\.4 \(step size η\)\.$/);
  assert.match(sentenceOf({ ...c, you: -0.17, run: -0.174, apart: 0 }, { ...WORDS, level: 0 }), /about −0\.17 at the end, and the run ends at −0\.174\./);
  assert.match(sentenceOf({ ...c, apart: 0.01, meet: true }, WORDS), /part at step 640 and are together again at the end\.$/);
  assert.match(sentenceOf({ ...c, run: 27 }, WORDS), /ends at 27, 1\.35 times 2\/η\./);
  assert.equal(sentenceOf({ ...c, part: 1234, you: 0.01, run: 0.0001 }, { ...WORDS, level: null, y_log: true }), "You expected 0.01 at the end; the run ends at 1.0e−4, 100 times lower. You and the run part at step 1,230.");
});

const GOOD = { y: [1, 2, 3], x: [0, 1, 2], x_range: [0, 2], y_range: [0, 4] };
/** @type {[string, unknown, RegExp][]} */
const BAD = [
  ["y", [], /The run cannot be/], ["y", [1, NaN, 2], /finite/], ["y", "abc", /The run cannot be/], ["x", [0, 1], /2 values of x and 3 of y/], ["x", [0, 2, 1], /does not rise/], ["x_range", [2, 0], /smaller first/],
  ["y_range", [], /finite numbers/], ["y_log", true, /logarithmic/], ["level", "high", /The level cannot be/], ["curves", { one: [1] }, /The curve “one”/], ["curves", 3, /The curve “3”/], ["id", "two words", /The id cannot be/],
];
for (const [key, value, sentence] of BAD) {
  test(`sketch: ${key} = ${JSON.stringify(value)} is refused with a sentence`, () => {
    const state = /** @type {Record<string, unknown>} */ ({ ...GOOD, [key]: value });
    assert.throws(() => settingsFrom((name) => state[name]), (/** @type {Error} */ error) => error instanceof RangeError && sentence.test(error.message) && /(Use|Give) /.test(error.message));
  });
}

test("settings left out are the defaults", () => {
  const state = /** @type {Record<string, unknown>} */ (GOOD);
  assert.deepEqual(settingsFrom((name) => state[name]), { ...DEFAULTS, ...GOOD });
});

test("until the reader commits, no point of the run beyond the given part is drawn", () => {
  const run = line(101, (x) => 5 + x / 50), settings = settingsFrom((name) => /** @type {any} */ ({ ...run, x_range: [0, 1000], y_range: [0, 40], given: 200, level: 20 })[name]);
  const drawn = (/** @type {number} */ shown, /** @type {boolean} */ done) => {
    /** @type {number[]} */ const reach = [], /** @type {string[]} */ words = [];
    const finite = (/** @type {number[]} */ points) => points.forEach((v) => assert.ok(Number.isFinite(v), String(v)));
    drawSketch({
      line(points, ink) { finite(points); if (ink === "sharpness") reach.push(points[points.length - 2]); }, text(x, y, text) { finite([x, y]); words.push(text); }, dot() {}, specks() {},
      fill(polygons) { polygons.forEach(finite); }, clip(_, draw) { draw(); },
    }, { settings, heights: curveOf((s) => s), first: 33, shown, done, part: done ? 500 : null }, 700, 320);
    return { reach: Math.max(...reach), words };
  };
  const before = drawn(200, false), after = drawn(1000, true), left = 48, right = 700 - 84;
  near(before.reach, left + 0.2 * (right - left), 0.1);
  near(after.reach, right, 0.1);
  assert.deepEqual([before.words.includes("the run"), after.words.includes("the run"), after.words.includes("you part here")], [false, true, true]);
});

/** What a sketch writes, and where. @param {object} given @param {number} width */
function wordsOf(given, width) {
  const settings = settingsFrom((name) => /** @type {any} */ (given)[name]), /** @type {{ x: number, y: number, text: string, align: string }[]} */ words = [], /** @type {number[]} */ rules = [];
  drawSketch({
    line(points, ink) { if (ink === "line" && points[1] === points[3]) rules.push(points[1]); }, text(x, y, text, _, align) { words.push({ x, y, text, align }); },
    dot() {}, specks() {}, fill() {}, clip(_, draw) { draw(); },
  }, { settings, heights: blank(), first: 33, shown: 200, done: false, part: null }, width, 290);
  return { words, rules };
}

test("a long name of the line stays inside the picture, on a phone as well", () => {
  const run = line(101, (x) => 5 + x / 50);
  for (const level_name of ["2/η", "the new 2/η", "threshold"]) {
    const { words } = wordsOf({ ...run, x_range: [0, 1000], y_range: [0, 40], given: 200, level: 20, level_name }, 358), name = words.find(({ text }) => text === level_name);
    assert.ok(name && name.x + 7 * level_name.length <= 358, JSON.stringify(name));
  }
});

test("a logarithmic axis of few decades has ticks between the powers of ten; the invitation stands between the lines", () => {
  const run = { x: [0.1, 0.2, 1.4], y: [559, 280, 90] }, { words, rules } = wordsOf({ ...run, x_range: [0.1, 1.4], y_range: [30, 800], x_log: true, y_log: true, given: 0.2, level: null }, 684);
  const ticks = (/** @type {string} */ align) => words.filter((word) => word.align === align && /^[\d.]+$/.test(word.text)).map(({ text }) => text);
  assert.deepEqual([ticks("right"), ticks("center")], [["50", "100", "200", "500"], ["0.1", "0.2", "0.5", "1"]]);
  const invitation = words.find(({ text }) => text.startsWith("draw on"));
  assert.ok(invitation && rules.every((y) => Math.abs(y - invitation.y) >= 10), JSON.stringify({ invitation, rules }));
});

// @ts-check
// What stands behind the Lab's “More”: optimizers' thresholds and sentences, links, kept runs, files, names' places.
import assert from "node:assert/strict";
import test from "node:test";
import { differences, freeze, MOST_KEPT, namesOf, STYLES } from "../src/compare.mjs";
import { Descent } from "../src/descent.mjs";
import { History } from "../src/history.mjs";
import { apart } from "../src/labels.mjs";
import { BROUGHT, edgeOf, extraColumns, METHODS, OPTIMIZERS, PRESETS, presetSettings, problemOf, shownMeasures } from "../src/methods.mjs";
import { optimizers } from "../src/optimizers.mjs";
import { drawPicture, geometry } from "../src/picture.mjs";
import { csvText, readRun, saveText } from "../src/runfile.mjs";
import { checks, conflict, DEFAULTS } from "../src/settings.mjs";
import { ALL, asked, readFragment, writeFragment } from "../src/state.mjs";
import { sentences } from "../src/words.mjs";

/** @typedef {import("../src/settings.mjs").Settings} Settings */
/** @param {Partial<Settings>} changes  @returns {Settings} */
const settingsOf = (changes) => ({ ...DEFAULTS, ...BROUGHT[changes.optimizer ?? "gd"], ...changes });

/** A run of the engine as the page records it. @param {Settings} settings @param {number} steps @returns {import("../src/compare.mjs").Run} */
function runOf(settings, steps) {
  const descent = new Descent(problemOf(settings)), history = new History(steps + 1, extraColumns(settings));
  for (let i = 0; i <= steps; i++) {
    const row = descent.advance();
    history.append(/** @type {any} */ (Object.fromEntries(Object.entries(row).map(([name, value]) => [name, Float64Array.of(value)]))));
  }
  return { settings, firstLr: settings.lr, history };
}

test("the page knows every optimizer of the engine, and its threshold to the last digits", () => {
  assert.deepEqual([...OPTIMIZERS].sort(), Object.keys(optimizers).sort());
  for (const optimizer of OPTIMIZERS) {
    const settings = settingsOf({ optimizer }), { threshold } = new Descent(problemOf(settings)).advance(), edge = edgeOf(settings);
    if (optimizer === "sam") assert.ok(Number.isNaN(edge) && threshold < 2 / settings.lr);
    else assert.ok(Math.abs(edge / threshold - 1) < 1e-14, optimizer);
  }
  assert.ok(Math.abs(edgeOf(settingsOf({ optimizer: "adam", lr: 1 })) - 38) < 1e-12);         // 38 / lr at beta1 = 0.9
  assert.ok(Math.abs(edgeOf(settingsOf({ optimizer: "nesterov", lr: 1 })) - 3.8 / 2.8) < 1e-12);
});

test("each preset and each optimizer's own values pass their checks and go together", () => {
  for (const name of Object.keys(PRESETS)) {
    const settings = /** @type {any} */ ({ ...DEFAULTS, ...presetSettings(name) });
    for (const key of /** @type {(keyof Settings)[]} */ (Object.keys(settings))) assert.deepEqual(checks[key](settings[key]), settings[key]);
    assert.equal(conflict(settings), "", name);
  }
});

test("measures are asked for only where they mean something", () => {
  const measures = checks.measures("batchSharpness-gradientFlow");
  assert.deepEqual(shownMeasures(settingsOf({ measures })), ["gradientFlow"]);
  assert.deepEqual(shownMeasures(settingsOf({ measures, optimizer: "adam" })), []);
  assert.deepEqual(problemOf(settingsOf({ task: "digits", batch: 30 })).measures, ["accuracy"]);
  assert.equal(problemOf(settingsOf({ batch: 10 })).batch, 0);                                 // only SGD takes batches
  assert.equal(problemOf(settingsOf({ optimizer: "sgd" })).batch, 10);
  assert.match(conflict(settingsOf({ optimizer: "sgd", batch: 30 })), /batch of 30 .* 20 examples/);
});

test("a distance comes with its flow, and is no measure of the engine's own", () => {
  assert.throws(() => checks.measures("distance-oscillation"), /“distance” needs a flow.*Use it with/);
  const measures = checks.measures("distance-centralFlow-gradientFlow-oscillation");
  assert.deepEqual(problemOf(settingsOf({ measures })).measures, ["gradientFlow", "centralFlow", "oscillation"]);
  assert.deepEqual(extraColumns(settingsOf({ measures })).slice(2), ["flowDistance", "centralLoss", "centralSharpness", "centralDistance", "oscillation"]);
  assert.deepEqual(extraColumns(settingsOf({ measures, optimizer: "sgd" })), ["flowLoss", "flowSharpness", "flowDistance", "oscillation"]);   // the central flow is gradient descent's
  assert.deepEqual(extraColumns(settingsOf({ measures, optimizer: "polyak" })), ["oscillation"]);
  const { history } = runOf(settingsOf({ measures, lr: 0.2 }), 40), { flowDistance, centralDistance, oscillation } = history.extra;
  assert.equal(flowDistance[0], 0);                                                            // both start at w_0
  assert.ok(centralDistance[40] > 0 && centralDistance[40] < 1 && flowDistance[40] < 1);
  assert.ok(Number.isNaN(oscillation[0]) && Number.isFinite(oscillation[1]));
});

test("panels below: one a quantity, about zero where it swings, everything inside, all lines named", () => {
  const { history } = runOf(settingsOf({ measures: checks.measures("gradientFlow-centralFlow-distance-oscillation") }), 30), /** @type {any[]} */ lines = [], /** @type {any[]} */ texts = [];
  const g = geometry(history, 700, 518, { time: true }), [, , swings, distances] = g.panels;
  assert.equal(g.panels.length, 4);
  assert.equal(g.oscillation(0), (swings[0] + swings[1]) / 2);
  assert.equal(g.distance(0), distances[1]);
  assert.ok(g.panels.every(([top, bottom], i) => top < bottom && (i === 0 || top > g.panels[i - 1][1])));
  drawPicture({ line: (...a) => lines.push(a), area: (...a) => lines.push(a), text: (...a) => texts.push(a[2]) }, history, 700, 518, { time: true });
  for (const [points] of lines) for (let i = 0; i < points.length; i += 2) assert.ok(points[i] >= 0 && points[i] <= 700 && points[i + 1] >= 0 && points[i + 1] <= 518);
  for (const name of ["central", "flow", "x", "distance to the flow", "time ηt"]) assert.ok(texts.includes(name), name);
  assert.equal(geometry(runOf(DEFAULTS, 3).history, 700, 330).panels.length, 2);
});

/** @type {[keyof Settings, unknown][]} */
const BAD = [["optimizer", "lion"], ["optimizer", "toString"], ["momentum", 1], ["beta1", -0.1], ["beta2", "x"], ["rho", -1], ["rho", NaN], ["batch", 2.5], ["batch", 301],
  ["schedule", "cosine"], ["schedule", "drop-0-0.5"], ["schedule", "drop-5-0"], ["schedule", "warmup-0"], ["measures", ["loss"]], ["measures", ["distance"]]];
for (const [key, value] of BAD) {
  test(`${key} = ${String(value)} is refused with a sentence that names it and says what to do`, () => {
    assert.throws(() => checks[key](value), (/** @type {Error} */ error) => error instanceof RangeError && error.message.includes(String(value)) && /Use /.test(error.message));
  });
}

test("a schedule in short moves the threshold where it says", () => {
  const { history } = runOf(settingsOf({ schedule: "drop-3-0.5" }), 4);
  assert.deepEqual(Array.from(history.threshold), [5, 5, 5, 10, 10]);
});

test("a link carries the further settings", () => {
  const settings = settingsOf({ optimizer: "polyak", momentum: 0.7, measures: ["eigenvalues"], schedule: "warmup-500" });
  const raw = readFragment(writeFragment("", "lab", { ...settings }, ALL), "lab");
  for (const [, key] of ALL) assert.deepEqual(checks[/** @type {keyof Settings} */ (key)](raw[key]), settings[/** @type {keyof Settings} */ (key)]);
});

test("the sentences name optimizer, parameters and threshold", () => {
  const settings = settingsOf({ optimizer: "nesterov" }), { history } = runOf(settings, 5);
  assert.equal(sentences.ready(settings), "Ready at step 0 with Nesterov momentum, η = 0.1, β = 0.9. Press Run.");
  assert.equal(sentences.running(settings), "Running with Nesterov momentum, η = 0.1, β = 0.9; (2+2β)/((1+2β)η) = 13.6.");
  assert.equal(sentences.ready(DEFAULTS), "Ready at step 0 with η = 0.4. Press Run.");
  assert.match(sentences.running(settingsOf({ optimizer: "sam" })), /SAM’s edge moves with the gradient, below 2\/η = 10\.0/);
  const adam = settingsOf({ optimizer: "adam" });
  assert.match(sentences.crossed(945, 12667, adam), /^At step 945 the preconditioned sharpness reached \(2\+2β₁\)\/\(\(1−β₁\)η\) = 12,667\.$/);
  assert.match(sentences.diverged(history, settings), /^Diverged with Nesterov momentum, η = 0\.1, β = 0\.9: at step 5/);
  assert.match(sentences.complete(history, adam), /preconditioned sharpness/);
});

test("kept runs are named by what differs, and by their letter in the margin where that is long", () => {
  const run = (/** @type {Partial<Settings>} */ changes) => ({ ...runOf(settingsOf(changes), 2), settings: settingsOf(changes) });
  assert.deepEqual(differences([run({ lr: 0.2 }), run({ lr: 0.4 })]), [["η = 0.2"], ["η = 0.4"]]);
  assert.deepEqual(namesOf([run({ lr: 0.2 })], run({})), [{ full: "η = 0.2", short: "η = 0.2" }]);
  const [named] = namesOf([run({ optimizer: "polyak" })], run({}));
  assert.deepEqual(named, { full: "Polyak, η = 0.25", short: "A" });
  assert.deepEqual(differences([run({ optimizer: "polyak", momentum: 0.5 }), run({ optimizer: "polyak" })]), [["β = 0.5"], ["β = 0.9"]]);
  assert.match(differences([run({}), run({})])[0][0], /^same, 2 steps$/);
  assert.deepEqual(differences([{ ...run({ lr: 0.2 }), firstLr: 0.4 }, run({ lr: 0.4 })])[0], ["η = 0.4 → 0.2"]);
  assert.equal(new Set(STYLES.map(String)).size, MOST_KEPT);
});

test("a kept run does not change when the run goes on", () => {
  const run = runOf(DEFAULTS, 3), kept = freeze(run);
  run.history.sharpness[0] = 99;
  assert.notEqual(kept.history.sharpness[0], 99);
  assert.equal(kept.history.length, 4);
});

test("a saved run is read again to the last bit; what is not a number becomes an empty cell in the CSV", () => {
  const run = runOf(settingsOf({ measures: ["eigenvalues", "gradientFlow"] }), 6);
  run.history.sharpness[6] = NaN;
  const { settings, firstLr, columns } = readRun(saveText(run));
  assert.deepEqual([settings, firstLr], [run.settings, 0.4]);
  assert.deepEqual(columns, run.history.arrays());
  const lines = csvText(columns).split("\r\n");
  assert.equal(lines[0], "step,time,loss,sharpness,threshold,sharpness2,sharpness3,flowLoss,flowSharpness");
  assert.equal(lines.length, 9);
  assert.equal(lines[7].split(",")[3], "");
  assert.equal(Number(lines[3].split(",")[2]), columns.loss[2]);
});

test("a file that is no run is refused with one sentence that says why", () => {
  const good = JSON.parse(saveText(runOf(DEFAULTS, 3)));
  const columns = (/** @type {object} */ other) => JSON.stringify({ ...good, columns: { ...good.columns, ...other } });
  /** @type {[string, RegExp][]} */
  const cases = [["{", /not JSON/], ["null", /not a run saved/], ["[]", /not a run saved/], [JSON.stringify({ ...good, version: 2 }), /version is 2/],
    [JSON.stringify({ ...good, settings: { ...good.settings, lr: -1 } }), /“-1”/], [JSON.stringify({ ...good, settings: null }), /no settings/], [columns({ loss: [1] }), /different lengths/],
    [columns({ sharpness: 3 }), /no column “sharpness”/], [columns({ loss: [1, 2, "<b>", 4] }), /no number/], [columns({ step: [0, 2, 1, 3] }), /count up/], [columns({ time: [0, 3, 1, 4] }), /rise/]];
  for (const [text, why] of cases) {
    assert.throws(() => readRun(text), (/** @type {Error} */ e) => e instanceof RangeError && /^The file could not be loaded: .*Give a file that “Save run” made\.$/.test(e.message) && why.test(e.message), text.slice(0, 60));
  }
});

test("names move apart as little as they must, and stay inside", () => {
  assert.deepEqual(apart([10, 50], [15, 15], 0, 100), [10, 50]);
  assert.deepEqual(apart([50, 50, 50], [15, 15, 15], 0, 100), [35, 50, 65]);
  assert.deepEqual(apart([99, 99], [15, 15], 0, 100), [85, 100]);
  const ys = apart([0, 1, 2, 60, 61], [15, 28, 15, 15, 15], 0, 200);
  ys.slice(1).forEach((y, i) => assert.ok(y - ys[i] >= 15 - 1e-9));
});

test("with the flow the axis is time ηt, and the cursor finds its step", () => {
  const { history } = runOf(settingsOf({ measures: ["gradientFlow"] }), 20), /** @type {any[]} */ texts = [], /** @type {any[]} */ lines = [];
  const g = geometry(history, 700, 330, { time: true });
  for (const step of [0, 7, 20]) assert.equal(g.index(g.at(step)), step);
  const kept = { rows: runOf(settingsOf({ lr: 0.2 }), 20).history, name: "η = 0.2", ink: /** @type {const} */ ("kept0"), dash: [] };
  drawPicture({ line: (...a) => lines.push(a), area: (...a) => lines.push(a), text: (...a) => texts.push(a[2]) }, history, 700, 330, { time: true, kept: [kept], edge: "(2+2β₁)/\n((1−β₁)η)" });
  for (const name of ["time ηt", "flow", "η = 0.2", "((1−β₁)η)"]) assert.ok(texts.includes(name), name);
  for (const ink of ["flow", "kept0"]) assert.equal(lines.filter((l) => l[1] === ink).length, 2, ink);
  assert.ok(METHODS.gd.flow);
});

test("equal kept runs are numbered", () => {
  const run = runOf(settingsOf({ lr: 0.2 }), 5), other = runOf(DEFAULTS, 5), names = namesOf([run, other, freeze(run)], other);
  assert.deepEqual(names.map(({ full }) => full), ["η = 0.2 (1)", "η = 0.4", "η = 0.2 (2)"]);
  assert.deepEqual(names.map(({ short }) => short), ["A", "η = 0.4", "C"]);
  assert.deepEqual(namesOf([run, freeze(run)], run).map(({ full }) => full), ["same, 5 steps (1)", "same, 5 steps (2)"]);
});

test("lecture mode is asked for in the query or in the fragment, and stays there when settings change", () => {
  assert.equal(asked({ search: "", hash: "#lab:lr=0.2" }), null);
  assert.equal(asked({ search: "?lecture", hash: "#lab:lr=0.2" }), "");
  assert.equal(asked({ search: "?lecture=second", hash: "" }), "second");
  assert.equal(asked({ search: "", hash: "#lecture" }), "");
  assert.equal(asked({ search: "", hash: writeFragment("#lecture", "lab", { ...DEFAULTS }) }), "");
  assert.equal(asked({ search: "", hash: "#lectures" }), null);
});

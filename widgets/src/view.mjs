// @ts-check
// The widget's elements. Nothing here knows what they do.
import { ACTIVATIONS, LOSSES } from "./constants.mjs";
import { choose, field, h, select } from "./dom.mjs";
import { KNOBS } from "./methods.mjs";
import { buildMore } from "./more.mjs";
import { TASKS, WIDTHS } from "./settings.mjs";

export const SPEEDS = /** @type {[string, number][]} */ ([["slow", 30], ["normal", 200], ["fast", 1000], ["as fast as it can", 1e6]]);
const TASK_NAMES = /** @type {Record<string, string>} */ ({ digits: "300 real digits" });
const LOSS_NAMES = /** @type {Record<string, string>} */ ({ "mse": "square loss", "cross-entropy": "cross-entropy" });

/** @param {string} task */
const taskName = (task) => TASK_NAMES[task] ?? task.replace("chebyshev-", "Chebyshev, degree ");

/** @param {HTMLSelectElement} select @param {string} task */
export const chooseTask = (select, task) => choose(select, task, taskName(task));
/** @param {HTMLSelectElement} select @param {string} widths */
export const chooseWidths = (select, widths) => choose(select, widths, widths.replaceAll("-", " – "));

/** @param {string} name @param {string} [swatch] */
function reading(name, swatch) {
  const value = h("dd", {}, "–");
  const title = h("dt", {}, name);
  return { title, value, box: h("div", swatch ? { class: "eos-key", "data-line": swatch } : {}, title, value) };
}

/** The slider of an optimizer's own parameter, a line under η's. @param {import("./methods.mjs").Knob} knob */
function knobRow(knob) {
  const { label, symbol, word } = KNOBS[knob], slider = h("input", { type: "range", min: "0", step: "1", class: "eos-slider", "aria-label": label, "data-key": knob });
  const value = h("span", { class: "eos-value" });
  const name = h("span", { class: "eos-eta", "aria-hidden": "true" }, h("span", {}, word), ...(knob === "batch" ? [] : [" ", h("i", {}, symbol)]));
  return { knob, slider, value, row: h("div", { class: "eos-lr eos-knob", hidden: "" }, name, slider, value) };
}

/** @param {{ title: string, linkable: boolean }} options */
export function buildView({ title, linkable }) {
  const lr = h("input", { type: "range", min: "0", max: "200", step: "1", class: "eos-slider", "aria-label": "step size η" });
  const lrBox = h("input", { type: "text", inputmode: "decimal", class: "eos-number", "aria-label": "step size η as a number", autocomplete: "off", spellcheck: "false" });
  const run = h("button", { type: "button", class: "eos-run" }, "Run");
  const step = h("button", { type: "button" }, "Step");
  const reset = h("button", { type: "button" }, "Reset");
  const speed = h("select", { "aria-label": "speed" }, ...SPEEDS.map(([name, rate]) => h("option", { value: String(rate) }, name)));
  const readings = { step: reading("step"), loss: reading("loss", "loss"), sharpness: reading("sharpness", "sharpness"), threshold: reading("2/η", "threshold"), ratio: reading("sharpness ÷ 2/η"), accuracy: reading("accuracy") };
  const knobs = /** @type {import("./methods.mjs").Knob[]} */ (Object.keys(KNOBS)).map(knobRow), kept = h("ul", { class: "eos-kept", "aria-label": "kept runs", hidden: "" }), more = buildMore();
  const plots = h("div", { class: "eos-plots", role: "img" });
  const cursor = h("div", { class: "eos-cursor", role: "slider", tabindex: "0", "aria-label": "chart cursor, step", "aria-valuemin": "0", "aria-valuemax": "0", "aria-valuenow": "0" });
  const late = h("p", { class: "eos-late" });
  const status = h("p", { class: "eos-status", role: "status" });
  const error = h("p", { class: "eos-error", role: "alert", hidden: "" });
  const task = select("task", TASKS.map((name) => [name, taskName(name)]));
  const loss = select("loss", LOSSES.map((name) => [name, LOSS_NAMES[name] ?? name]));
  const activation = select("activation", ACTIVATIONS.map((name) => [name, name]));
  const hidden = select("hidden", WIDTHS.map((name) => [name, name.replaceAll("-", " – ")]));
  const seed = h("input", { type: "text", inputmode: "numeric", "data-key": "seed", class: "eos-number", autocomplete: "off" });
  const copy = h("button", { type: "button", class: "eos-quiet" }, "Copy link");
  const lossField = field("loss", loss);
  const body = h("tbody"), head = h("tr");
  const data = h("details", { class: "eos-data" }, h("summary", {}, "Show data"), h("div", { class: "eos-scroll", tabindex: "0", role: "group", "aria-label": "data table" },
    h("table", {}, h("caption", {}, "At most 50 steps of this run, evenly spread."), h("thead", {}, head), body)));
  const root = h("div", { class: "eos-lab", role: "group", "aria-label": title || "Gradient descent and its sharpness, live" },
    ...(title ? [h("p", { class: "eos-title" }, title)] : []),
    h("div", { class: "eos-top" },
      h("div", { class: "eos-lr" }, h("span", { class: "eos-eta", "aria-hidden": "true" }, h("span", {}, "step size"), " ", h("i", {}, "η")), lr, lrBox),
      ...knobs.map(({ row }) => row),
      h("div", { class: "eos-buttons" }, run, step, reset, h("label", { class: "eos-speed" }, h("span", {}, "speed"), speed))),
    error,
    h("dl", { class: "eos-readings" }, ...Object.values(readings).map((item) => item.box)),
    h("div", { class: "eos-chart" }, plots, cursor), kept,
    h("div", { class: "eos-foot" }, late, status),
    h("div", { class: "eos-settings" }, field("task", task), lossField, field("activation", activation), field("hidden layers", hidden), field("seed", seed), ...(linkable ? [copy] : [])),
    more.show, more.root, data);
  return { root, lr, lrBox, run, step, reset, speed, readings, plots, cursor, late, status, error, task, loss, lossField, activation, hidden, seed, copy, data, body, head, knobs, kept, more };
}

/** @typedef {ReturnType<typeof buildView>} View */

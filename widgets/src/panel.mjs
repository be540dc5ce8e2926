// @ts-check
// Between controls and settings, both ways; and the numbers the reader reads.
import { lrAt, notchOf } from "./notches.mjs";
import { letter } from "./compare.mjs";
import { choose, h } from "./dom.mjs";
import { FURTHER } from "./further.mjs";
import { examples, hasFlow, KNOBS, methodOf, shownMeasures, stopsOf } from "./methods.mjs";
import { bindMore, showMore } from "./more.mjs";
import { lrText, number, stepText } from "./numbers.mjs";
import { widthText } from "./settings.mjs";
import { chooseTask, chooseWidths } from "./view.mjs";
import { edgeText, lateText, sentences, sharpnessWord } from "./words.mjs";

/** @typedef {import("./controller.mjs").Lab} Lab */

/** @param {Lab} lab */
export function bindControls(lab) {
  const { view } = lab;
  view.lr.addEventListener("input", () => lab.set("lr", lrAt(lab.settings.lr_range, Number(view.lr.value))));
  view.lrBox.addEventListener("change", () => lab.set("lr", view.lrBox.value));
  for (const { knob, slider } of view.knobs) slider.addEventListener("input", () => lab.set(knob, stopsOf(knob, lab.settings.task)[Number(slider.value)]));
  bindMore(lab);
  view.run.addEventListener("click", () => lab.setRunning(!lab.running));
  view.step.addEventListener("click", () => lab.stepOnce());
  view.reset.addEventListener("click", () => lab.reset());
  view.speed.value = String(lab.rate);
  view.speed.addEventListener("change", () => lab.setRate(Number(view.speed.value)));
  for (const control of [view.task, view.loss, view.activation, view.hidden, view.seed]) {
    control.addEventListener("change", () => lab.set(String(control.dataset.key), control.value));
  }
  view.copy.addEventListener("click", async () => {
    lab.publish();                                     // a page as it was opened has no setting in its address yet
    try {
      await navigator.clipboard.writeText(location.href);
      lab.say(sentences.copied);
    } catch {
      lab.say(sentences.notCopied);
    }
  });
  view.data.addEventListener("toggle", () => showTable(lab));
  view.cursor.addEventListener("blur", () => lab.chart?.clear());
}

/** Controls as the settings are; a field whose value was refused keeps showing that value.
 * @param {Lab} lab */
export function showControls(lab) {
  const { view, settings, errors } = lab, wrong = Object.values(errors);
  view.lr.value = String(notchOf(settings.lr_range, settings.lr));
  view.lr.setAttribute("aria-valuetext", `η = ${lrText(settings.lr)}, ${edgeText(settings)}`);
  if (!errors.lr) view.lrBox.value = lrText(settings.lr);
  view.lrBox.toggleAttribute("aria-invalid", Boolean(errors.lr));
  showKnobs(lab);
  chooseTask(view.task, settings.task);
  choose(view.loss, settings.loss);
  choose(view.activation, settings.activation);
  chooseWidths(view.hidden, widthText(settings.hidden));
  if (!errors.seed) view.seed.value = String(settings.seed);
  view.seed.toggleAttribute("aria-invalid", Boolean(errors.seed));
  view.lossField.hidden = settings.task !== "digits";
  view.run.textContent = lab.running ? "Pause" : "Run";
  view.run.disabled = view.step.disabled = wrong.length > 0 || lab.end !== "";
  view.error.hidden = wrong.length === 0 && !lab.notice;
  view.error.textContent = wrong.join(" ") || lab.notice;
  showNames(lab);
  showMore(lab);
}

/** The sliders of the optimizer's own parameters: at the stop nearest to the value. @param {Lab} lab */
function showKnobs({ view, settings }) {
  for (const { knob, row, slider, value } of view.knobs) {
    row.hidden = !methodOf(settings).knobs.includes(knob);
    if (row.hidden) continue;
    const stops = stopsOf(knob, settings.task), at = (knob === "batch" && settings.batch) || settings[knob] || (knob === "batch" ? examples(settings.task) : 0);
    const nearest = stops.reduce((best, stop, i) => (Math.abs(stop - at) < Math.abs(stops[best] - at) ? i : best), 0);
    slider.max = String(stops.length - 1);
    slider.value = String(nearest);
    value.textContent = String(at);
    slider.setAttribute("aria-valuetext", `${KNOBS[knob].symbol} = ${at}, ${edgeText(settings)}`);
  }
}

/** The readings' names. @param {Lab} lab */
function showNames({ view: { readings }, settings }) {
  readings.sharpness.title.textContent = sharpnessWord(settings);
  const [over, under] = methodOf(settings).edge.split("/(");
  readings.threshold.title.replaceChildren(h("span", {}, ...(under ? [`${over}/`, h("wbr"), `(${under}`] : [over])));   // a long formula breaks at its fraction bar
  readings.ratio.title.textContent = methodOf(settings).edge === "2/η" ? "sharpness ÷ 2/η" : "sharpness ÷ threshold";
  readings.accuracy.box.hidden = settings.task !== "digits";
}

/** The numbers at the cursor, or at the last step. @param {Lab} lab @param {number | null} index */
export function showReadings({ view, history, settings }, index) {
  const { readings, cursor } = view, at = index !== null && index < history.length ? index : history.length - 1;
  const row = at >= 0 ? history.row(at) : /** @type {import("./history.mjs").Row} */ ({ step: 0 });
  readings.step.value.textContent = stepText(row.step);
  readings.loss.value.textContent = number(row.loss);
  readings.sharpness.value.textContent = number(row.sharpness);
  readings.threshold.value.textContent = number(row.threshold);
  readings.ratio.value.textContent = Number.isFinite(row.sharpness) ? (row.sharpness / row.threshold).toFixed(2) : "–";
  readings.accuracy.value.textContent = Number.isFinite(row.accuracy) ? `${(100 * row.accuracy).toFixed(1)} %` : "–";
  view.late.textContent = lateText(history, settings);
  view.root.classList.toggle("eos-looking", index !== null);
  if (document.activeElement !== cursor && index !== null) return;
  cursor.setAttribute("aria-valuemax", String(Math.max(0, history.length - 1)));
  cursor.setAttribute("aria-valuenow", String(row.step));
  cursor.setAttribute("aria-valuetext", `step ${stepText(row.step)}: loss ${number(row.loss)}, ${sharpnessWord(settings)} ${number(row.sharpness)}, ${methodOf(settings).edge} ${number(row.threshold)}`);
}

/** The table beside the picture, only while it is open: the run, and the sharpness of the kept runs at the same steps.
 * @param {Lab} lab */
export function showTable({ view, history, settings, kept }) {
  if (!view.data.open) return;
  const timed = hasFlow(shownMeasures(settings)), extra = Object.keys(history.extra);
  const names = ["step", ...(timed ? ["time ηt"] : []), "loss", sharpnessWord(settings), methodOf(settings).edge, ...extra.map((name) => FURTHER[name]?.column ?? name), ...kept.map((_, i) => `sharpness of ${letter(i)}`)];
  view.head.replaceChildren(...names.map((name) => h("th", { scope: "col" }, name)));
  view.body.replaceChildren(...history.sample(50).map((row) => {
    const others = kept.map((run) => (row.step < run.history.length ? run.history.sharpness[row.step] : NaN));
    const cells = [...(timed ? [row.time] : []), row.loss, row.sharpness, row.threshold, ...extra.map((name) => row[name]), ...others];
    return h("tr", {}, h("th", { scope: "row" }, stepText(row.step)), ...cells.map((value) => h("td", {}, number(value))));
  }));
}

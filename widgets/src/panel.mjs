// @ts-check
// Between controls and settings, both ways; and the numbers the reader reads.
import { lrAt, notchOf } from "./notches.mjs";
import { widthText } from "./settings.mjs";
import { choose, chooseTask, chooseWidths, h } from "./view.mjs";
import { lateText, lrText, number, sentences, stepText } from "./words.mjs";

/** @typedef {import("./controller.mjs").Lab} Lab */
/** @typedef {import("./view.mjs").View} View */
/** @typedef {import("./history.mjs").History} History */

/** @param {Lab} lab */
export function bindControls(lab) {
  const { view } = lab;
  view.lr.addEventListener("input", () => lab.set("lr", lrAt(lab.settings.lr_range, Number(view.lr.value))));
  view.lrBox.addEventListener("change", () => lab.set("lr", view.lrBox.value));
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
  view.data.addEventListener("toggle", () => showTable(view, lab.history));
  view.cursor.addEventListener("blur", () => lab.chart?.clear());
}

/** Controls as the settings are; a field whose value was refused keeps showing that value.
 * @param {Lab} lab */
export function showControls(lab) {
  const { view, settings, errors } = lab, wrong = Object.values(errors);
  view.lr.value = String(notchOf(settings.lr_range, settings.lr));
  view.lr.setAttribute("aria-valuetext", `η = ${lrText(settings.lr)}, 2/η = ${number(2 / settings.lr)}`);
  if (!errors.lr) view.lrBox.value = lrText(settings.lr);
  view.lrBox.toggleAttribute("aria-invalid", Boolean(errors.lr));
  chooseTask(view.task, settings.task);
  choose(view.loss, settings.loss);
  choose(view.activation, settings.activation);
  chooseWidths(view.hidden, widthText(settings.hidden));
  if (!errors.seed) view.seed.value = String(settings.seed);
  view.seed.toggleAttribute("aria-invalid", Boolean(errors.seed));
  view.lossField.hidden = settings.task !== "digits";
  view.run.textContent = lab.running ? "Pause" : "Run";
  view.run.disabled = view.step.disabled = wrong.length > 0 || lab.end !== "";
  view.error.hidden = wrong.length === 0;
  view.error.textContent = wrong.join(" ");
}

/** The numbers at the cursor, or at the last step. @param {View} view @param {History} history @param {number | null} index */
export function showReadings(view, history, index) {
  const { readings, cursor } = view, at = index !== null && index < history.length ? index : history.length - 1;
  const row = at >= 0 ? history.row(at) : { step: 0, loss: NaN, sharpness: NaN, threshold: NaN };
  readings.step.value.textContent = stepText(row.step);
  readings.loss.value.textContent = number(row.loss);
  readings.sharpness.value.textContent = number(row.sharpness);
  readings.threshold.value.textContent = number(row.threshold);
  readings.ratio.value.textContent = Number.isFinite(row.sharpness) ? (row.sharpness / row.threshold).toFixed(2) : "–";
  view.late.textContent = lateText(history);
  view.root.classList.toggle("eos-looking", index !== null);
  if (document.activeElement !== cursor && index !== null) return;
  cursor.setAttribute("aria-valuemax", String(Math.max(0, history.length - 1)));
  cursor.setAttribute("aria-valuenow", String(row.step));
  cursor.setAttribute("aria-valuetext", `step ${stepText(row.step)}: loss ${number(row.loss)}, sharpness ${number(row.sharpness)}, 2/η ${number(row.threshold)}`);
}

/** The table beside the picture, only while it is open. @param {View} view @param {History} history */
export function showTable(view, history) {
  if (!view.data.open) return;
  const cells = history.sample(50).map((row) => h("tr", {}, h("th", { scope: "row" }, stepText(row.step)),
    ...[row.loss, row.sharpness, row.threshold].map((value) => h("td", {}, number(value)))));
  view.body.replaceChildren(...cells);
}


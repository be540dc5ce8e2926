// @ts-check
// What stands behind “Also show” and “More”: further measures, the optimizer, runs kept for comparison, files.
import { freeze, letter, MOST_KEPT, namesOf, STYLES } from "./compare.mjs";
import { choose, field, h, select } from "./dom.mjs";
import { historyFrom } from "./history.mjs";
import { hasFlow, MEASURES, METHODS, OPTIMIZERS, PRESETS } from "./methods.mjs";
import { csvText, readRun, saveText } from "./runfile.mjs";
import { SCHEDULES } from "./settings.mjs";
import { usePreset } from "./sources.mjs";
import { sentences } from "./words.mjs";

/** @typedef {import("./controller.mjs").Lab} Lab */

/** @param {string} schedule */
function scheduleName(schedule) {
  const [kind, at, factor] = schedule.split("-");
  if (kind === "drop") return `× ${factor} at step ${Number(at).toLocaleString("en")}`;
  return kind === "warmup" ? `warm-up over ${Number(at).toLocaleString("en")} steps` : "constant";
}
/** @param {string} text */
const button = (text) => h("button", { type: "button" }, text);

export function buildMore() {
  const optimizer = select("optimizer", OPTIMIZERS.map((name) => [name, METHODS[name].name]));
  const schedule = select("schedule", SCHEDULES.map((name) => [name, scheduleName(name)]));
  const preset = h("select", {}, h("option", { value: "" }, "choose …"), ...Object.keys(PRESETS).map((name) => h("option", { value: name }, name)));
  const measures = Object.entries(MEASURES).map(([name, { text }]) => {
    const box = h("input", { type: "checkbox" });
    return { name, box, label: h("label", { class: "eos-check" }, box, text) };
  });
  const keep = button("Keep this run"), clear = button("Clear kept runs");
  const save = button("Save run"), load = button("Load run …"), csv = button("Export CSV"), png = button("Export PNG");
  const file = h("input", { type: "file", accept: ".json,application/json", hidden: "", tabindex: "-1", "aria-label": "file of a run" });
  const root = h("details", { class: "eos-data eos-more" }, h("summary", {}, "More: optimizers, compare, save"),
    h("div", { class: "eos-settings" }, field("optimizer", optimizer), field("step size over time", schedule), field("ready-made setting", preset)),
    h("div", { class: "eos-buttons" }, keep, clear),
    h("div", { class: "eos-buttons" }, save, load, csv, png, file));
  const show = h("details", { class: "eos-data" }, h("summary", {}, "Also show: flows, oscillation, eigenvalues"),
    h("fieldset", { class: "eos-checks" }, h("legend", {}, "Starts the run anew. A flow is drawn over the time ηt."), ...measures.map(({ label }) => label)));
  return { root, show, optimizer, schedule, preset, measures, keep, clear, save, load, csv, png, file };
}

/** @param {Lab} lab */
export function bindMore(lab) {
  const { more } = lab.view;
  more.optimizer.addEventListener("change", () => lab.set("optimizer", more.optimizer.value));
  more.schedule.addEventListener("change", () => lab.set("schedule", more.schedule.value));
  more.preset.addEventListener("change", () => { if (more.preset.value) usePreset(lab, more.preset.value); });
  for (const { box } of more.measures) box.addEventListener("change", () => {
    const chosen = more.measures.filter((m) => m.box.checked).map((m) => m.name);
    lab.set("measures", hasFlow(chosen) ? chosen : chosen.filter((name) => name !== "distance"));
  });
  more.keep.addEventListener("click", () => keep(lab, freeze(lab.asRun()), sentences.kept));
  more.clear.addEventListener("click", () => { lab.kept = []; lab.say(sentences.cleared); lab.showKept(); });
  more.save.addEventListener("click", () => download(lab, "json", new Blob([saveText(lab.asRun())], { type: "application/json" })));
  more.csv.addEventListener("click", () => download(lab, "csv", new Blob([csvText(lab.history.arrays())], { type: "text/csv" })));
  more.png.addEventListener("click", async () => download(lab, "png", (await lab.chart?.png()) ?? null));
  more.load.addEventListener("click", () => more.file.click());
  more.file.addEventListener("change", () => load(lab));
}

/** @param {Lab} lab @param {import("./compare.mjs").Run} run @param {(letter: string) => string} sentence */
function keep(lab, run, sentence) {
  if (lab.kept.length >= MOST_KEPT) return lab.say(sentences.full);
  if (run.history.length === 0) return lab.say(sentences.nothing);
  lab.kept.push(run);
  lab.say(sentence(letter(lab.kept.length - 1)));
  lab.showKept();
}

/** The chosen file's run, among the kept; a file that is none is named and changes nothing. @param {Lab} lab */
async function load(lab) {
  const { file } = lab.view.more, chosen = file.files?.[0];
  if (!chosen) return;
  try {
    const { settings, firstLr, columns } = readRun(await chosen.text());
    lab.notice = "";
    keep(lab, { settings, firstLr, history: historyFrom(columns) }, sentences.loaded);
  } catch (problem) {
    lab.notice = /** @type {Error} */ (problem).message;
  }
  file.value = "";                                     // so that the same file can be chosen again
  lab.refresh();
}

/** @param {Lab} lab @param {string} ending @param {Blob | null} blob */
function download(lab, ending, blob) {
  if (!blob || lab.history.length === 0) return lab.say(sentences.nothing);
  const name = `${lab.settings.id}-${lab.settings.optimizer}-eta-${lab.settings.lr}.${ending}`, url = URL.createObjectURL(blob);
  const link = h("a", { href: url, download: name });
  lab.view.root.append(link);                          // some browsers follow only a link that is in the page
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
  lab.say(sentences.saved(name));
}

/** @param {Lab} lab */
export function showMore({ view: { more }, settings, kept }) {
  choose(more.optimizer, settings.optimizer);
  choose(more.schedule, settings.schedule, scheduleName(settings.schedule));
  for (const { name, box, label } of more.measures) {
    box.checked = settings.measures.includes(name);
    label.hidden = !MEASURES[name].fits(settings);
  }
  more.clear.disabled = kept.length === 0;
}

/** The kept runs with their names under the picture. @param {Lab} lab  @returns {import("./picture.mjs").Kept[]} */
export function keptLines(lab) {
  const { kept, view } = lab, names = namesOf(kept, lab.asRun());
  view.kept.hidden = kept.length === 0;
  view.kept.replaceChildren(...kept.map((_, i) => {
    const [ink, dash] = STYLES[i], item = h("li");
    item.innerHTML = `<svg width="30" height="8" aria-hidden="true"><path d="M0 4h30" stroke-dasharray="${dash}" style="stroke:var(--eos-${ink})"/></svg>`;
    item.append(h("b", {}, letter(i)), ` ${names[i].full}`);
    return item;
  }));
  return kept.map(({ history }, i) => ({ rows: history, name: names[i].short, ink: STYLES[i][0], dash: STYLES[i][1] }));
}

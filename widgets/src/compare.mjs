// @ts-check
// Runs kept for comparison: frozen copies, each named by what sets it apart from the others and from the run going on.
import { historyFrom } from "./history.mjs";
import { KNOBS, methodOf } from "./methods.mjs";
import { lrText } from "./numbers.mjs";

/** @typedef {import("./settings.mjs").Settings} Settings */
/** @typedef {{ settings: Settings, firstLr: number, history: import("./history.mjs").History }} Run  firstLr: η at step 0 */

export const MOST_KEPT = 6;
/** Colour and dashes of the kept runs, in order; no two alike. @type {[ink: import("./picture.mjs").Ink, dash: number[]][]} */
export const STYLES = [["kept0", []], ["kept1", [7, 3]], ["kept2", [2, 2]], ["kept0", [10, 3, 2, 3]], ["kept1", [1, 3]], ["kept2", [5, 2, 1, 2]]];
export const letter = (/** @type {number} */ index) => "ABCDEF"[index];

/** A frozen copy. @param {Run} run  @returns {Run} */
export const freeze = ({ settings, firstLr, history }) => ({ settings: { ...settings }, firstLr, history: historyFrom(history.arrays()) });

/** What can differ, in words, in the order in which it is said; "" where it does not concern the run.
 * @type {((run: Run) => string)[]} */
const PARTS = [
  ({ settings }) => methodOf(settings).short,
  ({ settings, firstLr }) => (firstLr === settings.lr ? `η = ${lrText(settings.lr)}` : `η = ${lrText(firstLr)} → ${lrText(settings.lr)}`),
  ...(/** @type {import("./methods.mjs").Knob[]} */ (Object.keys(KNOBS))).map((knob) => (/** @type {Run} */ { settings }) =>
    (methodOf(settings).knobs.includes(knob) ? `${KNOBS[knob].symbol} = ${settings[knob]}` : "")),
  ({ settings }) => settings.schedule || "constant η",
  ({ settings }) => (settings.task === "digits" ? "digits" : settings.task.replace("chebyshev-", "degree ")),
  ({ settings }) => (settings.loss === "mse" ? "square loss" : "cross-entropy"),
  ({ settings }) => settings.activation,
  ({ settings }) => settings.hidden.join("–"),
  ({ settings }) => `seed ${settings.seed}`,
];

/** For each run the parts in which they do not all agree; its number of steps where they agree in all.
 * @param {Run[]} runs  @returns {string[][]} */
export function differences(runs) {
  const differ = PARTS.filter((part) => new Set(runs.map(part).filter(Boolean)).size > 1);
  return runs.map((run) => {
    const parts = differ.map((part) => part(run)).filter(Boolean);
    return parts.length ? parts : [`same, ${(run.history.length - 1).toLocaleString("en")} steps`];
  });
}

/** Names of the kept runs beside the current one: in full for the legend, where equal ones are numbered, and short for
 * the picture's margin, where a run whose name is long is called by its letter. @param {Run[]} kept @param {Run} current */
export function namesOf(kept, current) {
  const names = differences([...kept, current]).slice(0, kept.length).map((words) => words.join(", "));
  return names.map((name, i) => {
    const same = names.flatMap((other, k) => (other === name ? [k] : []));
    if (same.length > 1) return { full: `${name} (${same.indexOf(i) + 1})`, short: letter(i) };
    return { full: name, short: name.length <= 10 ? name : letter(i) };
  });
}

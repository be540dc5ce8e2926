// @ts-check
// A run as a file: JSON to load again, CSV for a spreadsheet.
import { FURTHER } from "./further.mjs";
import { BROUGHT } from "./methods.mjs";
import { checks, conflict, DEFAULTS, LIMITS } from "./settings.mjs";

/** @typedef {import("./settings.mjs").Settings} Settings */
/** @typedef {import("./compare.mjs").Run} Run */
/** @typedef {{ settings: Settings, firstLr: number, columns: Record<string, number[]> }} Saved */

const FORMAT = "eos-lab-run", VERSION = 1, NEEDED = ["step", "time", "loss", "sharpness", "threshold"];
const KEYS = /** @type {(keyof Settings)[]} */ (Object.keys(DEFAULTS));
const KNOWN = [...NEEDED, ...Object.keys(FURTHER), "accuracy"];

/** JSON has no NaN and no infinity: both are written as null. @param {Run} run */
export const saveText = ({ settings, firstLr, history }) => JSON.stringify({ format: FORMAT, version: VERSION, settings, firstLr, columns: history.arrays() });

/** The run in a file's text; throws a sentence where it is not one. @param {string} text  @returns {Saved} */
export function readRun(text) {
  const file = parse(text);
  if (file?.format !== FORMAT) throw refused("it is not a run saved by this widget");
  if (file.version !== VERSION) throw refused(`its version is ${file.version}, and this page reads version ${VERSION}`);
  return { settings: settingsIn(file.settings), firstLr: Number(checked("lr", file.firstLr)), columns: columnsIn(file.columns) };
}

/** @param {string} reason */
const refused = (reason) => new RangeError(`The file could not be loaded: ${reason.replace(/\.$/, "")}. Give a file that “Save run” made.`);

/** @param {string} text  @returns {any} */
function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    throw refused("it is not JSON");
  }
}

/** @param {keyof Settings} key @param {unknown} value */
function checked(key, value) {
  try {
    return checks[key](value);
  } catch (problem) {
    throw refused(/** @type {Error} */ (problem).message);
  }
}

/** @param {any} given  @returns {Settings} */
function settingsIn(given) {
  if (!given || typeof given !== "object") throw refused("it has no settings");
  const settings = /** @type {any} */ ({ ...DEFAULTS, ...BROUGHT[given.optimizer] });
  for (const key of KEYS) if (Object.hasOwn(given, key)) settings[key] = checked(key, given[key]);
  const together = conflict(settings);
  if (together) throw refused(together);
  return settings;
}

/** @param {any} given  @returns {Record<string, number[]>} */
function columnsIn(given) {
  const missing = NEEDED.find((name) => !Array.isArray(given?.[name]));
  if (missing) throw refused(`it has no column “${missing}”`);
  const names = KNOWN.filter((name) => Array.isArray(given[name])), length = given.step.length;
  if (length < 1 || length > LIMITS.max_steps + 1) throw refused(`it has ${length} steps`);
  for (const name of names) {
    if (given[name].length !== length) throw refused("its columns have different lengths");
    if (!given[name].every((/** @type {unknown} */ v) => v === null || Number.isFinite(v))) throw refused(`its column “${name}” holds something that is no number`);
  }
  if (!given.step.every((/** @type {unknown} */ v, /** @type {number} */ i) => v === i)) throw refused("its steps do not count up from 0");
  if (given.time.some((/** @type {number | null} */ v, /** @type {number} */ i) => v === null || v < (given.time[i - 1] ?? 0))) throw refused("its times do not rise from 0");
  return Object.fromEntries(names.map((name) => [name, given[name].map((/** @type {number | null} */ v) => v ?? NaN)]));
}

/** One line a step; a value that is not a number is left empty. @param {Record<string, number[]>} columns */
export function csvText(columns) {
  const names = Object.keys(columns), cell = (/** @type {number} */ v) => (Number.isFinite(v) ? String(v) : "");
  return [names.join(","), ...columns.step.map((_, i) => names.map((name) => cell(columns[name][i])).join(",")), ""].join("\r\n");
}

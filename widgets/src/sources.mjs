// @ts-check
// Where many settings come from at once: the page's address, a change of optimizer, a ready-made setting.
import { BROUGHT, presetSettings } from "./methods.mjs";
import { conflict, DEFAULTS } from "./settings.mjs";
import { ALL, FURTHER, hasPart, MID_RUN, readFragment } from "./state.mjs";
import { sentences } from "./words.mjs";

/** @typedef {import("./controller.mjs").Lab} Lab */
/** @typedef {keyof import("./settings.mjs").Settings} Key */

const BESIDES = /** @type {Key[]} */ ([...MID_RUN, ...FURTHER.map(([, name]) => name), "lr_range"]);

/** Some of the settings. @param {Partial<import("./settings.mjs").Settings>} all @param {Key[]} keys */
const pick = (all, keys) => Object.fromEntries(keys.map((key) => [key, all[key]]));

/** The settings of the page's address: all of them, or, where one cannot be used, none, and the sentence that says why.
 * What a link leaves out is the page's own, or belongs to the optimizer that it names. @param {Lab} lab */
export function takeLink(lab) {
  const { given, settings: before, errors } = lab;
  if (!hasPart(location.hash, before.id)) return;
  const raw = readFragment(location.hash, before.id), chosen = raw.optimizer ?? given.optimizer;
  lab.errors = {};
  lab.settings = { ...before, ...pick(given, BESIDES), ...(chosen !== given.optimizer && Object.hasOwn(BROUGHT, chosen) ? BROUGHT[chosen] : {}) };
  for (const [key, value] of Object.entries(raw)) lab.take(/** @type {Key} */ (key), value);
  const wrong = Object.values(lab.errors)[0] ?? conflict(lab.settings), reason = Object.keys(raw).length ? wrong : sentences.emptyLink;
  lab.notice = reason ? sentences.badLink(reason) : "";
  if (reason) [lab.settings, lab.errors] = [before, errors];
}

/** What a new optimizer brings with it, except where Python gave another value together with it. @param {Lab} lab */
export function bring(lab) {
  for (const [name, value] of Object.entries(BROUGHT[lab.settings.optimizer])) {
    const key = /** @type {Key} */ (name), told = lab.model.get(key) ?? lab.settings[key];
    lab.take(key, JSON.stringify(told) === JSON.stringify(lab.settings[key]) ? value : told);
  }
}

/** A ready-made setting: everything that a link holds becomes the default or the setting's own. @param {Lab} lab @param {string} name */
export function usePreset(lab, name) {
  lab.errors = {};
  lab.notice = "";
  const all = { ...pick(DEFAULTS, [.../** @type {Key[]} */ (ALL.map(([, key]) => key)), "lr_range"]), ...presetSettings(name) };
  for (const [key, value] of Object.entries(all)) lab.take(/** @type {Key} */ (key), value);
  lab.publish();
  lab.reset();
}

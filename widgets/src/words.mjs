// @ts-check
// Sentences as the reader meets them.
import { BLOWUP } from "./constants.mjs";
import { LATE } from "./history.mjs";
import { lrText, number, stepText } from "./numbers.mjs";
import { edgeOf, hasFlow, KNOBS, MEASURES, methodOf, shownMeasures } from "./methods.mjs";

/** @typedef {import("./history.mjs").History} History */
/** @typedef {import("./settings.mjs").Settings} Settings */

/** The threshold where a formula of several terms is too long. @param {Settings} settings */
export const edgeWord = (settings) => { const { edge } = methodOf(settings); return edge.length > 8 ? "the threshold" : edge; };
/** @param {Settings} settings */
export const sharpnessWord = (settings) => (methodOf(settings).preconditioned ? "preconditioned sharpness" : "sharpness");

/** η and, after it, the optimizer's own parameters. @param {Settings} settings */
function parameters(settings) {
  const own = methodOf(settings).knobs.map((knob) => (knob === "batch" ? (settings.batch ? `${settings.batch} examples a step` : "all examples a step") : `${KNOBS[knob].symbol} = ${settings[knob]}`));
  return [`η = ${lrText(settings.lr)}`, ...own].join(", ");
}

/** Optimizer and parameters; gradient descent goes without saying. @param {Settings} settings */
const method = (settings) => (settings.optimizer === "gd" ? parameters(settings) : `${methodOf(settings).name}, ${parameters(settings)}`);

/** The threshold and its number. @param {Settings} settings */
export function edgeText(settings) {
  const { edge, moving } = methodOf(settings);
  return moving ? `${edge} moves with the gradient, below 2/η = ${number(2 / settings.lr)}` : `${edge} = ${number(edgeOf(settings))}`;
}

/** @param {History} history @param {Settings} settings */
export function lateText(history, settings) {
  const mean = history.lateMean();
  if (history.length < LATE) return `mean of last ${LATE} steps: S = – (after step ${LATE - 1})`;
  if (!Number.isFinite(mean)) return `mean of last ${LATE} steps: S = – (the run diverged)`;
  return `mean of last ${LATE} steps: S = ${mean >= 1000 ? number(mean) : mean.toFixed(2)} (${(mean / history.last.threshold).toFixed(2)} × ${edgeWord(settings)})`;
}

/** @param {History} history @param {Settings} settings */
function where(history, settings) {
  const { step, sharpness, threshold } = history.last;
  return `step ${stepText(step)}: ${sharpnessWord(settings)} ${number(sharpness)}, that is ${(sharpness / threshold).toFixed(2)} × ${edgeWord(settings)}`;
}

export const sentences = {
  /** @param {Settings} s */
  running: (s) => `Running with ${method(s)}; ${edgeText(s)}.`,
  /** Before the engine's first answer there is no step to name. @param {History} h @param {Settings} s @returns {string} */
  paused: (h, s) => (h.length ? `Paused at ${where(h, s)}.` : sentences.ready(s)),
  /** @param {number} step @param {number} threshold @param {Settings} s */
  crossed: (step, threshold, s) => `At step ${stepText(step)} the ${sharpnessWord(s)} reached ${methodOf(s).edge} = ${number(threshold)}.`,
  /** @param {History} h @param {Settings} s */
  diverged: (h, s) => `Diverged with ${method(s)}: at step ${stepText(h.last.step)} the loss ${Number.isFinite(h.last.loss)
    ? `passed ${stepText(BLOWUP)} × its first value` : "was no longer a finite number"}. Lower η, then press Reset.`,
  /** @param {History} h @param {Settings} s */
  complete: (h, s) => `The run stopped at ${where(h, s)}. This page keeps no more steps; press Reset to start again.`,
  /** @param {Settings} s */
  ready: (s) => `Ready at step 0 with ${method(s)}. Press Run.`,
  /** @param {Settings} s */
  changed: (s) => (s.optimizer === "gd" ? `η is now ${lrText(s.lr)}, so 2/η = ${number(2 / s.lr)}.` : `Now ${parameters(s)}; ${edgeText(s)}.`),
  copied: "The link to this setting is on the clipboard.",
  notCopied: "This page may not write to the clipboard. The link is in the address bar; copy it there.",
  /** @param {string} letter */
  kept: (letter) => `This run is kept as ${letter}: a thin line in both plots.`,
  /** @param {string} letter */
  loaded: (letter) => `The file’s run is kept as ${letter}: a thin line in both plots.`,
  full: "Six runs are kept already. Press “Clear kept runs” first.",
  cleared: "No runs are kept now.",
  nothing: "There is no run yet. Put the settings right first.",
  /** @param {string} file */
  saved: (file) => `Your browser is saving ${file}.`,
  /** @param {string} reason */
  badLink: (reason) => `The link to this widget cannot be used, so it shows the page’s own setting. ${reason}`,
  emptyLink: "It names no setting that this widget has.",
};

/** What the picture shows, for those who do not see it. @param {History} h @param {Settings} s @param {string[]} [kept]  names */
export function pictureText(h, s, kept = []) {
  const measures = shownMeasures(s), also = measures.length ? ` Also shown: ${measures.map((name) => MEASURES[name].text).join("; ")}.` : "";
  const text = `Plots over ${hasFlow(measures) ? "the time ηt" : "the step"}: the loss on a logarithmic axis, and below it the ${sharpnessWord(s)} as a solid line with the threshold ${methodOf(s).edge} dashed.${also}`;
  const old = kept.length ? ` Thin lines: kept runs, ${kept.join("; ")}.` : "";
  return h.length ? `${text}${old} At ${where(h, s)}, loss ${number(h.last.loss)}.` : text;
}

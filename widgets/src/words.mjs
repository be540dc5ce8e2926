// @ts-check
// Numbers and sentences as the reader meets them.
import { BLOWUP } from "./constants.mjs";
import { LATE } from "./history.mjs";

/** @typedef {import("./history.mjs").History} History */

/** Three significant digits, plain where that is short. @param {number} value */
export function number(value) {
  if (!Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (value === 0) return "0";
  if (size >= 1e5 || size < 1e-3) return value.toExponential(1).replace("e-", "e−").replace("e+", "e");
  return size >= 1000 ? Math.round(value).toLocaleString("en") : value.toPrecision(3);
}

/** η without trailing zeros. @param {number} lr */
export const lrText = (lr) => String(Number(lr.toPrecision(6)));

/** @param {number} step */
export const stepText = (step) => step.toLocaleString("en");

/** @param {History} history */
export function lateText(history) {
  const mean = history.lateMean();
  if (history.length < LATE) return `mean of last ${LATE} steps: S = – (after step ${LATE - 1})`;
  if (!Number.isFinite(mean)) return `mean of last ${LATE} steps: S = – (the run diverged)`;
  return `mean of last ${LATE} steps: S = ${mean.toFixed(2)} (${(mean / history.last.threshold).toFixed(2)} × 2/η)`;
}

/** @param {History} history */
function where(history) {
  const { step, sharpness, threshold } = history.last;
  return `step ${stepText(step)}: sharpness ${number(sharpness)}, that is ${(sharpness / threshold).toFixed(2)} × 2/η`;
}

export const sentences = {
  /** @param {number} lr */
  running: (lr) => `Running with η = ${lrText(lr)}; 2/η = ${number(2 / lr)}.`,
  /** @param {History} h */
  paused: (h) => `Paused at ${where(h)}.`,
  /** @param {number} step @param {number} threshold */
  crossed: (step, threshold) => `At step ${stepText(step)} the sharpness reached 2/η = ${number(threshold)}.`,
  /** @param {History} h @param {number} lr */
  diverged: (h, lr) => `Diverged with η = ${lrText(lr)}: at step ${stepText(h.last.step)} the loss ${Number.isFinite(h.last.loss)
    ? `passed ${stepText(BLOWUP)} × its first value` : "was no longer a finite number"}. Lower η, then press Reset.`,
  /** @param {History} h */
  complete: (h) => `The run stopped at ${where(h)}. This page keeps no more steps; press Reset to start again.`,
  /** @param {number} lr */
  ready: (lr) => `Ready at step 0 with η = ${lrText(lr)}. Press Run.`,
  /** @param {number} lr */
  changed: (lr) => `η is now ${lrText(lr)}, so 2/η = ${number(2 / lr)}.`,
  copied: "The link to this setting is on the clipboard.",
  notCopied: "This page may not write to the clipboard. The link is in the address bar; copy it there.",
};

/** What the picture shows, for those who do not see it. @param {History} h */
export function pictureText(h) {
  const text = "Two plots over the step: the loss on a logarithmic axis, and below it the sharpness as a solid line with the threshold 2/η dashed.";
  return h.length ? `${text} At ${where(h)}, loss ${number(h.last.loss)}.` : text;
}

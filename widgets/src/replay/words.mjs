// @ts-check
// The moment in a sentence; the events that a screen reader is told; what the pictures show.
import { number, stepText } from "../numbers.mjs";
import { densityAt, measuredUpTo } from "./record.mjs";

/** @typedef {import("./record.mjs").Run} Run */

/** A loss or a curvature, with a real minus. @param {number} v */
export const value = (v) => number(v).replace(/^-/, "−");

/** The sharpness at the last measured point up to `at`: where, how large, how many thresholds. @param {Run} run @param {number} at */
export function sharpnessAt(run, at) {
  const k = measuredUpTo(run, at), i = k < 0 ? -1 : run.seen[k];
  return i < 0 ? null : { point: i, sharpness: run.eigenvalues[0][i], threshold: run.thresholds[i], share: run.eigenvalues[0][i] / run.thresholds[i] };
}

/** @param {Run} run @param {number} at */
export function readout(run, at) {
  const found = sharpnessAt(run, at), moment = `Step ${stepText(run.step[at])}: the loss is ${value(run.loss[at])}`;
  if (!found) return `${moment}; the sharpness was not measured.`;
  const when = found.point === at ? "" : ` (measured at step ${stepText(run.step[found.point])})`;
  if (!Number.isFinite(found.threshold)) return `${moment}, the sharpness ${value(found.sharpness)}${when}.`;
  return `${moment}, the sharpness ${value(found.sharpness)}${when}, which is ${found.share.toFixed(2)} times ${run.word} = ${value(found.threshold)}.`;
}

/** What has happened up to a point: it changes only at the crossing and at the end. @param {Run} run @param {number} at */
export function event(run, at) {
  const { crossing, word, step, points, stopped, seen, thresholds } = run, known = seen.length > 0 && Number.isFinite(thresholds[0]);
  const crossed = crossing <= 0 ? `The sharpness is above ${word} from the start.` : `The sharpness first rose above ${word} at step ${stepText(step[crossing])}.`;
  const end = at < points - 1 ? [] : [stopped ? `The run stopped early: ${stopped}.` : `The run ends at step ${stepText(step[at])}.`];
  if (!known) return end.join(" ");
  if (crossing >= 0 && at >= crossing) return [...end, crossed].join(" ");
  return [...end, end.length ? `The sharpness never was above ${word}.` : `The sharpness has not been above ${word} yet.`].join(" ");
}

/** @param {Run} run @param {number} at */
export const describeSeries = (run, at) => `Loss, logarithmic, and the largest ${run.eigenvalues.length > 1 ? `${run.eigenvalues.length} eigenvalues` : "eigenvalue"} of the Hessian over the steps ${stepText(run.step[0])} to ${stepText(run.step[run.points - 1])}; dashed, ${run.word}. ${readout(run, at)} ${event(run, at)}`.trim();

/** @param {Run} run @param {number} at */
export function describeDensity(run, at) {
  const found = densityAt(run, run.step[at]);
  if (!found) return "The spectral density of the Hessian, not yet taken at this step.";
  const { grid } = found;
  return `The spectral density of the Hessian at step ${stepText(found.step)}: the share of eigenvalues, logarithmic, from ${value(grid[0])} to ${value(grid[grid.length - 1])}. Dashed, ${run.word}.`;
}

/** @param {import("./record.mjs").Measure} measure @param {Run} run @param {number} at */
export function describeMeasure({ name, columns }, run, at) {
  const now = columns.slice(0, 2).map((c) => value(c[at])).join(" and ");
  return columns.length > 1 ? `The path of “${name}” in the plane of its first two components, up to step ${stepText(run.step[at])}, where they are ${now}.` : `“${name}” over the steps; at step ${stepText(run.step[at])} it is ${now}.`;
}

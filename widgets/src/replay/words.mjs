// @ts-check
// The moment in a sentence; the events that a screen reader is told; what the pictures show.
import { number } from "../numbers.mjs";
import { densityAt, measuredUpTo, pointAt, tick, when } from "./record.mjs";

/** @typedef {import("./record.mjs").Run} Run */

/** A loss or a curvature, with a real minus. @param {number} v */
export const value = (v) => number(v).replace(/^-/, "−");

const capital = (/** @type {string} */ text) => text[0].toUpperCase() + text.slice(1);
const clocks = (/** @type {Run} */ { clock }) => (clock === "step" ? "steps" : clock);
const dashed = (/** @type {Run} */ { thresholds, word }) => (thresholds.some(Number.isFinite) ? `; dashed, ${word}` : "");

/** The sharpness at the last measured point up to `at`: where, how large, how many thresholds. @param {Run} run @param {number} at */
export function sharpnessAt(run, at) {
  const k = measuredUpTo(run, at), i = k < 0 ? -1 : run.seen[k];
  return i < 0 ? null : { point: i, sharpness: run.eigenvalues[0][i], threshold: run.thresholds[i], share: run.eigenvalues[0][i] / run.thresholds[i] };
}

/** @param {Run} run @param {number} at */
export function readout(run, at) {
  const found = sharpnessAt(run, at), moment = `${capital(when(run, at))}: the loss is ${value(run.loss[at])}`;
  if (!found) return `${moment}; the sharpness was not measured.`;
  const past = found.point === at ? "" : ` (measured at ${when(run, found.point)})`;
  if (!Number.isFinite(found.threshold)) return `${moment}, the sharpness ${value(found.sharpness)}${past}.`;
  return `${moment}, the sharpness ${value(found.sharpness)}${past}, which is ${found.share.toFixed(2)} times ${run.word} = ${value(found.threshold)}.`;
}

/** What has happened up to a point: it changes only at the crossing and at the end. @param {Run} run @param {number} at */
export function event(run, at) {
  const { crossing, word, points, stopped, seen, thresholds } = run, known = seen.length > 0 && Number.isFinite(thresholds[0]);
  const crossed = crossing <= 0 ? `The sharpness is above ${word} from the start.` : `The sharpness first rose above ${word} at ${when(run, crossing)}.`;
  const end = at < points - 1 ? [] : [stopped ? `The run stopped early: ${stopped}.` : `The run ends at ${when(run, at)}.`];
  if (!known) return end.join(" ");
  if (crossing >= 0 && at >= crossing) return [...end, crossed].join(" ");
  return [...end, end.length ? `The sharpness never was above ${word}.` : `The sharpness has not been above ${word} yet.`].join(" ");
}

/** @param {Run} run @param {number} at */
export const describeSeries = (run, at) => `Loss, logarithmic, and the largest ${run.eigenvalues.length > 1 ? `${run.eigenvalues.length} eigenvalues` : "eigenvalue"} of the Hessian over the ${clocks(run)} ${tick(run, 0)} to ${tick(run, run.points - 1)}${dashed(run)}. ${readout(run, at)} ${event(run, at)}`.trim();

/** @param {Run} run @param {number} at */
export function describeDensity(run, at) {
  const found = densityAt(run, run.step[at]);
  if (!found) return "The spectral density of the Hessian, not yet taken at this ${run.clock}.";
  const { grid } = found;
  return `The spectral density of the Hessian at ${when(run, pointAt(run, found.step))}: the share of eigenvalues, logarithmic, from ${value(grid[0])} to ${value(grid[grid.length - 1])}${dashed(run)}.`;
}

/** @param {import("./record.mjs").Measure} measure @param {Run} run @param {number} at */
export function describeMeasure({ name, columns }, run, at) {
  const now = columns.slice(0, 2).map((c) => value(c[at])).join(" and ");
  return columns.length > 1 ? `The path of “${name}” in the plane of its first two components, up to ${when(run, at)}, where they are ${now}.` : `“${name}” over the ${clocks(run)}; at ${when(run, at)} it is ${now}.`;
}

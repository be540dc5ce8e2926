// @ts-check
// The book's one picture: the loss (logarithmic) above, the sharpness and the dashed threshold 2/η below, on one
// step axis, each line named where it ends. Drawn with a pen, so that the page's canvas and a static SVG share it.
import { decades, exponents, sharpnessTop, stepsTop, ticks } from "./scales.mjs";

/** @typedef {import("./scales.mjs").Rows} Rows */
/** @typedef {"loss" | "sharpness" | "threshold" | "muted" | "line"} Ink */
/** @typedef {object} Pen
 * @property {(points: number[], ink: Ink, width: number, dash?: number[]) => void} line  points: x, y, x, y, …
 * @property {(x: number, y: number, text: string, ink: Ink, align: "left" | "right" | "center", bold?: boolean) => void} text  y: the middle */
/** @typedef {{ x: (step: number) => number, step: (x: number) => number, loss: (v: number) => number, sharpness: (v: number) => number,
 *   left: number, right: number, panels: [number, number][] }} Geometry  panels: top and bottom of each, px */

const LABEL_GAP = 15;  // between the names of two lines, px

/** @param {Rows} rows @param {number} width @param {number} height  @returns {Geometry} */
export function geometry(rows, width, height) {
  const narrow = width < 520, left = narrow ? 34 : 42, right = width - (narrow ? 68 : 84);
  const middle = Math.round(height * 0.37), bottom = height - 26;
  const last = stepsTop(rows.length), [low, high] = decades(rows), top = sharpnessTop(rows);
  /** @type {[number, number][]} */
  const panels = [[10, middle - 12], [middle + 12, bottom]];
  const within = (/** @type {number} */ share, /** @type {[number, number]} */ [y0, y1]) => y1 - Math.min(1, Math.max(0, share)) * (y1 - y0);
  return {
    left, right, panels,
    x: (step) => left + (step / last) * (right - left),
    step: (x) => ((x - left) / (right - left)) * last,
    loss: (v) => within((Math.log10(Math.max(v, 1e-300)) - low) / (high - low), panels[0]),
    sharpness: (v) => within(v / top, panels[1]),
  };
}

/** @param {Pen} pen @param {Rows} rows @param {number} width @param {number} height  @returns {Geometry} */
export function drawPicture(pen, rows, width, height) {
  const g = geometry(rows, width, height), [[, lossFloor], [roof, floor]] = g.panels;
  const across = (/** @type {number} */ y) => pen.line([g.left, y, g.right, y], "line", 1);
  for (const e of exponents(...decades(rows), 4)) {
    across(g.loss(10 ** e));
    pen.text(g.left - 7, g.loss(10 ** e), power(e), "muted", "right");
  }
  for (const v of ticks(sharpnessTop(rows), 4)) {
    across(g.sharpness(v));
    pen.text(g.left - 7, g.sharpness(v), String(Number(v.toPrecision(6))), "muted", "right");
  }
  for (const s of ticks(stepsTop(rows.length), width < 520 ? 3 : 5)) {
    pen.line([g.x(s), floor, g.x(s), floor + 4], "line", 1);
    pen.text(g.x(s), floor + 15, s.toLocaleString("en"), "muted", "center");
  }
  pen.text(g.right + 30, floor + 15, "step", "muted", "left");
  if (rows.length === 0) return g;
  for (const part of trace(rows, rows.loss, g.x, g.loss)) pen.line(part, "loss", 1.75);
  for (const part of trace(rows, rows.sharpness, g.x, g.sharpness)) pen.line(part, "sharpness", 1.75);
  pen.line(stairs(rows, g), "threshold", 1.5, [6, 4]);
  nameLines(pen, g, [["loss", lastFinite(rows.loss, rows.length), g.loss]], lossFloor);
  nameLines(pen, g, [["sharpness", lastFinite(rows.sharpness, rows.length), g.sharpness], ["threshold", rows.threshold[rows.length - 1], g.sharpness]], floor, roof);
  return g;
}

/** @param {Float64Array} column @param {number} length */
function lastFinite(column, length) {
  for (let i = length - 1; i >= 0; i--) if (Number.isFinite(column[i])) return column[i];
  return 0;
}

/** Polylines of one column. Where several steps share a pixel, only the first, lowest, highest and last are kept, so
 * that oscillations show at full height. A value that is not a number breaks the line.
 * @param {Rows} rows @param {Float64Array} column @param {(s: number) => number} x @param {(v: number) => number} y  @returns {number[][]} */
export function trace(rows, column, x, y) {
  /** @type {number[][]} */
  const parts = [];
  /** @type {number[]} */
  let part = [];
  for (let i = 0; i < rows.length;) {
    if (Number.isNaN(column[i])) {
      if (part.length) parts.push(part);
      part = [];
      i++;
      continue;
    }
    const pixel = Math.floor(x(rows.step[i])), start = i;
    let low = i, high = i;
    while (i < rows.length && !Number.isNaN(column[i]) && Math.floor(x(rows.step[i])) === pixel) {
      if (column[i] < column[low]) low = i;
      if (column[i] > column[high]) high = i;
      i++;
    }
    const kept = [...new Set([start, Math.min(low, high), Math.max(low, high), i - 1])];
    for (const k of kept) part.push(x(rows.step[k]), y(column[k]));
  }
  if (part.length) parts.push(part);
  return parts;
}

/** The threshold as stairs: level until the step at which η changed. @param {Rows} rows @param {Geometry} g */
function stairs({ step, threshold, length }, g) {
  const points = [g.x(step[0]), g.sharpness(threshold[0])];
  for (let i = 1; i < length; i++) {
    if (threshold[i] === threshold[i - 1]) continue;
    points.push(g.x(step[i]), g.sharpness(threshold[i - 1]), g.x(step[i]), g.sharpness(threshold[i]));
  }
  points.push(g.right, g.sharpness(threshold[length - 1]));   // on to the right: where the sharpness is to go
  return points;
}

const NAMES = { loss: "loss", sharpness: "sharpness", threshold: "2/η" };

/** Names the lines at the height of their last values, the names kept apart and inside.
 * @param {Pen} pen @param {Geometry} g @param {["loss" | "sharpness" | "threshold", number, (v: number) => number][]} lines
 * @param {number} floor @param {number} [roof] */
function nameLines(pen, g, lines, floor, roof = 0) {
  const marks = lines.map(([name, value, y]) => ({ name, y: y(value) })).sort((a, b) => a.y - b.y);
  for (let i = 1; i < marks.length; i++) {
    const push = Math.max(0, LABEL_GAP - (marks[i].y - marks[i - 1].y));
    marks[i - 1].y = Math.max(roof, marks[i - 1].y - push / 2);
    marks[i].y = Math.min(floor, marks[i - 1].y + LABEL_GAP + Math.max(0, marks[i].y - marks[i - 1].y - LABEL_GAP));
  }
  for (const { name, y } of marks) pen.text(g.right + 8, y, NAMES[name], name, "left", true);
}

/** @param {number} exponent */
export function power(exponent) {
  if (exponent >= -2 && exponent <= 2) return String(Number((10 ** exponent).toPrecision(1)));
  return `10${[...String(exponent)].map((c) => (c === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(c)])).join("")}`;
}

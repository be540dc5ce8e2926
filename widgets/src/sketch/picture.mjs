// @ts-check
// The axes, the reader's curve and, after the commitment, the run.
import { apart, curve, finerExponents, frame, ticksOf } from "../toys/axes.mjs";
import { COLUMNS, valueOf } from "./hand.mjs";

/** @typedef {import("../toys/pen.mjs").Pen} Pen */
/** @typedef {{ settings: import("./settings.mjs").Settings, heights: Float64Array, first: number, shown: number, done: boolean, part: number | null }} Scene
 *   shown: the run is drawn up to this x; done: nothing is missing from it; part: where the curves part */

/** @param {number} low @param {number} high @param {boolean} log @param {string} name @param {number} count */
function axis(low, high, log, name, count) {
  if (!log) return { low, high, name, count };
  const from = Math.log10(low), to = Math.log10(high);
  return { low: from, high: to, log, name, count, ...(to - from <= 2 ? { ticks: finerExponents(from, to) } : {}) };
}

/** Room at the right for the names of the lines, in px: bold letters of 12 px are some 7 px wide. @param {string[]} names @param {boolean} narrow */
const margin = (names, narrow) => Math.min(120, Math.max(narrow ? 62 : 84, 15 + 7 * Math.max(...names.map((name) => name.length))));

/** @param {Pen} pen @param {Scene} scene @param {number} width @param {number} height  @returns {import("../toys/axes.mjs").Frame} */
export function drawSketch(pen, { settings, heights, first, shown, done, part }, width, height) {
  const { x, y, x_range, y_range, x_log, y_log, x_name, y_name, level, level_name, given } = settings, narrow = width < 520, ink = y_name.includes("loss") ? "loss" : "sharpness";
  const box = { left: narrow ? 40 : 48, right: width - margin(["the run", level === null ? "" : level_name], narrow), top: 24, bottom: height - 40 };
  const across = axis(x_range[0], x_range[1], x_log, x_name, narrow ? 3 : 5), upward = axis(y_range[0], y_range[1], y_log, y_name, 4), f = frame(pen, box, across, upward);
  const mine = Array.from({ length: COLUMNS }, (_, c) => c).filter((c) => !Number.isNaN(heights[c])), runs = x.filter((v) => v <= shown).length - 1, known = x.filter((v) => v <= (given ?? -Infinity)).length - 1;
  const over = (/** @type {number} */ c) => box.left + (c / (COLUMNS - 1)) * (box.right - box.left), up = (/** @type {number} */ c) => box.bottom - heights[c] * (box.bottom - box.top);
  pen.line([box.left, box.bottom, box.right, box.bottom], "edge", 1.2, []);
  pen.line([box.left, box.top, box.left, box.bottom], "edge", 1.2, []);
  if (level !== null) pen.line([box.left, f.y(level), box.right, f.y(level)], "threshold", 1.5, [7, 4]);
  if (first > 0) pen.line([over(first - 1), box.top, over(first - 1), box.bottom], "edge", 1, [2, 3]);
  const run = runs >= 0 ? curve(f, (i) => x[i], y, runs) : [];
  pen.clip(box, () => {
    if (done) gap(pen, f, settings, heights, first, ink);
    if (part !== null) pen.line([f.x(part), box.top, f.x(part), box.bottom], "edge", 1.2, [3, 3]);
  });
  const strokes = pieces(mine);
  pen.clip({ ...box, top: box.top - 3, bottom: box.bottom + 3, right: box.right + 3 }, () => {
    strokes.forEach((piece) => {
      const before = piece[0] === first && first > 0 ? [over(first - 1), f.y(y[known])] : [];
      pen.line([...before, ...piece.flatMap((c) => [over(c), up(c)])], "second", 2.6, done ? [9, 4] : []);
    });
    if (run.length) pen.line(run, ink, 2);
  });
  if (part !== null) pen.text(Math.max(box.left + 46, Math.min(box.right - 46, f.x(part))), box.top + 9, "you part here", "muted", "center", true);
  /** @type {[string, string, number][]} */
  const names = level === null ? [] : [[level_name, "threshold", f.y(level)]];
  if (mine.length && mine[mine.length - 1] === COLUMNS - 1) names.push(["you", "second", up(COLUMNS - 1)]);
  if (done && runs >= 0) names.push(["the run", ink, f.y(y[runs])]);
  apart(box, names, (name, colour, py) => pen.text(box.right + 8, py, name, colour, "left", true));
  if (!mine.length) invite(pen, f, over(Math.max(0, first - 1)), first > 0, [...ticksOf(upward).map((v) => f.y(y_log ? 10 ** v : v)), ...(level === null ? [] : [f.y(level)])]);
  return f;
}

/** The words in an empty pad, between the grid's lines. @param {Pen} pen @param {import("../toys/axes.mjs").Frame} f @param {number} from  px @param {boolean} given @param {number[]} lines  px */
function invite(pen, { box }, from, given, lines) {
  const room = box.right - from, words = !given ? "draw here, from left to right" : room > 175 ? "draw on from the dotted line" : "draw on here";
  const places = [0.36, 0.31, 0.41, 0.26, 0.46, 0.72].map((share) => box.top + share * (box.bottom - box.top));
  const clearest = (/** @type {number} */ y) => Math.min(14, ...lines.map((line) => Math.abs(line - y)));
  pen.text((from + box.right) / 2, places.reduce((best, y) => (clearest(y) > clearest(best) ? y : best)), words, "muted", "center");
}

/** Neighbouring columns together. @param {number[]} columns */
function pieces(columns) {
  /** @type {number[][]} */
  const all = [];
  columns.forEach((c, i) => { if (i && c === columns[i - 1] + 1) all[all.length - 1].push(c); else all.push([c]); });
  return all;
}

/** The room between the two curves. @param {Pen} pen @param {import("../toys/axes.mjs").Frame} f @param {import("./settings.mjs").Settings} settings @param {Float64Array} heights @param {number} first @param {string} ink */
function gap(pen, f, { x, y, y_range, y_log }, heights, first, ink) {
  const { left, right } = f.box, scale = { low: y_range[0], high: y_range[1], log: y_log };
  /** @type {number[]} */
  const there = [], /** @type {number[]} */ back = [];
  for (let c = Math.max(0, first - 1); c < COLUMNS; c++) if (!Number.isNaN(heights[c])) there.push(left + (c / (COLUMNS - 1)) * (right - left), f.y(valueOf(scale, heights[c])));
  for (let i = x.length - 1; i >= 0; i--) if (f.x(x[i]) >= there[0] - 1 && f.x(x[i]) <= right + 1) back.push(f.x(x[i]), f.y(y[i]));
  if (there.length && back.length) pen.fill([[...there, ...back]], ink, 0.13);
}

// @ts-check
// One panel: its scales, its grid, its ticks. Every value is kept finite here, before it reaches the page.
import { exponents } from "../scales.mjs";
import { power } from "../picture.mjs";

/** @typedef {import("./pen.mjs").Pen} Pen */
/** @typedef {{ left: number, right: number, top: number, bottom: number }} Box  px */
/** @typedef {{ low: number, high: number, log?: boolean, name?: string, count?: number, ticks?: number[] }} Axis  log: low and high are exponents of ten */
/** @typedef {{ x: (v: number) => number, y: (v: number) => number, box: Box, over: (px: number) => number, up: (px: number) => number }} Frame
 *   x, y: px of a value, at most one panel's width outside the panel; over, up: the value at a px */

/** Round numbers from low to high, about `count` of them. @param {number} low @param {number} high @param {number} count */
export function roundTicks(low, high, count) {
  const raw = (high - low) / count, unit = 10 ** Math.floor(Math.log10(raw) + 1e-9), step = unit * (raw > 5 * unit ? 10 : raw > 2 * unit ? 5 : raw > 1.001 * unit ? 2 : 1);
  const first = Math.ceil(low / step - 1e-9);
  return Array.from({ length: Math.max(0, Math.floor(high / step + 1e-9) - first + 1) }, (_, i) => Number(((first + i) * step).toPrecision(12)) || 0);
}

/** @param {number} from @param {number} to @param {Axis} axis */
function scale(from, to, { low, high, log }) {
  const room = Math.abs(to - from);
  return (/** @type {number} */ v) => {
    const share = ((log ? Math.log10(Math.max(v, 1e-300)) : v) - low) / (high - low), at = from + share * (to - from);
    return Number.isFinite(at) ? Math.max(Math.min(from, to) - room, Math.min(Math.max(from, to) + room, at)) : (v > 0 ? to : from);
  };
}

/** Draws a panel's grid and returns its scales. @param {Pen} pen @param {Box} box @param {Axis} x @param {Axis} y  @returns {Frame} */
export function frame(pen, box, x, y) {
  const fx = scale(box.left, box.right, x), fy = scale(box.bottom, box.top, y);
  for (const v of ticksOf(y)) {
    const at = fy(y.log ? 10 ** v : v);
    pen.line([box.left, at, box.right, at], "line", 1);
    pen.text(box.left - 7, at, named(v, y), "muted", "right");
  }
  for (const v of ticksOf(x)) {
    const at = fx(x.log ? 10 ** v : v);
    pen.line([at, box.bottom, at, box.bottom + 4], "line", 1);
    pen.text(at, box.bottom + 14, named(v, x), "muted", "center");
  }
  if (x.name) pen.text(box.right, box.bottom + 29, x.name, "muted", "right");
  if (y.name) pen.text(box.left, box.top - 11, y.name, "muted", "left");
  const back = (/** @type {number} */ px, /** @type {number} */ from, /** @type {number} */ to, /** @type {Axis} */ a) => a.low + ((px - from) / (to - from)) * (a.high - a.low);
  return { x: fx, y: fy, box, over: (px) => back(px, box.left, box.right, x), up: (px) => back(px, box.bottom, box.top, y) };
}

/** Where an axis has its ticks; exponents, if it is logarithmic. @param {Axis} axis */
export const ticksOf = ({ low, high, log, count = 4, ticks }) => ticks ?? (log ? exponents(low, high, count) : roundTicks(low, high, count));

/** @param {number} v @param {Axis} axis */
const named = (v, { log }) => (!log ? label(v) : Number.isInteger(v) ? power(v) : label(Number((10 ** v).toPrecision(2))));

/** 1, 2 and 5 times the powers of ten from low to high, as exponents, for an axis of few decades. @param {number} low @param {number} high */
export function finerExponents(low, high) {
  const all = Array.from({ length: Math.ceil(high) - Math.floor(low) + 1 }, (_, i) => Math.floor(low) + i).flatMap((e) => [e, e + Math.log10(2), e + Math.log10(5)]);
  return all.filter((e) => e >= low - 1e-9 && e <= high + 1e-9);
}

/** @param {number} v */
const label = (v) => (Math.abs(v) >= 1000 ? v.toLocaleString("en") : String(v)).replace("-", "−");

/** Ends of a logarithmic axis, as exponents, that hold the positive values of all the series: whole decades.
 * @param {ArrayLike<number>[]} series @param {number} floor @param {number} roof  @returns {[number, number]} */
export function wholeDecades(series, floor, roof) {
  let low = Infinity, high = 0;
  for (const values of series) for (let i = 0; i < values.length; i++) {
    const v = values[i];
    if (v > 0 && v < Infinity) { low = Math.min(low, v); high = Math.max(high, v); }
  }
  if (!(low <= high)) return [-1, 0];
  const to = Math.min(roof, Math.ceil(Math.log10(high) - 1e-9)), from = Math.max(floor, Math.floor(Math.log10(low) + 1e-9));
  return from < to ? [from, to] : [to - 1, to];
}

/** A polyline through rows of a frame; where several rows share a pixel, only the first, lowest, highest and last are kept.
 * @param {Frame} f @param {(i: number) => number} x @param {ArrayLike<number>} values @param {number} last  the last row */
export function curve(f, x, values, last) {
  /** @type {number[]} */
  const points = [];
  for (let i = 0; i <= last;) {
    const pixel = Math.floor(f.x(x(i))), start = i;
    let low = i, high = i;
    for (; i <= last && Math.floor(f.x(x(i))) === pixel; i++) {
      if (values[i] < values[low]) low = i;
      if (values[i] > values[high]) high = i;
    }
    for (const k of new Set([start, Math.min(low, high), Math.max(low, high), i - 1])) points.push(f.x(x(k)), f.y(values[k]));
  }
  return points;
}

/** Names at the ends of lines, at least 15 px apart and inside. @param {Box} box @param {[string, string, number][]} names @param {(name: string, ink: string, y: number) => void} put */
export function apart(box, names, put) {
  const marks = names.map(([name, ink, y]) => ({ name, ink, y: Math.max(box.top, Math.min(box.bottom, y)) })).sort((a, b) => a.y - b.y);
  for (let i = 1; i < marks.length; i++) marks[i].y = Math.max(marks[i].y, marks[i - 1].y + 15);
  for (let i = marks.length - 1, room = box.bottom + 4; i >= 0; i--, room -= 15) marks[i].y = Math.min(marks[i].y, room);
  for (const { name, ink, y } of marks) put(name, ink, y);
}

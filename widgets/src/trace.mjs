// @ts-check
// From a column of a run to what is drawn: lines, and where it swings faster than the pixels can follow, the area that
// the line would fill. Stroking such a line of thousands of long zigzags costs a frame or more; its outline costs nothing.

/** @typedef {import("./scales.mjs").Rows} Rows */
/** @typedef {{ points: number[], area: boolean }} Part  x, y, x, y, … of a line, or of the outline of an area */

const SMOOTH = 1, TALL = 2;  // px: a pixel's steps within SMOOTH of each other are one point; beyond TALL they may fill an area
const SWINGING = 1.5;        // they do if their ups and downs are this many times what lies between the lowest and the highest

/** Parts of one column. Where several steps share a pixel, only the first, lowest, highest and last are kept, so that
 * oscillations show at full height. A value that is not a number ends a part.
 * @param {Rows} rows @param {Float64Array} column @param {(s: number) => number} x  linear @param {(v: number) => number} y
 * @param {Float64Array} [along]  what x takes, never falling: steps or times
 * @param {number} [width]  of the line, where it may become an area; 0: lines only  @returns {Part[]} */
export function trace(rows, column, x, y, along = rows.step, width = 0) {
  const parts = /** @type {Part[]} */ ([]), origin = x(0), pace = x(1) - origin, half = width / 2;
  let line = /** @type {number[]} */ ([]), top = /** @type {number[]} */ ([]), bottom = /** @type {number[]} */ ([]);
  let reached = 0;                                     // right end of the area so far
  const add = (/** @type {number} */ i) => { line.push(x(along[i]), y(column[i])); };
  const endLine = () => { if (line.length) parts.push({ points: line, area: false }); line = []; };
  const endArea = () => { if (top.length) parts.push({ points: [...top, ...bottom.reverse()], area: true }); top = []; bottom = []; };
  /** The edges of the area at one place. @param {number} at @param {number} high @param {number} low */
  const edges = (at, high, low) => { top.push(at, high - half); bottom.push(low + half, at); };   // bottom is turned round at the end

  for (let i = 0; i < rows.length;) {
    if (Number.isNaN(column[i])) { endLine(); endArea(); i++; continue; }
    const first = i, pixel = Math.floor(x(along[i])), right = (pixel + 1 - origin) / pace;
    let least = i, most = i, path = 0;
    for (i++; i < rows.length && along[i] < right && !Number.isNaN(column[i]); i++) {
      path += Math.abs(column[i] - column[i - 1]);
      if (column[i] < column[least]) least = i;
      else if (column[i] > column[most]) most = i;
    }
    const last = i - 1, ends = i >= rows.length || Number.isNaN(column[i]), high = Math.min(y(column[most]), y(column[least])), low = Math.max(y(column[most]), y(column[least]));
    const next = ends ? last : i, reach = Math.max(column[most], column[next]) - Math.min(column[least], column[next]);
    if (width && last > first && low - high > TALL && path + Math.abs(column[next] - column[last]) > SWINGING * reach) {
      if (line.length) { add(first); endLine(); }
      if (!top.length) edges(pixel, high, low);
      edges(pixel + 0.5, high, low);
      reached = pixel + 1;
      if (ends) edges(reached, high, low);
      continue;
    }
    if (top.length) { edges(reached, top[top.length - 1] + half, bottom[bottom.length - 2] - half); endArea(); add(first - 1); }
    if (low - high > SMOOTH) for (const k of new Set([first, Math.min(least, most), Math.max(least, most), last])) add(k);
    else { add(first); if (ends && last > first) add(last); }
  }
  endLine();
  endArea();
  return parts;
}

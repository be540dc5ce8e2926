// @ts-check
// Where gradient descent from one start ends up, for many step sizes; computed a few columns at a time, so that the
// page stays fluent.
import { attractor } from "./landscapes.mjs";

/** @typedef {{ etas: number[], columns: ([number, number][] | null)[] }} Bifurcation  columns: the last points, null where it diverged; as many as are done */

export const COLUMNS = 180, SETTLE = 2500, KEEP = 48;
const SLICE_MS = 8;

/** @param {import("./landscapes.mjs").Landscape} l  @returns {number[]} */
export const etasOf = ({ range: [low, high] }) => Array.from({ length: COLUMNS }, (_, i) => low + ((high - low) * i) / (COLUMNS - 1));

/** Fills `columns` in slices until all are there; `paint` after each. @param {import("./landscapes.mjs").Landscape} l @param {number[]} start @param {() => void} paint
 * @returns {{ found: Bifurcation, stop: () => void }} */
export function bifurcation(l, start, paint) {
  /** @type {Bifurcation} */
  const found = { etas: etasOf(l), columns: [] };
  const work = () => {
    const until = performance.now() + SLICE_MS;
    while (found.columns.length < COLUMNS && performance.now() < until) found.columns.push(attractor(l, found.etas[found.columns.length], start, SETTLE, KEEP));
    paint();
    if (found.columns.length < COLUMNS) timer = setTimeout(work, 4);
  };
  let timer = setTimeout(work, 0);
  return { found, stop: () => clearTimeout(timer) };
}

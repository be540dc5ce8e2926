// @ts-check
// What the reader drew, kept in this browser. Where storage is blocked or full, the page works and forgets.

/** @param {string} id */
const key = (id) => `eos-sketch ${location.pathname} ${id}`;

/** @typedef {{ axes: string, heights: (number | null)[], choice: string, committed: boolean }} Kept  axes: what it was drawn on */

/** @param {string} id @param {string} axes @param {number} columns  @returns {Kept | null} only what was drawn on the same axes */
export function recall(id, axes, columns) {
  try {
    const kept = JSON.parse(localStorage.getItem(key(id)) ?? "null");
    const fits = kept && kept.axes === axes && Array.isArray(kept.heights) && kept.heights.length === columns && kept.heights.every((/** @type {unknown} */ v) => v === null || (typeof v === "number" && v >= 0 && v <= 1));
    return fits ? { axes, heights: kept.heights, choice: String(kept.choice ?? ""), committed: kept.committed === true } : null;
  } catch {
    return null;
  }
}

/** @param {string} id @param {Kept | null} kept  null: forget it */
export function keep(id, kept) {
  try {
    if (kept) localStorage.setItem(key(id), JSON.stringify(kept));
    else localStorage.removeItem(key(id));
  } catch { /* blocked or full: nothing is kept */ }
}

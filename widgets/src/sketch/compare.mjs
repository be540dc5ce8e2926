// @ts-check
// The reader's curve and the run: where they part, where they end, and the one sentence about it.
import { number } from "../numbers.mjs";
import { heightAt, shareOf, valueOf } from "./hand.mjs";

/** @typedef {{ at: number, you: number, run: number, apart: number, part: number | null, worst: number, meet: boolean }} Comparison
 *   at: the last x of the run on the axes; you, run: the values there; apart: their distance as a share of the axis
 *   part: the x from which they stay apart for a while, or null; worst: the largest distance; meet: parted, and together at the end */

export const TOLERANCE = 0.08;   // of the axis: closer than this is together
const WHILE = 0.03;              // of the x axis: a single swing is no parting

/** @param {import("./hand.mjs").Scale} x @param {import("./hand.mjs").Scale} y @param {{ x: number[], y: number[] }} run @param {ArrayLike<number>} heights  the whole curve @param {number} from  the x from which the reader drew  @returns {Comparison} */
export function compare(x, y, run, heights, from) {
  const points = run.x.map((v, i) => ({ at: v, share: shareOf(x, v), run: run.y[i] })).filter(({ at, share }) => at >= from && share >= 0 && share <= 1 + 1e-9)
    .map((p) => ({ ...p, apart: Math.abs(shareOf(y, p.run) - heightAt(heights, p.share)) }));
  const part = points.find(({ share }) => points.every((p) => p.share < share || p.share > share + WHILE || p.apart > TOLERANCE));
  const last = points[points.length - 1];
  return {
    at: last.at, run: last.run, you: valueOf(y, heightAt(heights, last.share)), apart: last.apart, part: part && part.share < 1 - WHILE ? part.at : null,
    worst: Math.max(...points.map((p) => p.apart)), meet: !!part && last.apart <= TOLERANCE,
  };
}

/** In units of the level, in words. @param {number} v @param {{ level: number | null, level_name: string }} settings */
function inLevels(v, { level, level_name }) {
  if (!level) return "";
  const ratio = v / level, off = Math.abs(ratio - 1);
  if (off < 0.05) return `, which is ${level_name}${off < 0.005 ? "" : ` to within ${Math.ceil(100 * off - 1e-9)}\u00a0%`}`;
  return `, ${ratio.toFixed(Math.abs(ratio) < 1.5 ? 2 : 1).replace("-", "−")} times ${level_name}`;
}

/** A value read off a drawing: two digits. @param {number} v */
export const rough = (v) => number(Number(v.toPrecision(2))).replace(/(\.\d*?)0+$/, "$1").replace(/\.$/, "").replace(/^-/, "−");
/** @param {number} v */
const exact = (v) => number(v).replace(/(\.\d*?)0+$/, "$1").replace(/\.$/, "").replace(/^-/, "−");

/** @param {Comparison} c @param {{ level: number | null, level_name: string, x_name: string, y_log: boolean }} settings */
export function sentenceOf(c, settings) {
  const at = Number(c.part?.toPrecision(3)).toLocaleString("en"), where = /^\w+$/.test(settings.x_name) ? `${settings.x_name} ${at}` : `${at} (${settings.x_name})`, factor = Math.max(c.run / c.you, c.you / c.run);
  const times = settings.y_log && c.apart > TOLERANCE ? `, ${rough(factor)} times ${c.run < c.you ? "lower" : "higher"}` : "";
  const end = c.apart <= TOLERANCE ? `You expected about ${rough(c.you)} at the end, and the run ends at ${exact(c.run)}${inLevels(c.run, settings)}.`
    : `You expected ${rough(c.you)} at the end${inLevels(c.you, settings)}; the run ends at ${exact(c.run)}${times || inLevels(c.run, settings)}.`;
  if (c.part === null) return `${end} ${c.worst <= TOLERANCE ? "You and the run stay together all the way." : "On the way you and the run differ only briefly."}`;
  return `${end} You and the run part at ${where}${c.meet ? " and are together again at the end" : ""}.`;
}

// @ts-check
// A curve drawn by hand: one height for each of COLUMNS places across the axes, as a share of the axes' height; NaN
// where nothing is drawn yet. Columns before `first` belong to the part of the run that is given.

export const COLUMNS = 161;
const MARGIN = 8;      // a stroke that ends this close to the edge of the axes was meant to reach it
const SMOOTHINGS = 6;

/** The share of an axis at a value, and back. @typedef {{ low: number, high: number, log: boolean }} Scale */
/** @param {Scale} scale @param {number} v */
export const shareOf = ({ low, high, log }, v) => (log ? Math.log(v / low) / Math.log(high / low) : (v - low) / (high - low));
/** @param {Scale} scale @param {number} share */
export const valueOf = ({ low, high, log }, share) => (log ? low * (high / low) ** share : low + share * (high - low));

/** The height at a share of the way across, between two columns linear. @param {ArrayLike<number>} heights @param {number} share */
export function heightAt(heights, share) {
  const at = Math.max(0, Math.min(1, share)) * (heights.length - 1), left = Math.min(heights.length - 2, Math.floor(at));
  return at === left ? heights[left] : heights[left] + (at - left) * (heights[left + 1] - heights[left]);
}

export const blank = () => new Float64Array(COLUMNS).fill(NaN);

/** A straight piece from one point to the next, both as shares; what was there before is drawn over.
 * @param {Float64Array} heights @param {number} first @param {[number, number]} from @param {[number, number]} to  @returns {[number, number]} the columns drawn */
export function draw(heights, first, [x0, y0], [x1, y1]) {
  const clamped = (/** @type {number} */ v) => Math.max(0, Math.min(1, v)), a = clamped(x0) * (COLUMNS - 1), b = clamped(x1) * (COLUMNS - 1);
  const low = Math.max(first, Math.round(Math.min(a, b))), high = Math.round(Math.max(a, b));
  for (let c = low; c <= high; c++) heights[c] = clamped(a === b ? y1 : y0 + clamped((c - a) / (b - a)) * (y1 - y0));
  return [low, high];
}

/** Takes the tremor out of the columns from low to high; their ends stay. @param {Float64Array} heights @param {number} low @param {number} high */
export function smooth(heights, low, high) {
  for (let k = 0; k < SMOOTHINGS; k++) {
    const before = heights.slice();
    for (let c = low + 1; c < high; c++) heights[c] = (before[c - 1] + 2 * before[c] + before[c + 1]) / 4;
  }
}

/** Joins the strokes with each other and with the given part, and lets the last one reach an edge that is close.
 * @param {Float64Array} heights @param {number} first @param {number} start  height at the end of the given part, or NaN */
export function join(heights, first, start) {
  const drawn = [...heights.keys()].filter((c) => c >= first && !Number.isNaN(heights[c]));
  if (drawn.length === 0) return;
  const [left, right] = [drawn[0], drawn[drawn.length - 1]], between = (/** @type {number} */ a, /** @type {number} */ b, /** @type {number} */ from) => {
    for (let c = a + 1; c < b; c++) heights[c] = from + ((c - a) / (b - a)) * (heights[b] - from);
  };
  if (!Number.isNaN(start)) between(first - 1, left, start);
  else if (left - first <= MARGIN) heights.fill(heights[left], first, left);
  drawn.forEach((c, i) => { if (i) between(drawn[i - 1], c, heights[drawn[i - 1]]); });   // the last stretch goes on as it went
  if (COLUMNS - 1 - right > MARGIN) return;
  const back = Math.min(MARGIN, right - left), slope = back ? (heights[right] - heights[right - back]) / back : 0;
  for (let c = right + 1; c < COLUMNS; c++) heights[c] = Math.max(0, Math.min(1, heights[c - 1] + slope));
}

/** What is still missing for a whole curve. @param {Float64Array} heights @param {number} first  @returns {"all" | "left" | "right" | ""} */
export function missing(heights, first) {
  if (heights.subarray(first).every(Number.isNaN)) return "all";
  return Number.isNaN(heights[first]) ? "left" : Number.isNaN(heights[COLUMNS - 1]) ? "right" : "";
}

/** The curve with the end of the given part, where it begins. @param {Float64Array} heights @param {number} first @param {number} start  height there, or NaN */
export function whole(heights, first, start) {
  const all = heights.slice();
  if (first > 0) all[first - 1] = start;
  return all;
}

const ease = (/** @type {number} */ s) => { const t = Math.max(0, Math.min(1, s)); return t * t * (3 - 2 * t); };

/** Four curves that go on from the start, around the level. @type {((s: number, start: number, level: number) => number)[]} s: share of the way from the given part to the right */
const SHAPES = [
  (s, start) => start + s * (Math.max(0.96, start) - start),
  (s, start, level) => level + (start - level) * Math.exp(-5 * s),
  (s, start, level) => { const low = 0.5 * Math.min(start, level); return s < 0.4 ? start + ease(s / 0.4) * (level - start) : level + ease((s - 0.4) / 0.6) * (low - level); },
  (s, start, level) => start + ease(s / 0.3) * (level - start) + 0.07 * ease((s - 0.2) / 0.15) * Math.sin(2 * Math.PI * 9 * (s - 0.2)),
];

/** The curves for readers who do not draw, by name. @param {{ curves: Record<string, number[]>, level_name: string }} settings @param {Scale} scale  of y
 * @param {number} first @param {number} start  height at the end of the given part, or NaN @param {number} level  share, or NaN  @returns {[string, Float64Array][]} */
export function choices({ curves, level_name }, scale, first, start, level) {
  const clamped = (/** @type {number} */ v) => Math.max(0, Math.min(1, v));
  const made = (/** @type {(share: number) => number} */ height) => Float64Array.from({ length: COLUMNS }, (_, c) => (c < first ? NaN : clamped(height(c / (COLUMNS - 1)))));
  const shares = (/** @type {number[]} */ values) => values.map((v) => shareOf(scale, scale.log ? Math.max(v, scale.low) : v));   // straight between the points as drawn
  const own = Object.entries(curves).map(([name, values]) => { const points = shares(values); return /** @type {[string, Float64Array]} */ ([name, made((share) => heightAt(points, share))]); });
  if (own.length) return own;
  const from = Number.isNaN(start) ? 0.2 : start, at = Number.isNaN(level) ? from + 0.5 * (0.9 - from) : level, edge = Math.max(0, first - 1) / (COLUMNS - 1);
  const names = Number.isNaN(level) ? ["rises on", "levels off", "falls back", "oscillates"] : ["rises on", `levels off at ${level_name}`, "falls back", `oscillates around ${level_name}`];
  return SHAPES.map((shape, i) => [names[i], made((share) => shape((share - edge) / (1 - edge), from, at))]);
}

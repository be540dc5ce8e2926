// @ts-check
// The book's one picture: the loss (logarithmic) above, the sharpness and the dashed threshold 2/η below, on one
// step axis, each line named where it ends. Drawn with a pen, so that the page's canvas and a static SVG share it.
// A scene may add to it: other names, further lines and panels, runs kept from before, time ηt instead of steps.
import { BELOW_PX, FURTHER, PANELS, panelsBelow, reach } from "./further.mjs";
import { nameLines } from "./labels.mjs";
import { decades, exponents, sharpnessTop, stepsTop, thresholdNow, ticks, timeTop } from "./scales.mjs";
import { trace } from "./trace.mjs";

/** @typedef {import("./scales.mjs").Rows} Rows */
/** @typedef {"loss" | "sharpness" | "threshold" | "muted" | "line" | "flow" | "kept0" | "kept1" | "kept2"} Ink */
/** @typedef {object} Pen
 * @property {(points: number[], ink: Ink, width: number, dash?: number[]) => void} line  points: x, y, x, y, …
 * @property {(outline: number[], ink: Ink) => void} area
 * @property {(x: number, y: number, text: string, ink: Ink, align: "left" | "right" | "center", bold?: boolean) => void} text  y: the middle */
/** @typedef {import("./further.mjs").Panel} Panel */
/** @typedef {Record<Panel, (v: number) => number> & { x: (step: number) => number, step: (x: number) => number,
 *   at: (index: number) => number, index: (x: number) => number, left: number, right: number, panels: [number, number][] }} Geometry
 *   at, index: from a row of the run to its x and back; panels: top and bottom of each, px */
/** @typedef {{ rows: Rows, name: string, ink: Ink, dash: number[] }} Kept */
/** @typedef {{ edge?: string, sharpness?: string, heading?: string, time?: boolean, moving?: boolean, kept?: Kept[] }} Scene
 *   edge: the threshold's name; heading: over the sharpness; moving: the threshold changes at every step */

/** @param {Rows} rows @param {number} width @param {number} height @param {Scene} [scene]  @returns {Geometry} */
export function geometry(rows, width, height, { time = false, kept = [] } = {}) {
  const narrow = width < 520, below = panelsBelow(rows), left = (narrow ? 34 : 42) + (below.length ? 8 : 0), right = width - (narrow ? 74 : 84);
  const upper = height - BELOW_PX * below.length, middle = Math.round(upper * 0.37), bottom = upper - 26;
  const runs = [rows, ...kept.map((k) => k.rows)], along = time ? rows.time : rows.step;
  const last = time ? timeTop(...runs) : stepsTop(Math.max(...runs.map((r) => r.length))), [low, high] = decades(...runs), top = sharpnessTop(...runs);
  const x = (/** @type {number} */ s) => left + (s / last) * (right - left), back = (/** @type {number} */ px) => ((px - left) / (right - left)) * last;
  /** @type {[number, number][]} */
  const panels = [[10, middle - 12], [middle + 12, bottom], ...below.map((_, i) => /** @type {[number, number]} */ ([bottom + BELOW_PX * i + 26, bottom + BELOW_PX * (i + 1)]))];
  const within = (/** @type {number} */ share, /** @type {[number, number]} */ [y0, y1]) => y1 - Math.min(1, Math.max(0, share)) * (y1 - y0);
  const scales = below.map((panel, i) => {
    const end = reach(rows, panel), least = PANELS[panel].swings ? -end : 0;
    return [panel, (/** @type {number} */ v) => within((v - least) / (end - least), panels[i + 2])];
  });
  return {
    left, right, panels, x,
    step: back,
    at: (index) => x(along[index]),
    index: (px) => (time ? nearest(along, rows.length, back(px)) : Math.round(back(px))),
    loss: (v) => within((Math.log10(Math.max(v, 1e-300)) - low) / (high - low), panels[0]),
    sharpness: (v) => within(v / top, panels[1]),
    ...Object.fromEntries(scales),
  };
}

/** The index of the value nearest to `wanted` in a column that never falls.
 * @param {Float64Array} column @param {number} length @param {number} wanted */
function nearest(column, length, wanted) {
  let low = 0, high = Math.max(0, length - 1);
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (column[middle] <= wanted) low = middle; else high = middle;
  }
  return wanted - column[low] <= column[high] - wanted ? low : high;
}

/** @param {Pen} pen @param {Rows} rows @param {number} width @param {number} height @param {Scene} [scene]  @returns {Geometry} */
export function drawPicture(pen, rows, width, height, scene = {}) {
  const g = geometry(rows, width, height, scene), [[, lossFloor], [roof, floor]] = g.panels, foot = g.panels[g.panels.length - 1][1], runs = [rows, ...(scene.kept ?? []).map((k) => k.rows)];
  const across = (/** @type {number} */ y) => pen.line([g.left, y, g.right, y], "line", 1);
  for (const e of exponents(...decades(...runs), 4)) {
    across(g.loss(10 ** e));
    pen.text(g.left - 7, g.loss(10 ** e), power(e), "muted", "right");
  }
  for (const v of ticks(sharpnessTop(...runs), 4)) {
    across(g.sharpness(v));
    pen.text(g.left - 7, g.sharpness(v), tickText(v), "muted", "right");
  }
  for (const s of ticks(g.step(g.right), width < 520 ? 3 : 5)) {
    pen.line([g.x(s), foot, g.x(s), foot + 4], "line", 1);
    pen.text(g.x(s), foot + 15, Number(s.toPrecision(6)).toLocaleString("en"), "muted", "center");
  }
  pen.text(g.right + 30, foot + 15, scene.time ? "time ηt" : "step", "muted", "left");
  if (scene.heading) pen.text(g.left, roof - 11, scene.heading, "sharpness", "left");
  drawBelow(pen, g, rows);
  for (const kept of scene.kept ?? []) drawKept(pen, g, kept, Boolean(scene.time));
  if (rows.length === 0) return g;
  const places = Object.fromEntries([["loss", [0, lossFloor]], ["sharpness", [roof, floor]], ...panelsBelow(rows).map((panel, i) => [panel, g.panels[i + 2]])]);
  nameLines(pen, g.right + 8, drawRun(pen, g, rows, scene), places);
  return g;
}

/** Axes and headings of the panels below. @param {Pen} pen @param {Geometry} g @param {Rows} rows */
function drawBelow(pen, g, rows) {
  panelsBelow(rows).forEach((panel, i) => {
    const { title, swings } = PANELS[panel], end = reach(rows, panel), [roof] = g.panels[i + 2];
    pen.text(g.left, roof - 12, title, "muted", "left");
    for (const v of swings ? [-end, 0, end] : [0, end]) {
      pen.line([g.left, g[panel](v), g.right, g[panel](v)], "line", 1);
      pen.text(g.left - 7, g[panel](v), tickText(v), "muted", "right");
    }
  });
}

/** @param {Pen} pen @param {Geometry} g @param {Kept} kept @param {boolean} time */
function drawKept(pen, g, { rows, ink, dash }, time) {
  const along = time ? rows.time : rows.step;
  drawColumn(pen, g, rows, rows.loss, "loss", along, ink, 1, dash);
  drawColumn(pen, g, rows, rows.sharpness, "sharpness", along, ink, 1, dash);
}

/** @param {Pen} pen @param {Geometry} g @param {Rows} rows @param {Float64Array} column @param {Panel} panel
 * @param {Float64Array} along @param {Ink} ink @param {number} width @param {number[]} dash */
function drawColumn(pen, g, rows, column, panel, along, ink, width, dash) {
  for (const { points, area } of trace(rows, column, g.x, g[panel], along, dash.length ? 0 : width)) {
    if (area) pen.area(points, ink);
    else pen.line(points, ink, width, dash);
  }
}

/** Draws the run's lines; returns their names with the heights at which they end.
 * @param {Pen} pen @param {Geometry} g @param {Rows} rows @param {Scene} scene  @returns {import("./labels.mjs").Name[]} */
function drawRun(pen, g, rows, scene) {
  const along = scene.time ? rows.time : rows.step, end = (/** @type {Float64Array} */ column) => lastFinite(column, rows.length);
  /** @type {import("./labels.mjs").Name[]} */
  const names = [];
  const draw = (/** @type {Float64Array} */ column, /** @type {Panel} */ panel, /** @type {Ink} */ ink, /** @type {number} */ width, /** @type {string} */ name, /** @type {number[]} */ dash = []) => {
    drawColumn(pen, g, rows, column, panel, along, ink, width, dash);
    names.push({ text: name, ink, panel, y: g[panel](end(column)) });
  };
  const further = (/** @type {boolean} */ over) => {
    for (const [column, line] of Object.entries(FURTHER)) if (rows.extra?.[column] && Boolean(line.over) === over) draw(rows.extra[column], line.panel, line.ink, line.width, line.name, line.dash);
  };
  further(false);
  draw(rows.loss, "loss", "loss", 1.75, "loss");
  draw(rows.sharpness, "sharpness", "sharpness", 1.75, scene.sharpness ?? "sharpness");
  further(true);
  if (scene.moving) draw(rows.threshold, "sharpness", "threshold", 1, scene.edge ?? "2/η", [6, 4]);
  else {
    pen.line(stairs(rows, g, along), "threshold", 1.5, [6, 4]);
    names.push({ text: scene.edge ?? "2/η", ink: "threshold", panel: "sharpness", y: g.sharpness(thresholdNow(rows)) });
  }
  for (const { rows: old, name, ink } of scene.kept ?? []) names.push({ text: name, ink, panel: "sharpness", y: g.sharpness(lastFinite(old.sharpness, old.length)), light: true });
  return names;
}

/** @param {number} value  @returns {string} */
const tickText = (value) => (value < 0 ? `−${tickText(-value)}` : value >= 1000 ? `${Number((value / 1000).toPrecision(6))}k` : String(Number(value.toPrecision(6))));

/** @param {Float64Array} column @param {number} length */
function lastFinite(column, length) {
  for (let i = length - 1; i >= 0; i--) if (Number.isFinite(column[i])) return column[i];
  return 0;
}

/** The threshold as stairs: level until the step at which η changed. @param {Rows} rows @param {Geometry} g @param {Float64Array} step */
function stairs(rows, g, step) {
  const { threshold, length } = rows, now = thresholdNow(rows);
  const points = [g.x(step[0]), g.sharpness(threshold[0])];
  for (let i = 1; i < length; i++) {
    if (threshold[i] === threshold[i - 1]) continue;
    points.push(g.x(step[i]), g.sharpness(threshold[i - 1]), g.x(step[i]), g.sharpness(threshold[i]));
  }
  if (now !== threshold[length - 1]) points.push(g.x(step[length - 1]), g.sharpness(threshold[length - 1]), g.x(step[length - 1]), g.sharpness(now));
  points.push(g.right, g.sharpness(now));              // on to the right: where the sharpness is to go
  return points;
}

/** @param {number} exponent */
export function power(exponent) {
  if (exponent >= -2 && exponent <= 2) return String(Number((10 ** exponent).toPrecision(1)));
  return `10${[...String(exponent)].map((c) => (c === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(c)])).join("")}`;
}

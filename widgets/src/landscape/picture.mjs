// @ts-check
// The landscape with both paths on it; and beside it the run over its steps, or what is left of it at every η.
import { apart, curve, frame, wholeDecades } from "../toys/axes.mjs";
import { above, fieldOf, lines } from "../toys/contours.mjs";
import { niceAbove } from "../scales.mjs";
import { sharpness } from "./landscapes.mjs";

/** @typedef {import("../toys/pen.mjs").Pen} Pen */
/** @typedef {import("./landscapes.mjs").Landscape} Landscape */
/** @typedef {{ landscape: Landscape, lr: number, contours: string, walk: import("./landscapes.mjs").Walk, flow: ReturnType<typeof import("./landscapes.mjs").flow>, at: number }} Scene */
/** @typedef {{ loss: import("../toys/contours.mjs").Field, sharpness: import("../toys/contours.mjs").Field, minima: import("../toys/contours.mjs").Field }} Fields */

const GRID = 120;
const JUMPS = 24;    // so many are drawn as lines, too; the rest as points, or they would fill the picture
/** The fields of one landscape over its window. @param {Landscape} l @param {number} [cells]  a side  @returns {Fields} */
export function fieldsOf(l, cells = GRID) {
  const [x0, x1, y0, y1] = l.window, over = (/** @type {(x: number, y: number) => number} */ f) => fieldOf(cells + 1, cells + 1, (i, j) => f(x0 + ((x1 - x0) * i) / cells, y0 + ((y1 - y0) * j) / cells));
  return { loss: over((x, y) => l.jet(x, y).f), sharpness: over((x, y) => sharpness(l, x, y)), minima: over((x, y) => l.product(x, y) - l.minimum) };
}

/** @typedef {{ all: Map<number, number[][]>, level: number, edges: number[][], area: number[][] }} Known */
/** What was found in a field before: its level lines, and the last level set. Nothing here depends on the run. @type {WeakMap<object, Known>} */
const cache = new WeakMap();

/** @param {import("../toys/contours.mjs").Field} field  @returns {Known} */
function knownOf(field) {
  const known = cache.get(field) ?? { all: new Map(), level: NaN, edges: [], area: [] };
  cache.set(field, known);
  return known;
}

/** @param {import("../toys/contours.mjs").Field} field @param {number} level */
function linesAt(field, level) {
  const { all } = knownOf(field), found = all.get(level) ?? lines(field, level);
  all.set(level, found);
  return found;
}

/** The set above a level that the reader changes, and its border. @param {import("../toys/contours.mjs").Field} field @param {number} level */
function setAbove(field, level) {
  const known = knownOf(field);
  if (known.level !== level) Object.assign(known, { level, edges: lines(field, level), area: above(field, level) });
  return known;
}

const LEVELS = {
  loss: [-3, -2, -1.5, -1, -0.6, -0.3, 0, 0.5, 1, 1.5, 2].map((e) => 10 ** e),
  sharpness: [1, 2, 5, 10, 20, 50, 100, 200],
};

/** @param {Pen} pen @param {Scene} scene @param {Fields} fields @param {number} width @param {number} height */
export function drawMap(pen, scene, fields, width, height) {
  const { landscape: { window: [x0, x1, y0, y1] }, lr, walk, flow, at } = scene;
  const f = frame(pen, { left: 34, right: width - 10, top: 22, bottom: height - 38 }, { low: x0, high: x1, name: "x" }, { low: y0, high: y1, name: "y" });
  const cells = fields.loss.nx - 1, place = (/** @type {number[]} */ grid) => grid.map((v, k) => (k % 2 ? f.y(y0 + ((y1 - y0) * v) / cells) : f.x(x0 + ((x1 - x0) * v) / cells)));
  const unstable = setAbove(fields.sharpness, 2 / lr), edges = unstable.edges.map(place);
  pen.clip(f.box, () => {
    pen.fill(unstable.area.map(place), "sharpness", 0.11);
    if (scene.contours === "sharpness") for (const level of LEVELS.sharpness) contour(pen, f, linesAt(fields.sharpness, level).map(place), String(level));
    else for (const level of LEVELS.loss) for (const line of linesAt(fields.loss, level)) pen.line(place(line), "edge", 0.7);
    for (const line of linesAt(fields.minima, 0)) pen.line(place(line), "muted", 2.5);
    for (const line of edges) pen.line(line, "threshold", 1.8, [7, 4]);
    pen.line(Array.from(flow.x).flatMap((x, i) => [f.x(x), f.y(flow.y[i])]), "flow", 2.2, [2, 3]);
    const path = thin(f, walk, at);
    pen.line(path.slice(0, 2 * JUMPS), "loss", 0.8);
    for (let k = 2; k < Math.min(path.length, 2 * JUMPS); k += 2) pen.dot(path[k], path[k + 1], 2.4, "loss");
    pen.specks(path.slice(2 * JUMPS), "loss", 2);
    pen.dot(f.x(flow.x[flow.x.length - 1]), f.y(flow.y[flow.y.length - 1]), 5, "flow", true);
    pen.dot(f.x(walk.x[at]), f.y(walk.y[at]), 5.5, "loss");
  });
  const [x, y] = [walk.x[at], walk.y[at]];
  if (x < x0 || x > x1 || y < y0 || y > y1) pen.text((f.box.left + f.box.right) / 2, f.box.top + 12, `step ${at}: outside, at x = ${short(x)}, y = ${short(y)}`, "sharpness", "center", true);
  nameEdge(pen, f, edges, [f.x(walk.x[0]), f.y(walk.y[0])]);
  return f;
}

/** A level line with its number on it. @param {Pen} pen @param {import("../toys/axes.mjs").Frame} f @param {number[][]} all @param {string} text */
function contour(pen, f, all, text) {
  for (const line of all) {
    pen.line(line, "edge", 0.8);
    const k = 2 * Math.floor(line.length * 0.31);
    if (line.length > 40 && line[k] > f.box.left + 14 && line[k] < f.box.right - 14) pen.text(line[k], line[k + 1], text, "muted", "center");
  }
}

/** The name of the dashed line, where it has room. @param {Pen} pen @param {import("../toys/axes.mjs").Frame} f @param {number[][]} edges @param {number[]} away */
function nameEdge(pen, f, edges, away) {
  const line = [...edges].sort((a, b) => b.length - a.length)[0];
  if (!line || line.length < 20) return;
  let best = -1, at = 0;
  for (let k = 0; k < line.length; k += 2) {
    const room = Math.min(line[k] - f.box.left - 52, f.box.right - line[k] - 52, 40) + Math.min(40, line[k + 1] - f.box.top - 30, f.box.bottom - line[k + 1] - 60) + Math.min(120, Math.hypot(line[k] - away[0], line[k + 1] - away[1]));
    if (room > best) [best, at] = [room, k];
  }
  if (best > 0) pen.text(line[at], line[at + 1], "sharpness = 2/η", "threshold", "center", true);
}

/** The path without the points that fall on the pixel that the run had two steps, or last, before.
 * @param {import("../toys/axes.mjs").Frame} f @param {Scene["walk"]} walk @param {number} last */
function thin(f, walk, last) {
  /** @type {number[]} */
  const kept = [], /** @type {[number, number][]} */ seen = [];
  for (let t = 0; t <= last; t++) {
    const x = f.x(walk.x[t]), y = f.y(walk.y[t]), old = seen[t % 2];
    if (t > 1 && t < last && Math.hypot(x - old[0], y - old[1]) < 0.7) continue;
    seen[t % 2] = [x, y];
    kept.push(x, y);
  }
  return kept;
}

/** @param {number} v */
const short = (v) => (Math.abs(v) >= 1e4 ? v.toExponential(1).replace("e+", "e") : v.toPrecision(3)).replace("-", "−");

/** Loss above, sharpness and the dashed threshold below, on one step axis. @param {Pen} pen @param {Scene} scene @param {number} width @param {number} height */
export function drawSteps(pen, { lr, walk, flow, at }, width, height) {
  const middle = Math.round(height * 0.36), right = width - 70, last = Math.max(20, Math.ceil(walk.steps * 1.02)), left = 40, threshold = 2 / lr;
  const [low, high] = wholeDecades([walk.loss], -8, 6), steps = { low: 0, high: last, count: 3 };
  const top = frame(pen, { left, right, top: 22, bottom: middle }, { ...steps, ticks: [] }, { low, high, log: true, name: "loss", count: 3 });
  const finals = [threshold, walk.sharpness[0], flow.sharpness[flow.sharpness.length - 1], ...walk.sharpness.filter((s) => s < 3 * threshold)];
  const f = frame(pen, { left, right, top: middle + 36, bottom: height - 38 }, { ...steps, name: "step" }, { low: 0, high: niceAbove(1.06 * Math.max(1e-3, ...finals.map((s) => Math.min(s, 3 * threshold)))), name: "sharpness" });
  pen.clip(top.box, () => pen.line(curve(top, (t) => t, walk.loss, at), "loss", 1.6));
  const end = flow.time.length - 1, stop = flow.sharpness[end];
  pen.clip(f.box, () => {
    pen.line([...Array.from(flow.time).flatMap((t, i) => [f.x(t / lr), f.y(flow.sharpness[i])]), f.box.right, f.y(stop)], "flow", 2, [2, 3]);
    pen.line(curve(f, (t) => t, walk.sharpness, at), "sharpness", 1.6);
    pen.line([f.box.left, f.y(threshold), f.box.right, f.y(threshold)], "threshold", 1.8, [7, 4]);
    if (at < walk.steps) pen.dot(f.x(at), f.y(walk.sharpness[at]), 4, "sharpness");
  });
  apart(f.box, [["GD", "sharpness", f.y(walk.sharpness[at])], ["2/η", "threshold", f.y(threshold)], ["flow", "flow", f.y(stop)]], (name, ink, y) => pen.text(f.box.right + 8, y, name, ink, "left", true));
}

/** First and last index of each stretch of trues. @param {boolean[]} flags  @returns {[number, number][]} */
const runs = (flags) => flags.flatMap((flag, i) => (flag && !flags[i - 1] ? [/** @type {[number, number]} */ ([i, i + flags.slice(i).concat(false).indexOf(false) - 1])] : []));

/** What is left of the run at every η: sharpness above, x^a y^b below. @param {Pen} pen @param {Scene} scene
 * @param {import("./bifurcation.mjs").Bifurcation} found @param {number} width @param {number} height */
export function drawBifurcation(pen, { landscape, lr, flow }, found, width, height) {
  const middle = Math.round(height * 0.52), right = width - 44, left = 40, [low, high] = landscape.range, eta = { low, high, count: 4 };
  const roof = niceAbove(Math.max(4 / high, 1.35 * flow.sharpness[flow.sharpness.length - 1])), name = landscape.minimum ? landscape.formula.slice(6, -2) : "xy";
  const top = frame(pen, { left, right, top: 22, bottom: middle - 14 }, { ...eta, ticks: [] }, { low: 0, high: roof, name: "sharpness where it ends" });
  const f = frame(pen, { left, right, top: middle + 22, bottom: height - 38 }, { ...eta, name: "step size η" }, { low: landscape.minimum - 1.2, high: landscape.minimum + 1.2, name: `${name} where it ends` });
  const column = (right - left) / found.etas.length;
  for (const g of [top, f]) {
    const span = (/** @type {number} */ from, /** @type {number} */ to) => [g.x(found.etas[from]) - column / 2, g.x(found.etas[to]) + column / 2], { box: { top: y0, bottom: y1 } } = g;
    const gone = runs(found.columns.map((points) => points === null)).map(([from, to]) => span(from, to)), [left, right] = [...gone].sort((a, b) => b[1] - b[0] - a[1] + a[0])[0] ?? [0, 0];
    pen.clip(g.box, () => pen.fill(gone.map(([x0, x1]) => [x0, y0, x1, y0, x1, y1, x0, y1]), "muted", 0.22));
    if (right - left > 58) pen.text((left + right) / 2, y0 + 0.3 * (y1 - y0), "diverges", "muted", "center", true);
  }
  const specks = (/** @type {typeof f} */ g, /** @type {(x: number, y: number) => number} */ value) => found.columns.flatMap((points, i) => {
    const rows = new Set((points ?? []).map(([x, y]) => Math.round(2 * g.y(value(x, y))) / 2));
    return [...rows].flatMap((y) => [g.x(found.etas[i]), y]);
  });
  pen.clip(top.box, () => pen.specks(specks(top, (x, y) => sharpness(landscape, x, y)), "sharpness", 2));
  pen.clip(f.box, () => pen.specks(specks(f, landscape.product), "loss", 2));
  pen.clip(top.box, () => pen.line(Array.from({ length: 81 }, (_, i) => low + ((high - low) * i) / 80).flatMap((e) => [top.x(e), top.y(2 / e)]), "threshold", 1.8, [7, 4]));
  pen.text(right + 6, Math.max(top.box.top, top.y(2 / high)), "2/η", "threshold", "left", true);
  for (const g of [top, f]) pen.line([g.x(lr), g.box.top, g.x(lr), g.box.bottom], "threshold", 1);
  const side = lr > (low + high) / 2 ? "right" : "left";
  pen.text(top.x(lr) + (side === "left" ? 5 : -5), top.box.top + 8, "η now", "threshold", side);
}

// @ts-check
// The phase portrait, and x and y over the steps.
import { apart, curve, frame } from "../toys/axes.mjs";
import { delta, loop } from "./stabilisation.mjs";

/** @typedef {import("../toys/pen.mjs").Pen} Pen */
/** @typedef {import("./stabilisation.mjs").Constants} Constants */
/** @typedef {{ constants: Constants, orbit: import("./stabilisation.mjs").Orbit, at: number, steps: number, measured: number[][] }} Scene */

/** @param {Scene} scene */
function reach({ constants, orbit: { x, y }, measured }) {
  let wide = 1.3 * delta(constants), high = 0.1 * Math.sqrt(constants.alpha);
  for (const [xs, ys] of measured.length ? [[x, y], measured] : [[x, y]]) for (let i = 0; i < xs.length; i++) {
    wide = Math.max(wide, Math.abs(xs[i]));
    high = Math.max(high, Math.abs(ys[i]));
  }
  return { wide: 1.06 * wide, high: 1.12 * high };
}

/** x over y, the alternation of sign left aside. @param {Pen} pen @param {Scene} scene @param {number} width @param {number} height */
export function drawPhase(pen, scene, width, height) {
  const { constants, orbit: { x, y }, at, measured } = scene, { wide, high } = reach(scene), d = delta(constants);
  const f = frame(pen, { left: 44, right: width - 10, top: 22, bottom: height - 38 }, { low: 0, high: wide, name: "|x|, along the top eigenvector" }, { low: -high, high, name: "y = sharpness − 2/η" });
  pen.line([f.x(d), f.box.top, f.x(d), f.box.bottom], "edge", 1, [3, 3]);
  pen.line([f.box.left, f.y(0), f.box.right, f.y(0)], "threshold", 1.6, [7, 4]);
  const xy = (/** @type {ArrayLike<number>} */ xs, /** @type {ArrayLike<number>} */ ys, /** @type {number} */ last) => Array.from({ length: last + 1 }, (_, i) => [f.x(Math.abs(xs[i])), f.y(ys[i])]).flat();
  pen.clip(f.box, () => {
    pen.line(loop(constants, x[0], y[0]).map((v, k) => (k % 2 ? f.y(v) : f.x(v))), "flow", 1.8, [2, 3]);
    if (measured.length) pen.line(xy(measured[0], measured[1], measured[0].length - 1), "second", 1.4, [6, 3]);
    pen.line(xy(x, y, at), "loss", 1.6);
  });
  pen.dot(f.x(d), f.y(0), 5, "sharpness", true);
  pen.text(f.x(d) + 10, f.y(0) - 13, "fixed point |x| = δ", "sharpness", "left", true);
  pen.dot(f.x(Math.abs(x[at])), f.y(y[at]), 5.5, "loss");
  pen.text(f.box.right - 4, f.y(0) + 11, "2/η", "threshold", "right", true);
  return f;
}

/** @param {Pen} pen @param {Scene} scene @param {number} width @param {number} height */
export function drawSeries(pen, scene, width, height) {
  const { constants, orbit: { x, y }, at, steps, measured } = scene, { wide, high } = reach(scene), d = delta(constants);
  const left = 44, right = width - 40, middle = Math.round(height * 0.47), time = { low: 0, high: steps, count: 3 };
  const top = frame(pen, { left, right, top: 22, bottom: middle - 8 }, { ...time, ticks: [] }, { low: -wide, high: wide, name: "x, jumping from side to side" });
  const f = frame(pen, { left, right, top: middle + 28, bottom: height - 38 }, { ...time, name: "step" }, { low: -high, high, name: "y = sharpness − 2/η" });
  const shown = measured.length ? Math.min(steps, measured[0].length - 1) : 0;
  pen.clip(top.box, () => {
    pen.line(curve(top, (t) => t, x, at), "loss", 1.1);
    if (shown) pen.line(curve(top, (t) => t, measured[0], shown), "second", 1.1, [6, 3]);
    for (const side of [-d, d]) pen.line([left, top.y(side), right, top.y(side)], "edge", 1.2, [3, 3]);
  });
  pen.clip(f.box, () => {
    pen.line([left, f.y(0), right, f.y(0)], "threshold", 1.8, [7, 4]);
    if (shown) pen.line(curve(f, (t) => t, measured[1], shown), "second", 1.4, [6, 3]);
    pen.line(curve(f, (t) => t, y, at), "sharpness", 1.8);
  });
  pen.dot(f.x(at), f.y(y[at]), 4, "sharpness");
  apart(top.box, [["δ", "muted", top.y(d)], ["−δ", "muted", top.y(-d)]], (name, ink, py) => pen.text(right + 7, py, name, ink, "left", true));
  apart(f.box, [["2/η", "threshold", f.y(0)], ["y", "sharpness", f.y(y[at])]], (name, ink, py) => pen.text(right + 7, py, name, ink, "left", true));
}

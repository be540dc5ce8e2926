// @ts-check
// Three pictures of one run: on the parabola or the contours, the multipliers, the loss over the steps.
import { curve, frame, wholeDecades } from "../toys/axes.mjs";
import { modulus, roots } from "./quadratic.mjs";

/** @typedef {import("../toys/pen.mjs").Pen} Pen */
/** @typedef {{ rule: import("./quadratic.mjs").Rule, curvature: number[], run: import("./quadratic.mjs").Path, at: number, roof: number, steps: number }} Scene
 *   at: the last step shown; roof: top of the loss axis in one dimension */

export const REACH = 2;               // the pictures show x from −2 to 2
const INKS = ["loss", "second"];      // along λ₁, along λ₂
const WIDTHS = [1.6, 1.6], DASHES = [[], [6, 3]];

/** @param {Pen} pen @param {Scene} scene @param {number} width @param {number} height */
export function drawRun(pen, scene, width, height) {
  return scene.curvature.length === 1 ? drawParabola(pen, scene, width, height) : drawContours(pen, scene, width, height);
}

/** @param {Pen} pen @param {Scene} scene @param {number} width @param {number} height */
function drawParabola(pen, { curvature: [a], run, at, roof }, width, height) {
  const f = frame(pen, { left: 34, right: width - 10, top: 22, bottom: height - 38 }, { low: -REACH, high: REACH, name: "x" }, { low: 0, high: roof, name: "loss  ½ λ x²" });
  /** @type {number[]} */
  const parabola = [], /** @type {number[]} */ chords = [];
  for (let i = 0; i <= 160; i++) { const x = -REACH + (2 * REACH * i) / 160; parabola.push(f.x(x), f.y(0.5 * a * x * x)); }
  for (let t = 0; t <= at; t++) chords.push(f.x(run.at[0][t]), f.y(run.loss[t]));
  pen.clip(grown(f.box, 6), () => {
    pen.line(parabola, "muted", 2);
    if (at > 0) pen.line(chords, "loss", 1);
    for (let t = 1; t <= at; t++) pen.dot(f.x(run.at[0][t]), f.y(run.loss[t]), t === at ? 5 : 3, "loss");
  });
  const x = run.at[0][at];
  if (Math.abs(x) > REACH || run.loss[at] > roof) pen.text((f.box.left + f.box.right) / 2, f.box.top + 12, `${x < 0 ? "← " : ""}step ${at}: x = ${far(x)}${x > 0 ? " →" : ""}`, "sharpness", "center", true);
  return f;
}

/** @param {Pen} pen @param {Scene} scene @param {number} width @param {number} height */
function drawContours(pen, { curvature: [a, b], run, at }, width, height) {
  const box = { left: 34, right: width - 10, top: 22, bottom: height - 38 }, wide = (REACH * (box.right - box.left)) / (box.bottom - box.top);   // one scale both ways
  const f = frame(pen, box, { low: -wide, high: wide, name: "x₁, curvature λ₁", ticks: [-2, -1, 0, 1, 2] }, { low: -REACH, high: REACH, name: "x₂, curvature λ₂" });
  const top = 0.5 * (a * wide * wide + b * REACH * REACH);
  pen.clip(f.box, () => {
    for (let k = 1; k <= 8; k++) {
      const level = top * (k / 8) ** 2, /** @type {number[]} */ ellipse = [];
      for (let i = 0; i <= 96; i++) {
        const angle = (2 * Math.PI * i) / 96;
        ellipse.push(f.x(Math.sqrt((2 * level) / a) * Math.cos(angle)), f.y(Math.sqrt((2 * level) / b) * Math.sin(angle)));
      }
      pen.line(ellipse, "edge", 0.8);
    }
  });
  /** @type {number[]} */
  const way = [];
  for (let t = 0; t <= at; t++) way.push(f.x(run.at[0][t]), f.y(run.at[1][t]));
  pen.clip(grown(f.box, 6), () => {
    if (at > 0) pen.line(way, "loss", 1.2);
    for (let t = 1; t <= at; t++) pen.dot(way[2 * t], way[2 * t + 1], t === at ? 5 : 3, "loss");
    pen.dot(f.x(0), f.y(0), 2.5, "threshold");
  });
  if (Math.abs(run.at[0][at]) > wide || Math.abs(run.at[1][at]) > REACH) {
    pen.text((f.box.left + f.box.right) / 2, f.box.top + 12, `step ${at}: x₁ = ${far(run.at[0][at])}, x₂ = ${far(run.at[1][at])}`, "sharpness", "center", true);
  }
  return f;
}

/** @param {import("../toys/axes.mjs").Box} box @param {number} by */
const grown = ({ left, right, top, bottom }, by) => ({ left: left - by, right: right + by, top: top - by, bottom: bottom + by });
/** @param {number} x */
const far = (x) => (Math.abs(x) >= 1e4 ? x.toExponential(1).replace("e+", "e") : x.toPrecision(3)).replace("-", "−");

/** The multiplier on the real line, or with momentum the roots in the complex plane. @param {Pen} pen @param {Scene} scene @param {number} width @param {number} height */
export function drawMultipliers(pen, scene, width, height) {
  return scene.rule.method === "gd" ? drawLine(pen, scene, width, height) : drawDisc(pen, scene, width, height);
}

/** @param {Pen} pen @param {Scene} scene @param {number} width @param {number} height */
function drawLine(pen, { rule, curvature }, width, height) {
  const left = 24, right = width - 24, low = -2.2, high = 1.7, y = Math.round(height * 0.6);
  const x = (/** @type {number} */ v) => left + ((Math.max(low, Math.min(high, v)) - low) / (high - low)) * (right - left);
  pen.fill([[x(-1), y - 17, x(1), y - 17, x(1), y + 17, x(-1), y + 17]], "flow", 0.18);
  pen.text(width / 2, 12, "one step multiplies x by 1 − ηλ", "muted", "center");
  pen.line([left - 8, y, right + 8, y], "edge", 1.5);
  for (const v of [-2, -1, 0, 1]) {
    const border = Math.abs(v) === 1;
    pen.line([x(v), y - (border ? 17 : 4), x(v), y + (border ? 17 : 4)], border ? "flow" : "edge", border ? 2 : 1.5, border ? [5, 3] : []);
    pen.text(x(v), y + 29, String(v).replace("-", "−"), "muted", "center");
  }
  pen.text(x(0), y + 47, "shrinks: |1 − ηλ| < 1", "flow", "center", true);
  const marks = curvature.map((a, i) => ({ m: roots(rule, a)[0].re, ink: INKS[i], name: curvature.length > 1 ? ["1 − ηλ₁", "1 − ηλ₂"][i] : "1 − ηλ" }));
  const close = marks.length === 2 && Math.abs(x(marks[0].m) - x(marks[1].m)) < 128;
  marks.forEach(({ m, ink, name }, i) => {
    const stable = Math.abs(m) <= 1 + 1e-9, up = y - 31 - (close && i === 0 ? 16 : 0);
    pen.dot(x(m), y, 7, ink);
    const text = `${m < low ? "◂ " : ""}${name} = ${m.toFixed(2).replace("-", "−")}`, half = 56;
    pen.text(Math.max(half, Math.min(width - half, x(m))), up, text, stable ? ink : "sharpness", "center", true);
  });
}

/** @param {Pen} pen @param {Scene} scene @param {number} width @param {number} height */
function drawDisc(pen, { rule, curvature }, width, height) {
  const top = 24, radius = Math.min((height - top - 26) / 2.5, (width - 60) / 3.4), cx = width / 2, cy = top + (height - top - 18) / 2;
  const ring = (/** @type {number} */ r) => Array.from({ length: 2 * 97 }, (_, i) => (i % 2 ? cy + r * radius * Math.sin((Math.PI * (i - 1)) / 96) : cx + r * radius * Math.cos((Math.PI * i) / 96)));
  pen.text(cx, 10, "two roots: the larger modulus is the rate", "muted", "center");
  pen.fill([ring(1)], "flow", 0.16);
  pen.line(ring(1), "flow", 2, [5, 3]);
  pen.line([cx - 1.5 * radius, cy, cx + 1.5 * radius, cy], "edge", 1);
  pen.line([cx, cy - 1.2 * radius, cx, cy + 1.2 * radius], "edge", 1);
  pen.text(cx + radius + 5, cy + 10, "1", "muted", "left");
  pen.text(cx - radius - 5, cy + 10, "−1", "muted", "right");
  pen.text(cx + 6, cy - 1.2 * radius + 2, "i", "muted", "left");
  curvature.forEach((a, i) => {
    const all = roots(rule, a), size = Math.max(...all.map(modulus)), reach = Math.min(1, 1.45 / size);
    for (const { re, im } of all) pen.dot(cx + re * radius * reach, cy - im * radius * reach, 6, INKS[i], i === 1);
    const name = curvature.length > 1 ? ["λ₁", "λ₂"][i] : "";
    pen.text(i ? width - 4 : 4, height - 8, `${name ? `${name}: ` : ""}max |root| = ${size.toFixed(3)}`, size > 1 + 1e-9 ? "sharpness" : INKS[i], i ? "right" : "left", true);
  });
}

/** @param {Pen} pen @param {Scene} scene @param {number} width @param {number} height */
export function drawLoss(pen, { curvature, run, at, steps }, width, height) {
  const two = curvature.length === 2, [low, high] = wholeDecades(two ? run.parts : [run.loss], -10, 12);
  const f = frame(pen, { left: 40, right: width - (two ? 74 : 12), top: 22, bottom: height - 38 }, { low: 0, high: steps, name: "step" }, { low, high, log: true, name: "loss", count: 4 });
  const series = two ? run.parts : [run.loss];
  pen.clip(grown(f.box, 4), () => series.forEach((values, i) => {
    pen.line(curve(f, (k) => k, values, at), INKS[i], WIDTHS[i], DASHES[i]);
    if (values[at] > 0) pen.dot(f.x(at), f.y(values[at]), 4, INKS[i]);
  }));
  if (!two) return;
  const ends = run.parts.map((values) => f.y(values[at])), gap = 15 - Math.abs(ends[0] - ends[1]), down = ends[0] > ends[1] ? 0 : 1;
  ends.forEach((y, i) => {
    const kept = y + (gap > 0 ? (i === down ? gap / 2 : -gap / 2) : 0);
    pen.text(f.box.right + 8, Math.max(f.box.top, Math.min(f.box.bottom, kept)), ["along λ₁", "along λ₂"][i], INKS[i], "left", true);
  });
}

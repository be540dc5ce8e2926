// @ts-check
// Losses of two variables whose Hessian is known in closed form, and gradient descent and gradient flow on them.
// Depth L: ½ (1 − w₁ ⋯ w_L)² on the slice where ⌈L/2⌉ factors equal x and the others y. Gradient descent from the slice
// stays on it; each copy moves by its own partial derivative, f_x / (copies of x). Lengths are those of all L variables.
import { exp, log1p, tanh } from "../mathfns.mjs";

/** @typedef {{ f: number, fx: number, fy: number, fxx: number, fxy: number, fyy: number }} Jet  value and derivatives in (x, y) */
/** @typedef {{ name: string, title: string, formula: string, copies: [number, number], jet: (x: number, y: number) => Jet,
 *   product: (x: number, y: number) => number, minimum: number, window: [number, number, number, number],
 *   start: [number, number], lr: number, range: [number, number] }} Landscape
 *   product is minimum on the curve of minima; window: x from, to, y from, to; range: of η, on a product up to where even
 *   the flattest minimum, whose sharpness is the depth, is far above 2/η */

/** @param {number} x @param {number} n */
const power = (x, n) => (n < 0 ? 0 : x ** n);   // only ever multiplied by the factor 0 when n < 0

/** ½ (1 − x^a y^b)². @param {number} a @param {number} b  @returns {(x: number, y: number) => Jet} */
const product = (a, b) => (x, y) => {
  const p = x ** a * y ** b, r = 1 - p;
  const px = a * power(x, a - 1) * y ** b, py = b * x ** a * power(y, b - 1);
  const pxx = a * (a - 1) * power(x, a - 2) * y ** b, pyy = b * (b - 1) * x ** a * power(y, b - 2), pxy = a * b * power(x, a - 1) * power(y, b - 1);
  return { f: 0.5 * r * r, fx: -r * px, fy: -r * py, fxx: px * px - r * pxx, fxy: px * py - r * pxy, fyy: py * py - r * pyy };
};

/** ln cosh(xy), without overflow. @param {number} x @param {number} y  @returns {Jet} */
function logCosh(x, y) {
  const u = x * y, t = tanh(u), s = 1 - t * t, a = Math.abs(u);
  return { f: a + log1p(exp(-2 * a)) - Math.LN2, fx: t * y, fy: t * x, fxx: s * y * y, fxy: s * u + t, fyy: s * x * x };
}

/** @param {number} depth @param {Partial<Landscape>} rest  @returns {Landscape} */
function deep(depth, rest) {
  const a = Math.ceil(depth / 2), b = Math.floor(depth / 2);
  return {
    name: `depth-${depth}`, title: `depth ${depth}`, formula: `½(1 − ${raised("x", a)}${raised("y", b)})²`, copies: [a, b], jet: product(a, b),
    product: (x, y) => x ** a * y ** b, minimum: 1, window: [0, 3, 0, 1.5], start: [2.2, 0.3], lr: 0.1, range: [0.02, 0.4], ...rest,
  };
}
/** @param {string} name @param {number} n */
const raised = (name, n) => `${name}${n > 1 ? "⁰¹²³⁴⁵⁶⁷⁸⁹"[n] : ""}`;

/** @type {Landscape[]} */
export const LANDSCAPES = [
  deep(2, { title: "two factors", window: [0, 3, 0, 2], start: [2.2, 0.2], lr: 0.5, range: [0.05, 1.4] }),
  deep(4, { title: "four factors (minimalist)", window: [0.8, 3.2, 0, 1.2], start: [2.5, 0.5], lr: 0.2, range: [0.05, 0.8] }),
  deep(3, { title: "three factors", window: [0, 2.6, 0, 2], start: [1.5, 0.4], lr: 0.35, range: [0.05, 0.9] }),
  deep(5, { title: "five factors", window: [0.5, 2.5, 0, 1.5], start: [1.9, 0.5], lr: 0.2, range: [0.03, 0.6] }),
  {
    name: "log-cosh", title: "log cosh", formula: "ln cosh(xy)", copies: [1, 1], jet: logCosh, product: (x, y) => x * y, minimum: 0,
    window: [-1.5, 1.5, 0, 5], start: [0.3, 4.2], lr: 0.2, range: [0.05, 1],
  },
];

/** @param {string} name */
export function landscapeOf(name) {
  const found = LANDSCAPES.find((l) => l.name === name);
  if (!found) throw new RangeError(`There is no landscape “${name}”. Use one of ${LANDSCAPES.map((l) => l.name).join(", ")}.`);
  return found;
}

/** The largest eigenvalue of the Hessian on the slice, in lengths of all the variables. @param {Landscape} l @param {number} x @param {number} y */
export function sharpness({ jet, copies: [a, b] }, x, y) {
  const { fxx, fxy, fyy } = jet(x, y), p = fxx / a, q = fxy / Math.sqrt(a * b), r = fyy / b;
  return (p + r) / 2 + Math.hypot((p - r) / 2, q);
}

const BLOWUP = 1e6;    // |x| or |y| past it: the run has diverged

/** @typedef {{ x: Float64Array, y: Float64Array, loss: Float64Array, sharpness: Float64Array, steps: number, end: "converged" | "diverged" | "going on" }} Walk */

/** Gradient descent from `start` until it stands still, diverges or has taken `most` steps.
 * @param {Landscape} l @param {number} lr @param {number[]} start @param {number} most  @returns {Walk} */
export function descend(l, lr, start, most) {
  const xs = new Float64Array(most + 1), ys = new Float64Array(most + 1), losses = new Float64Array(most + 1), [a, b] = l.copies;
  let [x, y] = start, t = 0, still = 0;
  /** @type {Walk["end"]} */
  let end = "going on";
  for (; t <= most; t++) {
    const { f, fx, fy } = l.jet(x, y);
    [xs[t], ys[t], losses[t]] = [x, y, f];
    const moved = lr * Math.hypot(fx / a, fy / b);
    still = moved < 1e-9 ? still + 1 : 0;
    if (still > 2) { end = "converged"; break; }
    [x, y] = [x - (lr * fx) / a, y - (lr * fy) / b];
    if (!(Math.hypot(x, y) < BLOWUP)) { end = "diverged"; break; }
  }
  const steps = Math.min(t, most), cut = (/** @type {Float64Array} */ v) => v.slice(0, steps + 1);
  const [kx, ky] = [cut(xs), cut(ys)];
  return { x: kx, y: ky, loss: cut(losses), sharpness: kx.map((v, i) => sharpness(l, v, ky[i])), steps, end };
}

/** Gradient flow, the limit of small steps, by Runge and Kutta's method with steps of at most 0.1 / curvature; stops
 * where the slope is gone. `time` is in the units of lr × step. @param {Landscape} l @param {number[]} start @param {number} until */
export function flow(l, start, until) {
  const [a, b] = l.copies, slope = (/** @type {number} */ x, /** @type {number} */ y) => { const { fx, fy } = l.jet(x, y); return [-fx / a, -fy / b]; };
  let [x, y] = start, time = 0;
  const xs = [x], ys = [y], times = [0];
  for (let i = 0; i < 20000 && time < until; i++) {
    const { fxx, fxy, fyy } = l.jet(x, y), h = Math.min(0.1 / (Math.hypot(fxx, fyy) + Math.abs(fxy) + 1e-3), until - time);
    const k1 = slope(x, y), k2 = slope(x + 0.5 * h * k1[0], y + 0.5 * h * k1[1]), k3 = slope(x + 0.5 * h * k2[0], y + 0.5 * h * k2[1]), k4 = slope(x + h * k3[0], y + h * k3[1]);
    [x, y] = [x + (h / 6) * (k1[0] + 2 * k2[0] + 2 * k3[0] + k4[0]), y + (h / 6) * (k1[1] + 2 * k2[1] + 2 * k3[1] + k4[1])];
    time += h;
    xs.push(x); ys.push(y); times.push(time);
    if (Math.hypot(k4[0], k4[1]) < 1e-9) break;
  }
  return { x: Float64Array.from(xs), y: Float64Array.from(ys), time: Float64Array.from(times), sharpness: Float64Array.from(xs, (v, i) => sharpness(l, v, ys[i])) };
}

/** Where gradient descent from `start` is after `settle` steps: the next `keep` points, or null when it diverged.
 * @param {Landscape} l @param {number} lr @param {number[]} start @param {number} settle @param {number} keep  @returns {[number, number][] | null} */
export function attractor(l, lr, start, settle, keep) {
  const [a, b] = l.copies, /** @type {[number, number][]} */ kept = [];
  let [x, y] = start;
  for (let t = 0; t < settle + keep; t++) {
    if (t >= settle) kept.push([x, y]);
    const { fx, fy } = l.jet(x, y);
    [x, y] = [x - (lr * fx) / a, y - (lr * fy) / b];
    if (!(Math.hypot(x, y) < BLOWUP)) return null;
  }
  return kept;
}

// @ts-check
// The self-stabilisation map of Damian, Nichani & Lee 2022 (arXiv 2209.15594), near the edge of stability:
//   x' = −(1 + ηy) x,   y' = y + η (β/2)(δ² − x²),   δ = √(2α/β)
// x: displacement along the top eigenvector; y: sharpness − 2/η; α: how fast the sharpness would rise by itself;
// β: how strongly a displacement lowers it.

/** @typedef {{ lr: number, alpha: number, beta: number }} Constants */
/** @typedef {{ x: Float64Array, y: Float64Array, steps: number, lost: number }} Orbit
 *   lost: the first step at which the sharpness y + 2/η is below zero, or −1; the arrays end before it */

/** The |x| at which the sharpness stands still. @param {Constants} c */
export const delta = ({ alpha, beta }) => Math.sqrt((2 * alpha) / beta);

/** One step. @param {Constants} c @param {number} x @param {number} y  @returns {[number, number]} */
export const step = ({ lr, alpha, beta }, x, y) => [-(1 + lr * y) * x, y + lr * (alpha - 0.5 * beta * x * x)];

/** Whether the sharpness y + 2/η is negative here. The map cannot blow up anywhere else: see runsAway.
 * @param {Constants} c @param {number} y */
export const belowZero = ({ lr }, y) => lr * y < -2;

/** Whether the map runs away from here for ever: y < −2/η and |x| ≥ δ. There |1 + ηy| > 1, so |x| grows, and as
 * x² > δ² from then on, y falls: the next point is in the same set. @param {Constants} c @param {number} x @param {number} y */
export const runsAway = (c, x, y) => belowZero(c, y) && Math.abs(x) >= delta(c);

/** @param {Constants} c @param {number} x0 @param {number} y0 @param {number} steps  @returns {Orbit} */
export function orbit(c, x0, y0, steps) {
  const xs = new Float64Array(steps + 1), ys = new Float64Array(steps + 1);
  let x = x0, y = y0;
  for (let t = 0; t <= steps; t++) {
    if (belowZero(c, y)) return { x: xs.slice(0, t), y: ys.slice(0, t), steps: t - 1, lost: t };
    [xs[t], ys[t]] = [x, y];
    [x, y] = step(c, x, y);
  }
  return { x: xs, y: ys, steps, lost: -1 };
}

/** What the map multiplies the radius of a small loop around (δ, 0) by, each step: the modulus √(1 + 2αη²) of the
 * eigenvalues 1 ± iη√(2α) of its Jacobian there (the sign of x left aside). Above 1 always: an Euler step of a closed
 * loop spirals out. @param {Constants} c */
export const widening = ({ lr, alpha }) => Math.sqrt(1 + 2 * alpha * lr * lr);

/** Steps of one small loop: 2π over the angle of those eigenvalues. @param {Constants} c */
export const period = ({ lr, alpha }) => (2 * Math.PI) / Math.atan2(lr * Math.sqrt(2 * alpha), 1);

/** What the flow u̇ = yu, ẏ = α − βu²/2 (the map as η → 0, with u = |x|) keeps: y²/2 + βu²/4 − α ln u.
 * @param {Constants} c @param {number} u @param {number} y */
export const energy = ({ alpha, beta }, u, y) => 0.5 * y * y + 0.25 * beta * u * u - alpha * Math.log(u);

/** The closed loop of the flow through (x0, y0), as points u, y, u, y, …, counted by the angle around (δ, 0).
 * @param {Constants} c @param {number} x0 @param {number} y0 @param {number} [count] */
export function loop(c, x0, y0, count = 160) {
  const level = energy(c, Math.abs(x0), y0), centre = delta(c), floor = energy(c, centre, 0), high = Math.sqrt(Math.max(0, 2 * (level - floor)));
  const points = [], narrow = Math.log(end(c, level, centre, -1)), wide = Math.log(end(c, level, centre, 1));
  for (let i = 0; i <= count; i++) {
    const angle = (2 * Math.PI * i) / count, u = Math.exp(0.5 * (narrow + wide) + 0.5 * (wide - narrow) * Math.cos(angle));
    const y = Math.sqrt(Math.max(0, 2 * (level - energy(c, u, 0))));
    points.push(u, Math.sign(Math.sin(angle)) * Math.min(y, high));
  }
  return points;
}

/** Where the loop meets y = 0, left or right of δ, by bisection in ln u. @param {Constants} c @param {number} level @param {number} centre @param {number} side */
function end(c, level, centre, side) {
  let inside = centre, outside = centre;
  while (energy(c, outside, 0) < level) outside *= side > 0 ? 2 : 0.5;
  for (let i = 0; i < 60; i++) {
    const middle = Math.sqrt(inside * outside);
    if (energy(c, middle, 0) < level) inside = middle; else outside = middle;
  }
  return inside;
}

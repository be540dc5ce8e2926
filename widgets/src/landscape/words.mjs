// @ts-check
// What happens on the landscape, in one sentence that changes only with the regime.

/** @typedef {import("./landscapes.mjs").Walk} Walk */

/** After how many steps the last points repeat, up to 16; 0 when they do not. @param {Walk} walk */
export function repeats({ x, y, steps }) {
  for (let n = 1; n <= 16 && 2 * n <= steps; n++) {
    let gap = 0;
    for (let k = 0; k < n; k++) gap = Math.max(gap, Math.hypot(x[steps - k] - x[steps - k - n], y[steps - k] - y[steps - k - n]));
    if (gap < 1e-6) return n;
  }
  return 0;
}

/** @param {Walk} walk @param {number} threshold @param {number} flowEnd  the sharpness where gradient flow ends */
export function sentenceOf(walk, threshold, flowEnd) {
  const last = walk.steps, jumps = repeats(walk);
  if (walk.end === "diverged") return "Gradient descent diverges: it jumps across the valley and lands higher each time.";
  if (walk.end === "converged" && walk.loss[last] > 1e-6) return "Gradient descent comes to rest on a plateau, where the slope is zero and the loss is not.";
  if (walk.end === "converged" && flowEnd > threshold) {
    return "Gradient flow ends where the sharpness is above 2/η. Gradient descent cannot stay there: it ends at another minimum, with a sharpness below 2/η.";
  }
  if (walk.end === "converged") return "Gradient flow ends where the sharpness is below 2/η, and gradient descent settles down in the same valley, below 2/η too.";
  if (jumps > 1) return `Gradient descent never settles: it repeats ${jumps} points for ever.`;
  return "Gradient descent has not settled within these steps: it still moves.";
}

// @ts-check
// The two kinds of training set: a Chebyshev polynomial on 20 points, and 300 real handwritten digits.
import { DIGIT_PIXELS, DIGIT_LABELS } from "./digits-data.mjs";

/** @typedef {import("./network.mjs").Dataset} Dataset */

/** x evenly spaced on [-1, 1], y = T_degree(x) by Clenshaw's recurrence, rounded as numpy's linspace and chebval do.
 * @param {number} degree @param {number} n  @returns {Dataset} */
export function chebyshev(degree, n = 20) {
  const x = new Float64Array(n), y = new Float64Array(n), gap = 2 / (n - 1);
  for (let i = 0; i < n; i++) {
    x[i] = i === n - 1 ? 1 : i * gap - 1;
    let c0 = degree ? 0 : 1, c1 = degree ? 1 : 0;
    for (let k = 1; k < degree; k++) [c0, c1] = [-c1, c0 + c1 * (2 * x[i])];
    y[i] = c0 + c1 * x[i];
  }
  return { x, y, n, inputs: 1, outputs: 1 };
}

/** The first 300 images of scikit-learn's digits (8 x 8 pixels of 0..16), each pixel centred over the images,
 * everything divided by the one standard deviation of all centred entries; y one-hot.  @returns {Dataset} */
export function digits() {
  const n = DIGIT_LABELS.length, x = new Float64Array(n * 64), y = new Float64Array(n * 10);
  for (let i = 0; i < n * 64; i++) x[i] = DIGIT_PIXELS.charCodeAt(i) - 97;
  for (let j = 0; j < 64; j++) {
    let sum = 0;
    for (let i = j; i < n * 64; i += 64) sum += x[i];
    for (let i = j; i < n * 64; i += 64) x[i] -= sum / n;
  }
  let square = 0;
  for (let i = 0; i < n; i++) {  // image by image: short sums round less
    let image = 0;
    for (let j = i * 64; j < i * 64 + 64; j++) image += x[j] * x[j];
    square += image;
  }
  const deviation = Math.sqrt(square / (n * 64));
  for (let i = 0; i < n * 64; i++) x[i] /= deviation;
  for (let i = 0; i < n; i++) y[i * 10 + Number(DIGIT_LABELS[i])] = 1;
  return { x, y, n, inputs: 64, outputs: 10 };
}

/** @param {string} task  "digits" or "chebyshev-<degree>"  @returns {Dataset} */
export const dataset = (task) => (task === "digits" ? digits() : chebyshev(Number(task.slice("chebyshev-".length))));

// @ts-check
// The training sets: a Chebyshev polynomial on 20 points, 300 real handwritten digits, points someone has drawn, and
// whitened random data for deep linear networks.
import { DIGIT_PIXELS, DIGIT_LABELS } from "./digits-data.mjs";
import { log } from "./mathfns.mjs";
import { MersenneTwister } from "./rng.mjs";

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

/** Points of a curve, as drawn: one input, one output. @param {ArrayLike<number>} x @param {ArrayLike<number>} y  @returns {Dataset} */
export function points(x, y) {
  if (x.length !== y.length || x.length === 0) throw new RangeError(`There are ${x.length} values of x and ${y.length} of y. Give as many of one as of the other, at least one.`);
  const bad = [...Array.from(x), ...Array.from(y)].find((v) => !Number.isFinite(v));
  if (bad !== undefined) throw new RangeError(`A point cannot be at ${bad}. Use finite numbers.`);
  return { x: Float64Array.from(x), y: Float64Array.from(y), n: x.length, inputs: 1, outputs: 1 };
}

/** d examples of d features with X^T X = d I, and Y = X A^T with a Gaussian A: X is sqrt(d) times the Q of a Gaussian
 * matrix (Gram-Schmidt, twice), so the loss of a linear map differs from its distance to A by a constant factor only.
 * @param {number} d @param {number} [seed]  @returns {Dataset} */
export function whitened(d, seed = 0) {
  const random = new MersenneTwister(seed), x = gaussian(random, d * d), A = gaussian(random, d * d), y = new Float64Array(d * d);
  for (let j = 0; j < d; j++) {                              // orthonormal columns
    for (let pass = 0; pass < 2; pass++) for (let k = 0; k < j; k++) {
      let s = 0;
      for (let i = 0; i < d; i++) s += x[i * d + k] * x[i * d + j];
      for (let i = 0; i < d; i++) x[i * d + j] -= s * x[i * d + k];
    }
    let square = 0;
    for (let i = 0; i < d; i++) square += x[i * d + j] ** 2;
    for (let i = 0; i < d; i++) x[i * d + j] /= Math.sqrt(square);
  }
  for (let i = 0; i < d * d; i++) x[i] *= Math.sqrt(d);
  for (let i = 0; i < d; i++) for (let j = 0; j < d; j++) for (let k = 0; k < d; k++) y[i * d + j] += x[i * d + k] * A[j * d + k];
  return { x, y, n: d, inputs: d, outputs: d };
}

/** Standard normal numbers by Marsaglia's polar method. @param {MersenneTwister} random @param {number} count */
function gaussian(random, count) {
  const out = new Float64Array(count);
  for (let i = 0; i < count;) {
    const u = random.bits32() / 2147483648 - 1, v = random.bits32() / 2147483648 - 1, s = u * u + v * v;
    if (s >= 1 || s === 0) continue;
    const scale = Math.sqrt((-2 * log(s)) / s);
    out[i++] = u * scale;
    if (i < count) out[i++] = v * scale;
  }
  return out;
}

/** "digits", "chebyshev-<degree>", "linear-<d>" (whitened, seed 0) or "points" (with the points themselves).
 * @param {string} task @param {{ x: ArrayLike<number>, y: ArrayLike<number> }} [drawn]  @returns {Dataset} */
export function dataset(task, drawn) {
  const [kind, number] = task.split("-");
  if (kind === "digits") return digits();
  if (kind === "chebyshev") return chebyshev(Number(number));
  if (kind === "linear") return whitened(Number(number));
  if (kind === "points" && drawn) return points(drawn.x, drawn.y);
  throw new RangeError(`There is no data set “${task}”. Use digits, chebyshev-4, linear-20, or points with their x and y.`);
}

// @ts-check
// The two losses in the paper's normalisation, with what backpropagation needs of them at the outputs.
import { exp, log } from "./mathfns.mjs";

/** n examples, k outputs, all arrays (n, k) in row order.
 * @typedef {object} Loss
 * @property {(out: Float64Array, y: Float64Array, n: number, k: number, delta: Float64Array, state: Float64Array) => number} value
 *   returns the loss, fills delta = d loss / d out, and state for `curve`
 * @property {(Rout: Float64Array, state: Float64Array, n: number, k: number, Rdelta: Float64Array) => void} curve
 *   Rdelta = (Hessian of the loss in the outputs) Rout */

/** @type {Record<string, Loss>} */
export const losses = {
  // mean over examples of 1/2 * sum over outputs of (out - y)^2
  "mse": {
    value(out, y, n, k, delta) {
      let sum = 0;
      for (let i = 0; i < n * k; i++) {
        const r = out[i] - y[i];
        sum += r * r;
        delta[i] = r / n;
      }
      return sum / (2 * n);
    },
    curve(Rout, _state, n, k, Rdelta) {
      for (let i = 0; i < n * k; i++) Rdelta[i] = Rout[i] / n;
    },
  },
  // mean over examples of -sum y log softmax(out); state keeps the softmax. The rows of y sum to one.
  "cross-entropy": {
    value(out, y, n, k, delta, state) {
      let sum = 0;
      for (let row = 0; row < n * k; row += k) {
        let top = -Infinity, total = 0;
        for (let j = row; j < row + k; j++) top = Math.max(top, out[j]);
        for (let j = row; j < row + k; j++) total += state[j] = exp(out[j] - top);
        const logTotal = log(total);
        for (let j = row; j < row + k; j++) {
          state[j] /= total;
          delta[j] = (state[j] - y[j]) / n;
          sum -= y[j] * (out[j] - top - logTotal);
        }
      }
      return sum / n;
    },
    curve(Rout, state, n, k, Rdelta) {
      for (let row = 0; row < n * k; row += k) {
        let mean = 0;
        for (let j = row; j < row + k; j++) mean += state[j] * Rout[j];
        for (let j = row; j < row + k; j++) Rdelta[j] = (state[j] * (Rout[j] - mean)) / n;
      }
    },
  },
};

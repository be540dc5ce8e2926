// @ts-check
// Activations with their first two derivatives, as torch defines them (gelu with erf, softplus linear above 20).
import { erf, exp, expm1, log1p, tanh } from "./mathfns.mjs";

/** Fills value, first and second derivative for the first n entries of z.
 * @typedef {(z: Float64Array, value: Float64Array, first: Float64Array, second: Float64Array, n: number) => void} Activation */

/** @param {number} z */
const sigmoid = (z) => (z >= 0 ? 1 / (1 + exp(-z)) : exp(z) / (1 + exp(z)));
const INV_SQRT2 = Math.SQRT1_2, INV_SQRT_2PI = 0.3989422804014327;

/** @type {Record<string, Activation>} */
export const activations = {
  tanh(z, value, first, second, n) {
    for (let i = 0; i < n; i++) {
      const a = tanh(z[i]), d = 1 - a * a;
      value[i] = a; first[i] = d; second[i] = -2 * a * d;
    }
  },
  relu(z, value, first, second, n) {
    for (let i = 0; i < n; i++) {
      const on = z[i] > 0 ? 1 : 0;
      value[i] = on ? z[i] : 0; first[i] = on; second[i] = 0;
    }
  },
  elu(z, value, first, second, n) {
    for (let i = 0; i < n; i++) {
      const e = z[i] > 0 ? 0 : exp(z[i]);
      value[i] = z[i] > 0 ? z[i] : expm1(z[i]); first[i] = z[i] > 0 ? 1 : e; second[i] = e;
    }
  },
  softplus(z, value, first, second, n) {
    for (let i = 0; i < n; i++) {
      const linear = z[i] > 20, s = linear ? 1 : sigmoid(z[i]);
      value[i] = linear ? z[i] : log1p(exp(z[i])); first[i] = s; second[i] = linear ? 0 : s * (1 - s);
    }
  },
  gelu(z, value, first, second, n) {
    for (let i = 0; i < n; i++) {
      const x = z[i], cdf = 0.5 * (1 + erf(x * INV_SQRT2)), pdf = exp(-0.5 * x * x) * INV_SQRT_2PI;
      value[i] = x * cdf; first[i] = cdf + x * pdf; second[i] = pdf * (2 - x * x);
    }
  },
  silu(z, value, first, second, n) {
    for (let i = 0; i < n; i++) {
      const x = z[i], s = sigmoid(x), d = s * (1 - s);
      value[i] = x * s; first[i] = s + x * d; second[i] = d * (2 + x * (1 - 2 * s));
    }
  },
  linear(z, value, first, second, n) {
    for (let i = 0; i < n; i++) { value[i] = z[i]; first[i] = 1; second[i] = 0; }
  },
};

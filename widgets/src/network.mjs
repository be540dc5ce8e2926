// @ts-check
// A multilayer perceptron's training loss as a function of one flat parameter vector w, with its exact gradient
// (backpropagation) and exact Hessian-vector products (Pearlmutter's R-operator, 1994).
// The order of w is torch's parameters_to_vector: each layer's weight (out, in) by rows, then its bias if it has one.
import { activations } from "./activations.mjs";
import { parameterCount } from "./constants.mjs";
import { plain } from "./kernels.mjs";
import { losses } from "./losses.mjs";
import { MersenneTwister } from "./rng.mjs";

/** @typedef {{ x: Float64Array, y: Float64Array, n: number, inputs: number, outputs: number }} Dataset  x (n, inputs), y (n, outputs) */

/** torch's default initialisation of nn.Linear: weight and bias uniform within 1/sqrt(fan_in), where the weight's
 * bound takes the detour (and the rounding) of kaiming_uniform_(a = sqrt 5).
 * @param {number[]} sizes @param {number} seed @param {boolean} [bias]  false: layers without a bias */
export function initialParameters(sizes, seed, bias = true) {
  const random = new MersenneTwister(seed), w = new Float64Array(parameterCount(sizes, bias));
  let at = 0;
  for (let l = 1; l < sizes.length; l++) {
    const fanIn = sizes[l - 1], gain = Math.sqrt(2 / (1 + Math.sqrt(5) * Math.sqrt(5)));
    const bound = Math.sqrt(3) * (gain / Math.sqrt(fanIn)), biasBound = 1 / Math.sqrt(fanIn);
    for (let i = 0; i < sizes[l] * fanIn; i++) w[at++] = random.uniform(-bound, bound);
    for (let i = 0; bias && i < sizes[l]; i++) w[at++] = random.uniform(-biasBound, biasBound);
  }
  return w;
}

class Layer {
  /** @param {import("./kernels.mjs").Kernels} kernels @param {number} n @param {number} inputs @param {number} outputs
   * @param {number} at  offset of the weight in w @param {boolean} bias */
  constructor(kernels, n, inputs, outputs, at, bias) {
    const array = () => kernels.array(n * outputs);
    this.inputs = inputs;
    this.outputs = outputs;
    this.weight = at;
    this.bias = bias ? at + inputs * outputs : -1;                       // -1: none
    this.W = kernels.array(inputs * outputs); this.V = kernels.array(inputs * outputs);  // transposed, so that rows are contiguous
    this.z = array(); this.a = array();                                  // before and after the activation
    this.first = array(); this.second = array();                         // derivatives of the activation at z
    this.back = array(); this.delta = array();                           // d loss / d a, d loss / d z
    this.bent = array();                                                 // back * second
    this.Rz = array(); this.Ra = array(); this.Rdelta = array();         // directional derivatives along v
  }
}

export class Objective {
  /** @param {{ sizes: number[], activation: string, loss: string, data: Dataset, bias?: boolean, kernels?: import("./kernels.mjs").Kernels }} options */
  constructor({ sizes, activation, loss, data, bias = true, kernels = plain }) {
    this.n = data.n;
    this.kernels = kernels;
    this.activation = kernels.activations?.[activation] ?? activations[activation];
    this.loss = losses[loss];
    this.size = parameterCount(sizes, bias);
    this.x = kernels.array(data.x.length); this.y = kernels.array(data.y.length);
    this.load(data.x, data.y);
    /** @type {Layer[]} */
    this.layers = [];
    for (let l = 1, at = 0; l < sizes.length; l++) {
      this.layers.push(new Layer(kernels, data.n, sizes[l - 1], sizes[l], at, bias));
      at += sizes[l] * (sizes[l - 1] + Number(bias));
    }
    this.w = kernels.array(this.size); this.v = kernels.array(this.size);
    this.out = kernels.array(this.size);                                 // what gradient and product are made in
    this.state = kernels.array(data.n * data.outputs);
  }

  /** Other examples, as many as before. @param {Float64Array} x @param {Float64Array} y */
  load(x, y) {
    this.x.set(x);
    this.y.set(y);
  }

  /** The network's outputs (n, outputs) at the point of the last `evaluate`. */
  get predictions() { return this.layers[this.layers.length - 1].z; }

  /** Moves to w: returns the loss, fills the gradient, and keeps what `hvp` needs.
   * @param {Float64Array} w @param {Float64Array} gradient */
  evaluate(w, gradient) {
    const { n, layers, kernels, out } = this, last = layers.length - 1, top = layers[last];
    this.w.set(w);
    for (let l = 0; l <= last; l++) {
      const layer = layers[l], { z } = layer;
      kernels.transpose(layer.outputs, layer.inputs, this.w, layer.weight, layer.W);
      this.#affine(layer, this.#input(l), this.w, layer.W, z);
      if (l < last) this.activation(z, layer.a, layer.first, layer.second, z.length);
    }
    const loss = this.loss.value(top.z, this.y, n, top.outputs, top.delta, this.state);
    for (let l = last; l >= 0; l--) {
      const layer = layers[l], { inputs, outputs, delta } = layer;
      kernels.gemm(outputs, inputs, n, delta, 1, outputs, this.#input(l), 0, inputs, out, layer.weight, false);
      if (layer.bias >= 0) kernels.columnSums(n, outputs, delta, out, layer.bias);
      if (!l) break;
      const { back, bent, first, second, delta: below } = layers[l - 1];
      kernels.gemm(n, inputs, outputs, delta, outputs, 1, this.w, layer.weight, inputs, back, 0, false);
      kernels.multiply(back, first, below);
      kernels.multiply(back, second, bent);
    }
    gradient.set(out);
    return loss;
  }

  /** out = H v at the point of the last `evaluate`. @param {Float64Array} v @param {Float64Array} result */
  hvp(v, result) {
    const { n, layers, kernels, w, out } = this, last = layers.length - 1, top = layers[last];
    this.v.set(v);
    for (let l = 0; l <= last; l++) {
      const layer = layers[l], { inputs, outputs, Rz } = layer;
      kernels.transpose(outputs, inputs, this.v, layer.weight, layer.V);
      this.#affine(layer, this.#input(l), this.v, layer.V, Rz);
      if (l) kernels.gemm(n, outputs, inputs, layers[l - 1].Ra, inputs, 1, layer.W, 0, outputs, Rz, 0, true);
      if (l < last) kernels.multiply(layer.first, Rz, layer.Ra);
    }
    this.loss.curve(top.Rz, this.state, n, top.outputs, top.Rdelta);
    for (let l = last; l >= 0; l--) {
      const layer = layers[l], { inputs, outputs, delta, Rdelta } = layer;
      kernels.gemm(outputs, inputs, n, Rdelta, 1, outputs, this.#input(l), 0, inputs, out, layer.weight, false);
      if (layer.bias >= 0) kernels.columnSums(n, outputs, Rdelta, out, layer.bias);
      if (!l) break;
      const below = layers[l - 1];
      kernels.gemm(outputs, inputs, n, delta, 1, outputs, below.Ra, 0, inputs, out, layer.weight, true);
      kernels.gemm(n, inputs, outputs, Rdelta, outputs, 1, w, layer.weight, inputs, below.Rdelta, 0, false);
      kernels.gemm(n, inputs, outputs, delta, outputs, 1, this.v, layer.weight, inputs, below.Rdelta, 0, true);
      kernels.bend(below.Rdelta, below.first, below.bent, below.Rz);
    }
    result.set(out);
  }

  /** What layer l reads. @param {number} l */
  #input(l) { return l ? this.layers[l - 1].a : this.x; }

  /** z = input W^T + b with the bias read from the flat vector w. @param {Layer} layer @param {Float64Array} input
   * @param {Float64Array} w @param {Float64Array} W  transposed @param {Float64Array} z */
  #affine(layer, input, w, W, z) {
    const { inputs, outputs, bias } = layer;
    if (bias >= 0) this.kernels.repeat(this.n, outputs, w, bias, z);
    this.kernels.gemm(this.n, outputs, inputs, input, inputs, 1, W, 0, outputs, z, 0, bias >= 0);
  }
}

// @ts-check
// A multilayer perceptron's training loss as a function of one flat parameter vector w, with its exact gradient
// (backpropagation) and exact Hessian-vector products (Pearlmutter's R-operator, 1994).
// The order of w is torch's parameters_to_vector: each layer's weight (out, in) by rows, then its bias.
import { activations } from "./activations.mjs";
import { parameterCount } from "./constants.mjs";
import { gemm } from "./gemm.mjs";
import { losses } from "./losses.mjs";
import { MersenneTwister } from "./rng.mjs";

/** @typedef {{ x: Float64Array, y: Float64Array, n: number, inputs: number, outputs: number }} Dataset  x (n, inputs), y (n, outputs) */

/** torch's default initialisation of nn.Linear: weight and bias uniform within 1/sqrt(fan_in), where the weight's
 * bound takes the detour (and the rounding) of kaiming_uniform_(a = sqrt 5).
 * @param {number[]} sizes @param {number} seed */
export function initialParameters(sizes, seed) {
  const random = new MersenneTwister(seed), w = new Float64Array(parameterCount(sizes));
  let at = 0;
  for (let l = 1; l < sizes.length; l++) {
    const fanIn = sizes[l - 1], gain = Math.sqrt(2 / (1 + Math.sqrt(5) * Math.sqrt(5)));
    const bound = Math.sqrt(3) * (gain / Math.sqrt(fanIn)), biasBound = 1 / Math.sqrt(fanIn);
    for (let i = 0; i < sizes[l] * fanIn; i++) w[at++] = random.uniform(-bound, bound);
    for (let i = 0; i < sizes[l]; i++) w[at++] = random.uniform(-biasBound, biasBound);
  }
  return w;
}

class Layer {
  /** @param {number} n @param {number} inputs @param {number} outputs @param {number} at  offset of the weight in w */
  constructor(n, inputs, outputs, at) {
    const array = () => new Float64Array(n * outputs);
    this.inputs = inputs;
    this.outputs = outputs;
    this.weight = at;
    this.bias = at + inputs * outputs;
    this.z = array(); this.a = array();                                  // before and after the activation
    this.first = array(); this.second = array();                         // derivatives of the activation at z
    this.back = array(); this.delta = array();                           // d loss / d a, d loss / d z
    this.Rz = array(); this.Ra = array(); this.Rdelta = array();         // directional derivatives along v
  }
}

export class Objective {
  /** @param {{ sizes: number[], activation: string, loss: string, data: Dataset }} options */
  constructor({ sizes, activation, loss, data }) {
    this.n = data.n;
    this.data = data;
    this.activation = activations[activation];
    this.loss = losses[loss];
    this.size = parameterCount(sizes);
    /** @type {Layer[]} */
    this.layers = [];
    let at = 0;
    for (let l = 1; l < sizes.length; at += sizes[l] * (sizes[l - 1] + 1), l++) {
      this.layers.push(new Layer(data.n, sizes[l - 1], sizes[l], at));
    }
    this.w = new Float64Array(this.size);
    this.state = new Float64Array(data.n * data.outputs);
  }

  /** Moves to w: returns the loss, fills the gradient, and keeps what `hvp` needs.
   * @param {Float64Array} w @param {Float64Array} gradient */
  evaluate(w, gradient) {
    this.w.set(w);
    const { n, layers, data } = this, last = layers.length - 1;
    layers.forEach((layer, l) => {
      const input = l ? layers[l - 1].a : data.x;
      affine(n, layer, input, this.w, layer.z, false);
      if (l < last) this.activation(layer.z, layer.a, layer.first, layer.second, layer.z.length);
    });
    const top = layers[last];
    const loss = this.loss.value(top.z, data.y, n, top.outputs, top.delta, this.state);
    for (let l = last; l >= 0; l--) {
      const layer = layers[l];
      weightGradient(n, layer, layer.delta, l ? layers[l - 1].a : data.x, gradient, false);
      biasGradient(n, layer, layer.delta, gradient);
      if (!l) break;
      const below = layers[l - 1];
      gemm(n, layer.inputs, layer.outputs, layer.delta, 0, layer.outputs, 1, this.w, layer.weight, layer.inputs, 1, below.back, 0, false);
      for (let i = 0; i < below.back.length; i++) below.delta[i] = below.back[i] * below.first[i];
    }
    return loss;
  }

  /** out = H v at the point of the last `evaluate`. @param {Float64Array} v @param {Float64Array} out */
  hvp(v, out) {
    const { n, layers, data, w } = this, last = layers.length - 1;
    layers.forEach((layer, l) => {
      affine(n, layer, l ? layers[l - 1].a : data.x, v, layer.Rz, false);
      if (l) gemm(n, layer.outputs, layer.inputs, layers[l - 1].Ra, 0, layer.inputs, 1, w, layer.weight, 1, layer.inputs, layer.Rz, 0, true);
      if (l < last) for (let i = 0; i < layer.Rz.length; i++) layer.Ra[i] = layer.first[i] * layer.Rz[i];
    });
    const top = layers[last];
    this.loss.curve(top.Rz, this.state, n, top.outputs, top.Rdelta);
    for (let l = last; l >= 0; l--) {
      const layer = layers[l];
      weightGradient(n, layer, layer.Rdelta, l ? layers[l - 1].a : data.x, out, false);
      biasGradient(n, layer, layer.Rdelta, out);
      if (!l) break;
      const below = layers[l - 1];
      weightGradient(n, layer, layer.delta, below.Ra, out, true);
      gemm(n, layer.inputs, layer.outputs, layer.Rdelta, 0, layer.outputs, 1, w, layer.weight, layer.inputs, 1, below.Rdelta, 0, false);
      gemm(n, layer.inputs, layer.outputs, layer.delta, 0, layer.outputs, 1, v, layer.weight, layer.inputs, 1, below.Rdelta, 0, true);
      for (let i = 0; i < below.Rdelta.length; i++) {
        below.Rdelta[i] = below.Rdelta[i] * below.first[i] + below.back[i] * below.second[i] * below.Rz[i];
      }
    }
  }
}

/** z = input W^T + b with W, b read from the flat vector w.
 * @param {number} n @param {Layer} layer @param {Float64Array} input @param {Float64Array} w @param {Float64Array} z @param {boolean} add */
function affine(n, layer, input, w, z, add) {
  const { inputs, outputs, weight, bias } = layer;
  gemm(n, outputs, inputs, input, 0, inputs, 1, w, weight, 1, inputs, z, 0, add);
  for (let i = 0, at = 0; i < n; i++) for (let j = 0; j < outputs; j++) z[at++] += w[bias + j];
}

/** out's weight block = delta^T input. @param {number} n @param {Layer} layer @param {Float64Array} delta
 * @param {Float64Array} input @param {Float64Array} out @param {boolean} add */
function weightGradient(n, layer, delta, input, out, add) {
  gemm(layer.outputs, layer.inputs, n, delta, 0, 1, layer.outputs, input, 0, layer.inputs, 1, out, layer.weight, add);
}

/** out's bias block = column sums of delta. @param {number} n @param {Layer} layer @param {Float64Array} delta @param {Float64Array} out */
function biasGradient(n, layer, delta, out) {
  out.fill(0, layer.bias, layer.bias + layer.outputs);
  for (let i = 0, at = 0; i < n; i++) for (let j = 0; j < layer.outputs; j++) out[layer.bias + j] += delta[at++];
}

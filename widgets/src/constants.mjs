// @ts-check
// What the engine and the page both know, and nothing heavier: the page's bundle carries the engine only once.

/** A run whose loss grows past this many times its first value is called divergent. */
export const BLOWUP = 1e6;

export const ACTIVATIONS = ["tanh", "relu", "elu", "softplus", "gelu", "silu"];
export const LOSSES = ["mse", "cross-entropy"];

/** Number of parameters of a network of these layer sizes. @param {number[]} sizes @param {boolean} [bias] */
export const parameterCount = (sizes, bias = true) => sizes.slice(1).reduce((sum, out, l) => sum + out * (sizes[l] + Number(bias)), 0);

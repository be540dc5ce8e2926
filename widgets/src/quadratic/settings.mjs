// @ts-check
// The state of the quadratic's widget. eoslib/explorables.py declares the same keys, defaults and limits.
import { common, oneOf, range, several, whole, within } from "../toys/checks.mjs";
import { METHODS } from "./quadratic.mjs";

export const LIMITS = { curvature: [0.1, 100], w0: [-1.8, 1.8], lr: [1e-4, 10], beta: [0, 0.99], steps: [1, 400] };
export const DEFAULTS = {
  curvature: [10], lr: 0.18, method: "gd", beta: 0.9, w0: [1, 1], steps: 30, lr_range: [0.01, 0.5],
  autoplay: false, id: "quadratic", title: "",
};

/** One number or two; a single start goes with the default of the second direction. @param {unknown} value */
function start(value) {
  const numbers = several("The start", [1, 2], LIMITS.w0[0], LIMITS.w0[1])(value);
  return numbers.length === 2 ? numbers : [numbers[0], DEFAULTS.w0[1]];
}

/** @type {import("../toys/toy.mjs").Schema} */
export const SCHEMA = {
  defaults: DEFAULTS,
  checks: {
    curvature: several("The curvature", [1, 2], LIMITS.curvature[0], LIMITS.curvature[1]),
    lr: within("The step size η", LIMITS.lr[0], LIMITS.lr[1]),
    method: oneOf("The method", METHODS),
    beta: within("The momentum β", LIMITS.beta[0], LIMITS.beta[1]),
    w0: start,
    steps: whole("The number of steps", LIMITS.steps[0], LIMITS.steps[1]),
    lr_range: range("The range of η", LIMITS.lr[0], LIMITS.lr[1]),
    ...common,
  },
  linked: [["lr", "lr"], ["a", "curvature"], ["method", "method"], ["beta", "beta"], ["w0", "w0"]],
};

// @ts-check
// The state of the landscape's widget. eoslib/explorables.py declares the same keys, defaults and limits.
import { common, oneOf, quote, several, whole, within } from "../toys/checks.mjs";
import { LANDSCAPES } from "./landscapes.mjs";

export const LIMITS = { lr: [0.001, 2], w0: [-6, 6], steps: [1, 20000] };
export const FUNCTIONS = LANDSCAPES.map((l) => l.name), CONTOURS = ["loss", "sharpness"], PLOTS = ["run", "bifurcation"];
export const DEFAULTS = {
  function: "depth-4", lr: 0.2, w0: /** @type {number[]} */ ([]), steps: 2000, contours: "loss", plot: "run",
  autoplay: false, id: "landscape", title: "",
};

/** Two numbers; none for the function's own start. @param {unknown} value */
function start(value) {
  const numbers = several("The start", [0, 2], LIMITS.w0[0], LIMITS.w0[1])(value);
  if (numbers.length === 1) throw new RangeError(`The start cannot be ${quote(value)}. Give two numbers from ${LIMITS.w0[0]} to ${LIMITS.w0[1]}.`);
  return numbers;
}

/** @type {import("../toys/toy.mjs").Schema} */
export const SCHEMA = {
  defaults: DEFAULTS,
  checks: {
    function: oneOf("The function", FUNCTIONS),
    lr: within("The step size η", LIMITS.lr[0], LIMITS.lr[1]),
    w0: start,
    steps: whole("The number of steps", LIMITS.steps[0], LIMITS.steps[1]),
    contours: oneOf("The contours", CONTOURS),
    plot: oneOf("The plot", PLOTS),
    ...common,
  },
  linked: [["f", "function"], ["lr", "lr"], ["w0", "w0"], ["contours", "contours"], ["plot", "plot"]],
};

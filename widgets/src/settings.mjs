// @ts-check
// The settings of the lab: defaults, choices, and checks whose errors are sentences that say what to do.
import { ACTIVATIONS, LOSSES, parameterCount } from "./constants.mjs";
import { examples, hasFlow, MEASURES, OPTIMIZERS } from "./methods.mjs";

/** @typedef {object} Settings
 * @property {string} task        "chebyshev-<degree>" or "digits"
 * @property {string} loss        "mse" or "cross-entropy" (digits only)
 * @property {number} lr          step size η
 * @property {string} activation
 * @property {number[]} hidden    widths of the hidden layers
 * @property {number} seed
 * @property {boolean} autoplay   start when scrolled into view
 * @property {string} id          names this widget in the page's fragment
 * @property {number[]} lr_range  ends of the η slider
 * @property {string} title
 * @property {number} max_steps
 * @property {string} optimizer   a name in methods.mjs
 * @property {number} momentum    β of Polyak and Nesterov
 * @property {number} beta1       Adam
 * @property {number} beta2       Adam, RMSProp
 * @property {number} rho         SAM
 * @property {number} batch       examples a step of SGD, 0 for all
 * @property {string} schedule    "", "drop-<step>-<factor>" or "warmup-<steps>"
 * @property {string[]} measures  names in methods.mjs: what is drawn besides */

/** @type {Settings} */
export const DEFAULTS = {
  task: "chebyshev-6", loss: "mse", lr: 0.4, activation: "tanh", hidden: [30, 20], seed: 2,
  autoplay: false, id: "lab", lr_range: [0.05, 1], title: "", max_steps: 20000,
  optimizer: "gd", momentum: 0.9, beta1: 0.9, beta2: 0.999, rho: 0.05, batch: 0, schedule: "", measures: [],
};
export const TASKS = ["chebyshev-3", "chebyshev-4", "chebyshev-5", "chebyshev-6", "digits"];
export const WIDTHS = ["20", "100", "30-20", "50-50", "32-32", "20-20-20"];
export const SCHEDULES = ["", "drop-500-0.5", "drop-1500-0.5", "warmup-500"];
export const LIMITS = { width: 256, layers: 5, parameters: 20000, degree: 20, seed: 4294967295, max_steps: 100000, rho: 10, batch: 300 };

/** @param {unknown} value */
const quote = (value) => (Array.isArray(value) ? `[${value.join(", ")}]` : `“${String(value)}”`);

/** @param {number[]} hidden */
export const widthText = (hidden) => hidden.join("-");

/** A number from a number or from text that is nothing but a number. @param {unknown} value */
function toNumber(value) {
  if (typeof value === "number") return value;
  const text = typeof value === "string" ? value.trim() : "";
  return text === "" ? NaN : Number(text);
}

/** Each check returns the clean value or throws a sentence.
 * @type {{ [K in keyof Settings]: (value: unknown) => Settings[K] }} */
export const checks = {
  lr(value) {
    const lr = toNumber(value);
    if (!(lr > 0 && lr < Infinity)) throw new RangeError(`The step size η cannot be ${quote(value)}. Use a positive number, for example 0.2.`);
    return lr;
  },
  task(value) {
    if (value === "digits") return "digits";
    const degree = /^chebyshev-(\d{1,3})$/.exec(String(value));
    if (!degree || Number(degree[1]) > LIMITS.degree) {
      throw new RangeError(`There is no task ${quote(value)}. Use “digits”, or “chebyshev-4” with any degree from 0 to ${LIMITS.degree}.`);
    }
    return `chebyshev-${Number(degree[1])}`;
  },
  activation: (value) => choice("activation", ACTIVATIONS, value),
  loss: (value) => choice("loss", LOSSES, value),
  hidden(value) {
    const widths = (Array.isArray(value) ? value : String(value).split("-")).map(toNumber);
    const fine = widths.length >= 1 && widths.length <= LIMITS.layers && widths.every((w) => Number.isInteger(w) && w >= 1 && w <= LIMITS.width);
    if (!fine) {
      throw new RangeError(`The hidden layers cannot be ${quote(value)}. Give 1 to ${LIMITS.layers} widths, each a whole number from 1 to ${LIMITS.width}, for example 30-20.`);
    }
    return widths;
  },
  seed(value) {
    const seed = toNumber(value);
    if (!(Number.isInteger(seed) && seed >= 0 && seed <= LIMITS.seed)) throw new RangeError(`The seed cannot be ${quote(value)}. Use a whole number from 0 to ${LIMITS.seed}, for example 0.`);
    return seed;
  },
  autoplay: (value) => value === true || value === "true",
  id: (value) => {
    if (!/^[A-Za-z][\w-]*$/.test(String(value))) throw new RangeError(`The id cannot be ${quote(value)}. Use letters, digits, “-” and “_”, starting with a letter.`);
    return String(value);
  },
  lr_range(value) {
    const ends = Array.isArray(value) ? value.map(toNumber) : [];
    if (!(ends.length === 2 && ends[0] > 0 && ends[1] > ends[0] && ends[1] < Infinity)) throw new RangeError(`The range of η cannot be ${quote(value)}. Give two positive numbers, the smaller first, for example [0.05, 1].`);
    return ends;
  },
  title: (value) => String(value),
  max_steps(value) {
    const steps = toNumber(value);
    if (!(Number.isInteger(steps) && steps >= 1 && steps <= LIMITS.max_steps)) throw new RangeError(`max_steps cannot be ${quote(value)}. Use a whole number from 1 to ${LIMITS.max_steps}.`);
    return steps;
  },
  optimizer: (value) => choice("optimizer", OPTIMIZERS, value),
  momentum: (value) => fraction("momentum β", value),
  beta1: (value) => fraction("β₁", value),
  beta2: (value) => fraction("β₂", value),
  rho(value) {
    const rho = toNumber(value);
    if (!(rho >= 0 && rho <= LIMITS.rho)) throw new RangeError(`SAM’s radius ρ cannot be ${quote(value)}. Use a number from 0 to ${LIMITS.rho}, for example 0.01.`);
    return rho;
  },
  batch(value) {
    const batch = toNumber(value);
    if (!(Number.isInteger(batch) && batch >= 0 && batch <= LIMITS.batch)) throw new RangeError(`A batch cannot be ${quote(value)}. Use a whole number from 1 to ${LIMITS.batch}, or 0 for all examples.`);
    return batch;
  },
  schedule(value) {
    const [, drop, factor, warmup] = /^(?:|drop-(\d{1,6})-(\d*\.?\d+)|warmup-(\d{1,6}))$/.exec(String(value)) ?? [null];
    const fine = String(value) === "" || Number(warmup) >= 1 || (Number(drop) >= 1 && Number(factor) > 0);
    if (!fine) throw new RangeError(`There is no schedule ${quote(value)}. Use “” for a constant η, “drop-1500-0.5” (at step 1500, times 0.5) or “warmup-500”.`);
    return String(value);
  },
  measures(value) {
    const names = (Array.isArray(value) ? value : String(value).split("-")).map(String).filter((name) => name !== "");
    const bad = names.find((name) => !Object.hasOwn(MEASURES, name));
    if (bad !== undefined) throw new RangeError(`There is no measure ${quote(bad)}. Use any of ${Object.keys(MEASURES).join(", ")}.`);
    if (names.includes("distance") && !hasFlow(names)) throw new RangeError("The measure “distance” needs a flow. Use it with gradientFlow or centralFlow.");
    return Object.keys(MEASURES).filter((name) => names.includes(name));
  },
};

/** @param {string} name @param {unknown} value */
function fraction(name, value) {
  const number = toNumber(value);
  if (!(number >= 0 && number < 1)) throw new RangeError(`${name[0].toUpperCase()}${name.slice(1)} cannot be ${quote(value)}. Use a number from 0 to below 1, for example 0.9.`);
  return number;
}

/** @param {string} name @param {string[]} options @param {unknown} value */
function choice(name, options, value) {
  if (!options.includes(String(value))) throw new RangeError(`There is no ${name} ${quote(value)}. Use one of ${options.join(", ")}.`);
  return String(value);
}

/** What is wrong with settings that are each fine alone, or "". @param {Settings} settings */
export function conflict({ task, loss, hidden, optimizer, batch }) {
  const sizes = task === "digits" ? [64, ...hidden, 10] : [1, ...hidden, 1], count = parameterCount(sizes);
  if (loss === "cross-entropy" && task !== "digits") return `Cross-entropy needs classes, and the task “${task}” has none. Choose the task “digits” or the loss “mse”.`;
  if (count > LIMITS.parameters) {
    return `The network ${sizes.join("-")} has ${count.toLocaleString("en")} parameters; this page computes with at most ${LIMITS.parameters.toLocaleString("en")}. Choose narrower hidden layers.`;
  }
  if (optimizer === "sgd" && batch > examples(task)) return `A batch of ${batch} is more than the ${examples(task)} examples of the task “${task}”. Choose a smaller batch.`;
  return "";
}

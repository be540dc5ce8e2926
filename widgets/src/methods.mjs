// @ts-check
// What the page says of each optimizer: its names, its threshold as a formula and as a number, and its own parameters.
// (The engine has the optimizers themselves; the page's bundle carries the engine only once.)
import table from "../../eoslib/static/lab-presets.json" with { type: "json" };

/** @typedef {import("./settings.mjs").Settings} Settings */
/** @typedef {"momentum" | "beta1" | "beta2" | "rho" | "batch"} Knob */
/** @typedef {{ name: string, short: string, edge: string, knobs: Knob[], preconditioned?: boolean, moving?: boolean, flow?: boolean }} Method
 *   edge: the formula of the threshold; moving: it changes from step to step; flow: gradient flow runs on the same time */

/** @type {Record<string, Method>} */
export const METHODS = {
  gd: { name: "gradient descent", short: "GD", edge: "2/η", knobs: [], flow: true },
  sgd: { name: "SGD", short: "SGD", edge: "2/η", knobs: ["batch"], flow: true },
  polyak: { name: "Polyak momentum", short: "Polyak", edge: "(2+2β)/η", knobs: ["momentum"] },
  nesterov: { name: "Nesterov momentum", short: "Nesterov", edge: "(2+2β)/((1+2β)η)", knobs: ["momentum"] },
  rmsprop: { name: "RMSProp", short: "RMSProp", edge: "2/η", knobs: ["beta2"], preconditioned: true },
  adam: { name: "Adam", short: "Adam", edge: "(2+2β₁)/((1−β₁)η)", knobs: ["beta1", "beta2"], preconditioned: true },
  sam: { name: "SAM", short: "SAM", edge: "SAM’s edge", knobs: ["rho"], moving: true },
};
export const OPTIMIZERS = Object.keys(METHODS);

/** @type {Record<Knob, { symbol: string, word: string, label: string, stops: number[] }>} */
export const KNOBS = {
  momentum: { symbol: "β", word: "momentum", label: "momentum β", stops: [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.98] },
  beta1: { symbol: "β₁", word: "gradients", label: "β₁, of the mean gradient", stops: [0, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98] },
  beta2: { symbol: "β₂", word: "squares", label: "β₂, of the mean squared gradient", stops: [0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9995] },
  rho: { symbol: "ρ", word: "radius", label: "SAM’s radius ρ", stops: [0, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2] },
  batch: { symbol: "batch", word: "batch size", label: "examples a step", stops: [1, 2, 4, 5, 10, 15, 20, 30, 50, 75, 100, 150, 300] },
};

/** What a choice of optimizer brings with it: a step size in a fitting range, and its usual parameters.
 * @type {Record<string, Partial<Settings>>} */
export const BROUGHT = table.optimizers;
/** Settings with a name. @type {Record<string, Partial<Settings>>} */
export const PRESETS = table.presets;

/** All that a preset sets: its optimizer's own values, then its own. @param {string} name  @returns {Partial<Settings>} */
export const presetSettings = (name) => ({ ...BROUGHT[PRESETS[name].optimizer ?? "gd"], ...PRESETS[name] });

/** The threshold for a step of size lr; NaN where it depends on the gradient (SAM). @param {Settings} settings */
export function edgeOf({ optimizer, lr, momentum, beta1 }) {
  if (optimizer === "sam") return NaN;
  if (optimizer === "polyak") return (2 + 2 * momentum) / lr;
  if (optimizer === "nesterov") return (2 + 2 * momentum) / (lr * (1 + 2 * momentum));
  return optimizer === "adam" ? (2 + 2 * beta1) / ((1 - beta1) * lr) : 2 / lr;
}

/** @param {Settings} settings */
export const methodOf = ({ optimizer }) => METHODS[optimizer];

/** Examples in the data set of a task. @param {string} task */
export const examples = (task) => (task === "digits" ? 300 : 20);

/** The stops of a parameter's slider. @param {Knob} knob @param {string} task */
export const stopsOf = (knob, task) => (knob === "batch" ? KNOBS.batch.stops.filter((size) => size <= examples(task)) : KNOBS[knob].stops);

/** @typedef {{ text: string, columns: (settings: Settings) => string[], fits: (settings: Settings) => boolean }} Measure */
/** @param {Settings} settings @param {string[]} columns @param {string} distance  this one only if it is asked for */
const flowColumns = ({ measures }, columns, distance) => [...columns, ...(measures.includes("distance") ? [distance] : [])];
/** Whether one of the flows is chosen, which the distance is from. @param {string[]} measures */
export const hasFlow = (measures) => measures.some((name) => name.endsWith("Flow"));
/** What a run can show besides, by the engine's name for it; a distance comes with its flow. @type {Record<string, Measure>} */
export const MEASURES = {
  eigenvalues: { text: "second and third eigenvalue", columns: () => ["sharpness2", "sharpness3"], fits: () => true },
  gradientFlow: { text: "gradient flow", columns: (s) => flowColumns(s, ["flowLoss", "flowSharpness"], "flowDistance"), fits: (s) => Boolean(methodOf(s).flow) },
  centralFlow: { text: "central flow (for one eigenvalue)", columns: (s) => flowColumns(s, ["centralLoss", "centralSharpness"], "centralDistance"), fits: (s) => s.optimizer === "gd" },
  distance: { text: "distance to the flow", columns: () => [], fits: (s) => s.measures.some((name) => name.endsWith("Flow") && MEASURES[name].fits(s)) },
  oscillation: { text: "oscillation x along the top eigenvector", columns: () => ["oscillation"], fits: (s) => !methodOf(s).preconditioned },
  batchSharpness: { text: "batch sharpness", columns: () => ["batchSharpness"], fits: (s) => s.optimizer === "sgd" },
};

/** The chosen measures that fit the other settings. @param {Settings} settings */
export const shownMeasures = (settings) => settings.measures.filter((name) => MEASURES[name].fits(settings));

/** Columns besides the five of every run. @param {Settings} settings */
export const extraColumns = (settings) => [...shownMeasures(settings).flatMap((name) => MEASURES[name].columns(settings)), ...(settings.task === "digits" ? ["accuracy"] : [])];

/** The engine's problem. @param {Settings} settings  @returns {import("./engine.mjs").Problem} */
export function problemOf(settings) {
  const { optimizer, batch, task } = settings, measures = shownMeasures(settings).filter((name) => name !== "distance");
  return { ...settings, batch: optimizer === "sgd" ? batch : 0, measures: [...measures, ...(task === "digits" ? ["accuracy"] : [])] };
}

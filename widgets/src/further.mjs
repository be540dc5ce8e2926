// @ts-check
// What the picture can show besides the loss, the sharpness and 2/η: further lines in the two panels, and panels below.
import { niceAbove } from "./scales.mjs";

/** @typedef {import("./picture.mjs").Ink} Ink */
/** @typedef {"loss" | "sharpness" | "oscillation" | "distance"} Panel */
/** @typedef {{ panel: Panel, ink: Ink, width: number, dash: number[], name: string, column: string, over?: boolean }} Line  over: drawn after the run's own lines */

/** @typedef {Omit<Line, "panel" | "column">} Look */
const FLOW = /** @type {Look} */ ({ ink: "flow", width: 1.75, dash: [9, 3, 2, 3], name: "flow" });
const CENTRAL = /** @type {Look} */ ({ ink: "kept0", width: 2, dash: [], name: "central\nflow", over: true });

/** How each further column is drawn, and what the data table calls it. @type {Record<string, Line>} */
export const FURTHER = {
  sharpness2: { panel: "sharpness", ink: "sharpness", width: 1, dash: [4, 3], name: "λ₂", column: "λ₂" },
  sharpness3: { panel: "sharpness", ink: "sharpness", width: 1, dash: [1, 3], name: "λ₃", column: "λ₃" },
  batchSharpness: { panel: "sharpness", ink: "kept0", width: 1.25, dash: [], name: "batch\nsharpness", column: "batch sharpness" },
  flowLoss: { ...FLOW, panel: "loss", column: "loss of flow" },
  flowSharpness: { ...FLOW, panel: "sharpness", column: "sharpness of flow" },
  flowDistance: { ...FLOW, panel: "distance", column: "distance to flow" },
  centralLoss: { ...CENTRAL, panel: "loss", column: "loss of central flow" },
  centralSharpness: { ...CENTRAL, panel: "sharpness", column: "sharpness of central flow" },
  centralDistance: { ...CENTRAL, panel: "distance", column: "distance to central flow" },
  oscillation: { panel: "oscillation", ink: "sharpness", width: 1, dash: [], name: "x", column: "oscillation x" },
};

/** The panels below, in order; swings: about 0. @type {Record<string, { title: string, swings?: boolean }>} */
export const PANELS = { oscillation: { title: "oscillation x = u · (w − w̄)", swings: true }, distance: { title: "distance to the flow" } };
export const BELOW_PX = 94;  // what one of them takes, with its heading

/** @param {import("./scales.mjs").Rows} rows  @returns {("oscillation" | "distance")[]} those with something to draw */
export const panelsBelow = ({ extra }) => /** @type {any} */ (Object.keys(PANELS).filter((panel) => Object.keys(extra ?? {}).some((column) => FURTHER[column]?.panel === panel)));

/** The round number that holds all of a panel's values, whatever their sign. @param {import("./scales.mjs").Rows} rows @param {string} panel */
export function reach({ extra, length }, panel) {
  let most = 0;
  for (const [column, values] of Object.entries(extra)) {
    if (FURTHER[column]?.panel === panel) for (let i = 0; i < length; i++) if (Math.abs(values[i]) < Infinity) most = Math.max(most, Math.abs(values[i]));
  }
  return niceAbove(most || 1);
}

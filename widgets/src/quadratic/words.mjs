// @ts-check
// What happens, in one sentence that changes only with the regime: it is read out at every change.
import { regime } from "./quadratic.mjs";

/** @typedef {import("./quadratic.mjs").Rule} Rule */
/** @typedef {import("./quadratic.mjs").Kind} Kind */

/** @type {Record<Kind, string>} */
const GD = {
  "lands": "Lands on the minimum in one step: 1 − ηλ = 0.",
  "monotone": "Converges monotonically: 1 − ηλ lies between 0 and 1, so x keeps its sign and shrinks.",
  "alternates": "Oscillates and converges: 1 − ηλ lies between −1 and 0, so x changes side at every step and shrinks.",
  "period two": "Exact period two: λ = 2/η, so 1 − ηλ = −1, and the run repeats two points for ever.",
  "swings": "",
  "diverges": "Diverges: λ > 2/η, so 1 − ηλ < −1, and x changes side at every step and grows.",
};
/** @type {Record<Kind, string>} */
const MOMENTUM = {
  "lands": "Converges.",
  "monotone": "Converges monotonically: both roots are real and lie between 0 and 1.",
  "alternates": "Oscillates and converges: the larger root is real and lies between −1 and 0, so x changes side at every step.",
  "swings": "Swings and converges: the two roots are a complex pair inside the unit circle, so x turns slowly while it shrinks.",
  "period two": "Settles into exact period two: λ is at the threshold, and one root is −1.",
  "diverges": "Diverges: λ is above the threshold, and a root left the unit circle at −1; x changes side at every step and grows.",
};
/** @type {Record<Kind, string>} */
const SHORT = {
  "lands": "lands on the minimum in one step", "monotone": "converges monotonically", "alternates": "oscillates and converges",
  "swings": "swings and converges", "period two": "repeats two points for ever", "diverges": "diverges",
};

/** @param {Rule} rule @param {number[]} curvature */
export function sentenceOf(rule, curvature) {
  const kinds = curvature.map((a) => regime(rule, a));
  if (kinds.length === 1) return (rule.method === "gd" ? GD : MOMENTUM)[kinds[0]];
  const verdict = kinds.includes("diverges") ? "The run diverges: one direction above the threshold is enough." : kinds.includes("period two") ? "The run keeps jumping between two points." : "The run converges.";
  return `${verdict} Along λ₁ it ${SHORT[kinds[0]]}; along λ₂ it ${SHORT[kinds[1]]}.`;
}

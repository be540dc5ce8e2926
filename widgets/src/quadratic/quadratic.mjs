// @ts-check
// Gradient descent on ½ Σ λᵢ xᵢ², with and without momentum: paths, characteristic roots, thresholds, regimes. Exact.

/** @typedef {"gd" | "polyak" | "nesterov"} Method */
/** @typedef {{ method: Method, lr: number, beta: number }} Rule  beta is not read when the method is "gd" */
/** @typedef {{ re: number, im: number }} Root */
/** @typedef {"lands" | "monotone" | "alternates" | "swings" | "period two" | "diverges"} Kind */

/** @type {Method[]} */
export const METHODS = ["gd", "polyak", "nesterov"];
const TIE = 1e-9;   // how near to 1 a modulus counts as 1: an η typed to ten digits still hits the edge

/** (numerator of the largest ηλ that does not diverge): 2, 2 + 2β, (2 + 2β)/(1 + 2β). @param {Rule} rule */
export const edge = ({ method, beta }) => (method === "gd" ? 2 : method === "polyak" ? 2 + 2 * beta : (2 + 2 * beta) / (1 + 2 * beta));

/** The largest curvature on which the rule does not diverge. @param {Rule} rule */
export const threshold = (rule) => edge(rule) / rule.lr;

/** Sum and product of the two roots of z² − sum·z + product, which x_t = Σ c z^t obeys. @param {Rule} rule @param {number} curvature */
function coefficients({ method, lr, beta }, curvature) {
  const m = 1 - lr * curvature;
  if (method === "polyak") return { sum: m + beta, product: beta };
  return { sum: (1 + beta) * m, product: beta * m };
}

/** What multiplies x a step: 1 − ηλ for gradient descent, two roots with momentum. @param {Rule} rule @param {number} curvature  @returns {Root[]} */
export function roots(rule, curvature) {
  if (rule.method === "gd") return [{ re: 1 - rule.lr * curvature, im: 0 }];
  const { sum, product } = coefficients(rule, curvature), half = sum / 2, square = half * half - product;
  if (square < 0) return [{ re: half, im: Math.sqrt(-square) }, { re: half, im: -Math.sqrt(-square) }];
  const far = half + (half < 0 ? -1 : 1) * Math.sqrt(square);   // no cancellation: the other one from the product
  return [{ re: far, im: 0 }, { re: far === 0 ? 0 : product / far, im: 0 }];
}

/** @param {Root} root */
export const modulus = ({ re, im }) => Math.hypot(re, im);

/** The factor by which x shrinks or grows a step in the long run. @param {Rule} rule @param {number} curvature */
export const rate = (rule, curvature) => Math.max(...roots(rule, curvature).map(modulus));

/** The behaviour along one direction, from the roots alone. @param {Rule} rule @param {number} curvature  @returns {Kind} */
export function regime(rule, curvature) {
  const all = roots(rule, curvature), largest = rate(rule, curvature);
  if (Math.abs(largest - 1) <= TIE) return "period two";   // the only root that can reach modulus 1 with η, λ > 0 is −1
  if (largest > 1) return "diverges";
  if (largest <= TIE && rule.method === "gd") return "lands";
  if (all.some(({ im }) => im !== 0)) return "swings";
  return all[0].re < 0 ? "alternates" : "monotone";
}

/** @typedef {{ at: Float64Array[], loss: Float64Array, parts: Float64Array[], steps: number }} Path
 *   at: x_t, one array a direction; parts: ½ λᵢ xᵢ² of each; steps: fewer than asked for where numbers overflow */

/** x_0 … x_steps by the update rule itself; momentum starts at rest.
 * @param {Rule} rule @param {number[]} curvature @param {number[]} start @param {number} steps  @returns {Path} */
export function path(rule, curvature, start, steps) {
  const at = curvature.map((_, i) => { const x = new Float64Array(steps + 1); x[0] = start[i]; return x; });
  curvature.forEach((a, i) => {
    const x = at[i], { lr, method } = rule, beta = method === "gd" ? 0 : rule.beta;
    for (let t = 0; t < steps; t++) {
      const push = t ? beta * (x[t] - x[t - 1]) : 0;
      x[t + 1] = x[t] + push - lr * a * (method === "nesterov" ? x[t] + push : x[t]);
    }
  });
  const parts = at.map((x, i) => x.map((v) => 0.5 * curvature[i] * v * v));
  const loss = parts[0].map((v, t) => v + (parts[1]?.[t] ?? 0)), bad = loss.findIndex((v) => !Number.isFinite(v));
  const kept = bad < 0 ? steps : bad - 1;
  return { at: at.map((x) => x.slice(0, kept + 1)), parts: parts.map((p) => p.slice(0, kept + 1)), loss: loss.slice(0, kept + 1), steps: kept };
}

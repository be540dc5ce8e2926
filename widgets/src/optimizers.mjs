// @ts-check
// The optimizers, each as three pure pieces: how its state takes in a gradient, how w then moves, and the sharpness
// at which that motion turns unstable on a quadratic. Momentum as in the paper, m <- beta m + g; RMSProp and Adam as
// in torch.optim.
// RMSProp and Adam divide by a diagonal P, so what meets their threshold is the *preconditioned* sharpness, the largest
// eigenvalue of P^-1/2 H P^-1/2 (Cohen et al., 2022). P belongs to the step that leaves w_t: it holds the gradient at w_t.

/** @typedef {object} Hyper
 * @property {number} lr        step size of this step
 * @property {number} momentum  beta of Polyak and Nesterov
 * @property {number} beta1     Adam: of the mean of gradients
 * @property {number} beta2     Adam and RMSProp (there called alpha): of the mean of squared gradients
 * @property {number} eps       added to the root of that mean
 * @property {number} rho       SAM: length of the step up */
/** @typedef {object} Optimizer
 * @property {number} slots     vectors of state, zero at first
 * @property {(g: Float64Array, s: Float64Array[], h: Hyper) => void} [update]  state takes in the gradient g
 * @property {(w: Float64Array, g: Float64Array, s: Float64Array[], h: Hyper, t: number) => void} move  w_t to w_{t+1}, after `update`; t = 1 at the first
 * @property {(P: Float64Array, s: Float64Array[], h: Hyper, t: number) => void} [preconditioner]  after `update`
 * @property {(h: Hyper, norm: number) => number} threshold  norm: ||gradient|| at w_t
 * @property {(w: Float64Array, g: Float64Array, out: Float64Array, h: Hyper) => void} [ascend]  where the step's gradient is taken instead of at w */

export const HYPER = { lr: 0.1, momentum: 0.9, beta1: 0.9, beta2: 0.999, eps: 1e-8, rho: 0.05 };

/** @param {Float64Array} a */
export const norm = (a) => { let sum = 0; for (let i = 0; i < a.length; i++) sum += a[i] * a[i]; return Math.sqrt(sum); };

/** m <- beta m + g @type {NonNullable<Optimizer["update"]>} */
const remember = (g, [m], { momentum }) => { for (let i = 0; i < g.length; i++) m[i] = momentum * m[i] + g[i]; };

/** v <- beta2 v + (1 - beta2) g^2 @param {Float64Array} g @param {Float64Array} v @param {number} beta2 */
const square = (g, v, beta2) => { for (let i = 0; i < g.length; i++) v[i] = beta2 * v[i] + (1 - beta2) * g[i] * g[i]; };

/** w <- w - lr g; unstable above 2 / lr. @type {Optimizer} */
const gd = {
  slots: 0,
  move(w, g, _s, { lr }) { for (let i = 0; i < w.length; i++) w[i] -= lr * g[i]; },
  threshold: ({ lr }) => 2 / lr,
};

/** @type {Record<string, Optimizer>} */
export const optimizers = {
  gd,
  // gradient descent on minibatches: which examples g comes from is not this module's business
  sgd: gd,
  // w <- w - lr m
  polyak: {
    slots: 1,
    update: remember,
    move(w, _g, [m], { lr }) { for (let i = 0; i < w.length; i++) w[i] -= lr * m[i]; },
    threshold: ({ lr, momentum }) => (2 + 2 * momentum) / lr,
  },
  // w <- w - lr (g + beta m)
  nesterov: {
    slots: 1,
    update: remember,
    move(w, g, [m], { lr, momentum }) { for (let i = 0; i < w.length; i++) w[i] -= lr * (g[i] + momentum * m[i]); },
    threshold: ({ lr, momentum }) => (2 + 2 * momentum) / (lr * (1 + 2 * momentum)),
  },
  // w <- w - lr g / (sqrt(v) + eps); P = sqrt(v) + eps
  rmsprop: {
    slots: 1,
    update: (g, [v], { beta2 }) => square(g, v, beta2),
    move(w, g, [v], { lr, eps }) { for (let i = 0; i < w.length; i++) w[i] -= (lr * g[i]) / (Math.sqrt(v[i]) + eps); },
    preconditioner(P, [v], { eps }) { for (let i = 0; i < P.length; i++) P[i] = Math.sqrt(v[i]) + eps; },
    threshold: ({ lr }) => 2 / lr,
  },
  // w <- w - lr (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + eps), m a mean: m <- beta1 m + (1 - beta1) g.
  // P = (1 - beta1^t) (sqrt(v / (1 - beta2^t)) + eps): both corrections are in it, and w <- w - lr P^-1 m.
  adam: {
    slots: 2,
    update(g, [m, v], { beta1, beta2 }) {
      for (let i = 0; i < g.length; i++) m[i] = beta1 * m[i] + (1 - beta1) * g[i];
      square(g, v, beta2);
    },
    move(w, _g, [m, v], { lr, beta1, beta2, eps }, t) {
      const first = 1 - beta1 ** t, second = 1 - beta2 ** t;
      for (let i = 0; i < w.length; i++) w[i] -= ((lr / first) * m[i]) / (Math.sqrt(v[i] / second) + eps);
    },
    preconditioner(P, [, v], { beta1, beta2, eps }, t) {
      const first = 1 - beta1 ** t, second = 1 - beta2 ** t;
      for (let i = 0; i < P.length; i++) P[i] = first * (Math.sqrt(v[i] / second) + eps);
    },
    threshold: ({ lr, beta1 }) => (2 + 2 * beta1) / ((1 - beta1) * lr),
  },
  // w <- w - lr * gradient at w + rho g / ||g||; the threshold solves S (1 + rho S / ||g||) = 2 / lr (Long & Bartlett, 2024)
  sam: {
    slots: 0,
    move: gd.move,
    ascend(w, g, out, { rho }) {
      const length = norm(g), scale = length > 0 ? rho / length : 0;
      for (let i = 0; i < w.length; i++) out[i] = w[i] + scale * g[i];
    },
    threshold: ({ lr, rho }, length) => (rho > 0 ? (length / (2 * rho)) * (Math.sqrt(1 + (8 * rho) / (lr * length)) - 1) : 2 / lr),
  },
};

const RANGES = /** @type {const} */ ({ momentum: [0, 1], beta1: [0, 1], beta2: [0, 1], eps: [0, Infinity], rho: [0, Infinity] });

/** The optimizer of this name; throws a sentence on a name or a number that cannot be used. @param {string} name @param {Hyper} hyper */
export function optimizerOf(name, hyper) {
  if (!Object.hasOwn(optimizers, name)) throw new RangeError(`There is no optimizer “${name}”. Use one of ${Object.keys(optimizers).join(", ")}.`);
  for (const [key, [least, end]] of Object.entries(RANGES)) {
    const value = hyper[/** @type {keyof Hyper} */ (key)];
    if (!(value >= least && value < end)) throw new RangeError(`${key} cannot be ${value}. Use a number from ${least} to below ${end}.`);
  }
  return optimizers[name];
}

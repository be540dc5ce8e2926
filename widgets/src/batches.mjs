// @ts-check
// Minibatches without replacement: every epoch is a fresh seeded shuffle (Fisher and Yates), cut into batches of equal
// size; the few examples left at its end sit that epoch out.
import { MersenneTwister } from "./rng.mjs";

export class Batches {
  /** @param {number} n  examples @param {number} size  of a batch, at most n @param {number} seed */
  constructor(n, size, seed) {
    if (!(Number.isInteger(size) && size >= 1 && size <= n)) throw new RangeError(`The batch size cannot be ${size}. Use a whole number from 1 to ${n}, the number of examples.`);
    this.size = size;
    this.order = Int32Array.from({ length: n }, (_, i) => i);
    this.random = new MersenneTwister(seed);
    this.next = n;
  }

  /** Indices of the next batch; good until the next call. */
  take() {
    if (this.next + this.size > this.order.length) { this.#shuffle(); this.next = 0; }
    this.next += this.size;
    return this.order.subarray(this.next - this.size, this.next);
  }

  #shuffle() {
    const { order, random } = this;
    for (let i = order.length - 1; i > 0; i--) {
      const j = Math.floor((random.bits32() / 4294967296) * (i + 1));
      [order[i], order[j]] = [order[j], order[i]];
    }
  }
}

/** The rows of `data` named by `indices`, into x and y.
 * @param {import("./network.mjs").Dataset} data @param {Int32Array} indices @param {Float64Array} x @param {Float64Array} y */
export function gather({ x: allX, y: allY, inputs, outputs }, indices, x, y) {
  indices.forEach((from, to) => {
    x.set(allX.subarray(from * inputs, (from + 1) * inputs), to * inputs);
    y.set(allY.subarray(from * outputs, (from + 1) * outputs), to * outputs);
  });
}

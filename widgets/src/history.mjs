// @ts-check
// The record of a run on the page: four columns that share one index, the step.

/** @typedef {{ step: Float64Array, loss: Float64Array, sharpness: Float64Array, threshold: Float64Array }} Columns */

export const LATE = 500;  // steps in the late mean

export class History {
  /** @param {number} capacity */
  constructor(capacity) {
    const column = () => new Float64Array(capacity);
    this.step = column(); this.loss = column(); this.sharpness = column(); this.threshold = column();
    this.length = 0;
  }

  /** @param {Columns} batch */
  append(batch) {
    for (const name of /** @type {const} */ (["step", "loss", "sharpness", "threshold"])) this[name].set(batch[name], this.length);
    this.length += batch.step.length;
  }

  /** @param {number} i */
  row(i) {
    return { step: this.step[i], loss: this.loss[i], sharpness: this.sharpness[i], threshold: this.threshold[i] };
  }

  get last() { return this.row(this.length - 1); }

  /** Mean sharpness of the last 500 steps; NaN before there are 500. */
  lateMean() {
    if (this.length < LATE) return NaN;
    let sum = 0;
    for (let i = this.length - LATE; i < this.length; i++) sum += this.sharpness[i];
    return sum / LATE;
  }

  /** Plain arrays. */
  arrays() {
    const take = (/** @type {Float64Array} */ column) => Array.from(column.subarray(0, this.length));
    return { step: take(this.step), loss: take(this.loss), sharpness: take(this.sharpness), threshold: take(this.threshold) };
  }

  /** At most `most` rows, evenly spread, the first and the last among them. @param {number} most */
  sample(most) {
    const count = Math.min(most, this.length);
    return Array.from({ length: count }, (_, i) => this.row(count === 1 ? 0 : Math.round((i * (this.length - 1)) / (count - 1))));
  }
}

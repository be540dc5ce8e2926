// @ts-check
// The record of a run on the page: four columns that share one index, the step.

/** @typedef {{ step: Float64Array, loss: Float64Array, sharpness: Float64Array, threshold: Float64Array, columns?: Record<string, Float64Array> }} Columns */
/** @typedef {{ step: number, time: number, loss: number, sharpness: number, threshold: number, [column: string]: number }} Row */

export const LATE = 500;  // steps in the late mean
const ALWAYS = ["step", "time", "loss", "sharpness", "threshold"];

export class History {
  /** @param {number} capacity @param {string[]} [extra]  columns that the run has besides */
  constructor(capacity, extra = []) {
    const column = () => new Float64Array(capacity);
    this.step = column(); this.time = column(); this.loss = column(); this.sharpness = column(); this.threshold = column();
    /** @type {Record<string, Float64Array>} */
    this.extra = Object.fromEntries(extra.map((name) => [name, column()]));
    this.length = 0;
    this.ahead = NaN;                                  // threshold of the step to come, once η was changed for it
  }

  /** Every column by name. @returns {Record<string, Float64Array>} */
  get columns() {
    const { step, time, loss, sharpness, threshold, extra } = this;
    return { step, time, loss, sharpness, threshold, ...extra };
  }

  /** @param {Columns} batch */
  append(batch) {
    const given = /** @type {Record<string, any>} */ ({ ...batch.columns, ...batch });
    for (const [name, column] of Object.entries(this.columns)) if (given[name]) column.set(given[name], this.length);
    this.length += batch.step.length;
  }

  /** @param {number} i  @returns {Row} */
  row(i) {
    return /** @type {Row} */ (Object.fromEntries(Object.entries(this.columns).map(([name, column]) => [name, column[i]])));
  }

  get last() { return this.row(this.length - 1); }

  /** Mean sharpness of the last 500 steps; NaN before there are 500. */
  lateMean() {
    if (this.length < LATE) return NaN;
    let sum = 0;
    for (let i = this.length - LATE; i < this.length; i++) sum += this.sharpness[i];
    return sum / LATE;
  }

  /** Plain arrays, by name. @returns {Record<string, number[]>} */
  arrays() {
    return Object.fromEntries(Object.entries(this.columns).map(([name, column]) => [name, Array.from(column.subarray(0, this.length))]));
  }

  /** At most `most` rows, evenly spread, the first and the last among them. @param {number} most */
  sample(most) {
    const count = Math.min(most, this.length);
    return Array.from({ length: count }, (_, i) => this.row(count === 1 ? 0 : Math.round((i * (this.length - 1)) / (count - 1))));
  }
}

/** A history of columns that are all there. @param {Record<string, ArrayLike<number>>} columns */
export function historyFrom(columns) {
  const history = new History(columns.step.length, Object.keys(columns).filter((name) => !ALWAYS.includes(name)));
  history.append(/** @type {any} */ (columns));
  return history;
}

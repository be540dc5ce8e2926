// @ts-check
// The η slider's scale: 200 notches, evenly spread in the logarithm.

const NOTCHES = 200;

/** @param {number[]} range @param {number} notch  @returns {number} η, to three digits */
export const lrAt = ([low, high], notch) => Number((low * (high / low) ** (notch / NOTCHES)).toPrecision(3));

/** @param {number[]} range @param {number} lr  @returns {number} outside 0..200 when lr is outside the range */
export const notchOf = ([low, high], lr) => Math.round((NOTCHES * Math.log(lr / low)) / Math.log(high / low));

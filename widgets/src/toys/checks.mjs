// @ts-check
// Checks of one value each: the clean value, or an error whose sentence names the bad value and says what to do.

/** @typedef {(value: unknown) => any} Check */

/** @param {unknown} value */
export const quote = (value) => (Array.isArray(value) ? `[${value.join(", ")}]` : `“${String(value)}”`);

/** A number from a number or from text that is nothing but a number. @param {unknown} value */
export function toNumber(value) {
  if (typeof value === "number") return value;
  const text = typeof value === "string" ? value.trim().replace("−", "-") : "";
  return text === "" ? NaN : Number(text);
}

/** Several numbers from an array, one number, or text such as “1_-0.5” (as in a link) or “1, -0.5”. @param {unknown} value */
const toNumbers = (value) => (Array.isArray(value) ? value : typeof value === "string" ? value.split(/[_,\s]+/).filter(Boolean) : [value]).map(toNumber);

/** A number from low to high. @param {string} what @param {number} low @param {number} high  @returns {Check} */
export const within = (what, low, high) => (value) => {
  const number = toNumber(value);
  if (!(number >= low && number <= high)) throw new RangeError(`${what} cannot be ${quote(value)}. Use a number from ${low} to ${high}.`);
  return number;
};

/** A whole number from low to high. @param {string} what @param {number} low @param {number} high  @returns {Check} */
export const whole = (what, low, high) => (value) => {
  const number = toNumber(value);
  if (!(Number.isInteger(number) && number >= low && number <= high)) throw new RangeError(`${what} cannot be ${quote(value)}. Use a whole number from ${low} to ${high}.`);
  return number;
};

/** From `least` to `most` numbers, each from low to high.
 * @param {string} what @param {[least: number, most: number]} count @param {number} low @param {number} high  @returns {Check} */
export const several = (what, [least, most], low, high) => (value) => {
  const numbers = toNumbers(value), fine = numbers.length >= least && numbers.length <= most && numbers.every((n) => n >= low && n <= high);
  if (!fine) throw new RangeError(`${what} cannot be ${quote(value)}. Give ${least === most ? least : `${least} to ${most}`} numbers from ${low} to ${high}.`);
  return numbers;
};

/** The two ends of a slider. @param {string} what @param {number} low @param {number} high  @returns {Check} */
export const range = (what, low, high) => (value) => {
  const ends = several(what, [2, 2], low, high)(value);
  if (!(ends[0] < ends[1])) throw new RangeError(`${what} cannot be ${quote(value)}. Give the smaller number first.`);
  return ends;
};

/** One of these words. @param {string} what @param {readonly string[]} options  @returns {Check} */
export const oneOf = (what, options) => (value) => {
  if (!options.includes(String(value))) throw new RangeError(`${what} cannot be ${quote(value)}. Use one of ${options.join(", ")}.`);
  return String(value);
};

/** The keys that every widget has. @type {Record<string, Check>} */
export const common = {
  autoplay: (value) => value === true || value === "true",
  id: (value) => {
    if (!/^[A-Za-z][\w-]*$/.test(String(value))) throw new RangeError(`The id cannot be ${quote(value)}. Use letters, digits, “-” and “_”, starting with a letter.`);
    return String(value);
  },
  title: (value) => String(value),
};

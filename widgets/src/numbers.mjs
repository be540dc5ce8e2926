// @ts-check
// Numbers as the reader meets them.

/** Three significant digits, plain where that is short. @param {number} value */
export function number(value) {
  if (!Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (value === 0) return "0";
  if (size >= 1e5 || size < 1e-3) return value.toExponential(1).replace("e-", "e−").replace("e+", "e");
  return size >= 1000 ? Math.round(value).toLocaleString("en") : value.toPrecision(3);
}

/** η without trailing zeros. @param {number} lr */
export const lrText = (lr) => String(Number(lr.toPrecision(6)));

/** @param {number} step */
export const stepText = (step) => step.toLocaleString("en");

// @ts-check
/* exp, expm1, tanh, log and erf after fdlibm. Copyright (C) 1993, 2004 by Sun Microsystems, Inc. All rights reserved.
 * Permission to use, copy, modify, and distribute this software is freely granted, provided that this notice is preserved. */
// Elementary functions from + - * / alone.
// Math.exp and Math.tanh may differ in the last bit from browser to browser, and training at the edge of
// stability amplifies a last bit by |1 - lr * sharpness| a step. These give the same bits everywhere.

const LN2_HI = 6.93147180369123816490e-1, LN2_LO = 1.90821492927058770002e-10, INV_LN2 = 1.44269504088896338700;

/** POWER[k + 1074] is 2 ** k, exactly. */
const POWER = new Float64Array(2098);
for (let k = 0, up = 1; k <= 1023; k++, up *= 2) POWER[1074 + k] = up;
for (let k = 1, down = 0.5; k <= 1074; k++, down *= 0.5) POWER[1074 - k] = down;

/** @param {number} y @param {number} k  @returns {number} y * 2 ** k */
const scale = (y, k) => (k > 1023 ? y * 2 * POWER[2097] : y * POWER[1074 + k]);

/** @param {number} x */
export function exp(x) {
  if (x !== x) return x;
  if (x > 709.782712893384) return Infinity;
  if (x < -745.1332191019411) return 0;
  const k = Math.floor(INV_LN2 * x + 0.5);
  const hi = x - k * LN2_HI, lo = k * LN2_LO, r = hi - lo, t = r * r;
  const c = r - t * (1.66666666666666019037e-1 + t * (-2.77777777770155933842e-3 + t * (6.61375632143793436117e-5
    + t * (-1.65339022054652515390e-6 + t * 4.13813679705723846039e-8))));
  return scale(1 - (lo - (r * c) / (2 - c) - hi), k);
}

/** exp(x) - 1 without cancellation. @param {number} x */
export function expm1(x) {
  if (x !== x || Math.abs(x) < 5.551115123125783e-17) return x;
  if (x > 709.782712893384) return Infinity;
  if (x < -56 * LN2_HI) return -1;
  let k = 0, c = 0, r = x;
  if (Math.abs(x) > 0.34657359027997264) {
    k = Math.abs(x) < 1.0397207708399179 ? Math.sign(x) : Math.trunc(INV_LN2 * x + (x < 0 ? -0.5 : 0.5));
    const hi = x - k * LN2_HI, lo = k * LN2_LO;
    r = hi - lo;
    c = hi - r - lo;
  }
  const half = 0.5 * r, h = r * half;
  const r1 = 1 + h * (-3.33333333333331316428e-2 + h * (1.58730158725481460165e-3 + h * (-7.93650757867487942473e-5
    + h * (4.00821782732936239552e-6 + h * -2.01099218183624371326e-7))));
  const t = 3 - r1 * half;
  let e = h * ((r1 - t) / (6 - r * t));
  if (k === 0) return r - (r * e - h);
  e = r * (e - c) - c - h;
  if (k === -1) return 0.5 * (r - e) - 0.5;
  if (k === 1) return r < -0.25 ? -2 * (e - (r + 0.5)) : 1 + 2 * (r - e);
  if (k < 0 || k > 56) return scale(1 - (e - r), k) - 1;
  return k < 20 ? scale(1 - POWER[1074 - k] - (e - r), k) : scale(r - (e + POWER[1074 - k]) + 1, k);
}

/** e / (e + 2) with e = expm1(2 |x|) = 2^k expm1(r) + (2^k - 1), which cancels nowhere: one path for every size.
 * @param {number} x */
export function tanh(x) {
  const a = Math.abs(x);
  if (!(a < 22)) return x !== x ? x : Math.sign(x);
  const k = Math.floor(INV_LN2 * 2 * a + 0.5), hi = 2 * a - k * LN2_HI, lo = k * LN2_LO, r = hi - lo, t = r * r;
  const c = r - t * (1.66666666666666019037e-1 + t * (-2.77777777770155933842e-3 + t * (6.61375632143793436117e-5
    + t * (-1.65339022054652515390e-6 + t * 4.13813679705723846039e-8))));
  const s = POWER[1074 + k], e = s * (hi - (lo - (r * c) / (2 - c))) + (s - 1), z = e / (e + 2);
  return x < 0 ? -z : z;
}

const bits = new DataView(new ArrayBuffer(8));

/** Natural logarithm of a positive normal number. @param {number} x */
export function log(x) {
  if (!(x > 0) || x === Infinity) return x === 0 ? -Infinity : x > 0 ? x : NaN;
  bits.setFloat64(0, x);
  let k = ((bits.getUint32(0) >>> 20) & 0x7ff) - 1023;
  let m = x / scale(1, k);
  if (m > Math.SQRT2) { m *= 0.5; k += 1; }
  const f = m - 1, s = f / (2 + f), z = s * s, w = z * z, half = 0.5 * f * f;
  const t1 = w * (3.999999999940941908e-1 + w * (2.222219843214978396e-1 + w * 1.531383769920937332e-1));
  const t2 = z * (6.666666666666735130e-1 + w * (2.857142874366239149e-1 + w * (1.818357216161805012e-1 + w * 1.479819860511658591e-1)));
  return k * LN2_HI - (half - (s * (half + t1 + t2) + k * LN2_LO) - f);
}

/** log(1 + y); the factor y / (u - 1) undoes the rounding of u = 1 + y (Kahan). @param {number} y */
export function log1p(y) {
  const u = 1 + y;
  return u === 1 ? y : u === Infinity ? u : (log(u) * y) / (u - 1);
}

/** Value at s of the polynomial with coefficients c, lowest first. @param {number[]} c @param {number} s */
function poly(c, s) {
  let sum = 0;
  for (let i = c.length - 1; i >= 0; i--) sum = sum * s + c[i];
  return sum;
}

// Rational approximations of fdlibm's s_erf.c, numerator and denominator, one pair an interval.
const ERF_SMALL = [
  [1.28379167095512558561e-1, -3.25042107247001499370e-1, -2.84817495755985104766e-2, -5.77027029648944159157e-3, -2.37630166566501626084e-5],
  [1, 3.97917223959155352819e-1, 6.50222499887672944485e-2, 5.08130628187576562776e-3, 1.32494738004321644526e-4, -3.96022827877536812320e-6]];
const ERF_MIDDLE = [
  [-2.36211856075265944077e-3, 4.14856118683748331666e-1, -3.72207876035701323847e-1, 3.18346619901161753674e-1,
    -1.10894694282396677476e-1, 3.54783043256182359371e-2, -2.16637559486879084300e-3],
  [1, 1.06420880400844228286e-1, 5.40397917702171048937e-1, 7.18286544141962662868e-2, 1.26171219808761642112e-1,
    1.36370839120290507362e-2, 1.19844998467991074170e-2]];
const ERF_LARGE = [
  [-9.86494403484714822705e-3, -6.93858572707181764372e-1, -1.05586262253232909814e1, -6.23753324503260060396e1,
    -1.62396669462573470355e2, -1.84605092906711035994e2, -8.12874355063065934246e1, -9.81432934416914548592],
  [1, 1.96512716674392571292e1, 1.37657754143519042600e2, 4.34565877475229228821e2, 6.45387271733267880336e2,
    4.29008140027567833386e2, 1.08635005541779435134e2, 6.57024977031928170135, -6.04244152148580987438e-2]];
const ERF_TAIL = [
  [-9.86494292470009928597e-3, -7.99283237680523006574e-1, -1.77579549177547519889e1, -1.60636384855821916062e2,
    -6.37566443368389627722e2, -1.02509513161107724954e3, -4.83519191608651397019e2],
  [1, 3.03380607434824582924e1, 3.25792512996573918826e2, 1.53672958608443695994e3, 3.19985821950859553908e3,
    2.55305040643316442583e3, 4.74528541206955367215e2, -2.24409524465858183362e1]];

/** @param {number} x */
export function erf(x) {
  const a = Math.abs(x);
  if (x !== x) return x;
  if (a < 0.84375) return x + x * (poly(ERF_SMALL[0], x * x) / poly(ERF_SMALL[1], x * x));
  if (a >= 6) return Math.sign(x);
  let y;
  if (a < 1.25) y = 8.45062911510467529297e-1 + poly(ERF_MIDDLE[0], a - 1) / poly(ERF_MIDDLE[1], a - 1);
  else {
    const [r, s] = a < 1 / 0.35 ? ERF_LARGE : ERF_TAIL;
    const q = 1 / (a * a), z = Math.fround(a);  // z * z is exact
    y = 1 - (exp(-z * z - 0.5625) * exp((z - a) * (z + a) + poly(r, q) / poly(s, q))) / a;
  }
  return x < 0 ? -y : y;
}

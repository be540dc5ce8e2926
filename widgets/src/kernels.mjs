// @ts-check
// The inner loops of the engine, in plain JavaScript: the reference that every other backend repeats bit for bit.
// Fixed orders make that possible: an entry of a product is summed over its inner index in order; a dot product runs
// in four lanes, entry i in lane i mod 4, added up as (0 + 2) + (1 + 3), the last few entries after that.

/** @typedef {object} Kernels
 * @property {string} name
 * @property {(length: number) => Float64Array} array  zeros, where the kernels can reach them
 * @property {typeof gemm} gemm
 * @property {typeof dot} dot
 * @property {typeof add} add
 * @property {typeof transpose} transpose
 * @property {typeof repeat} repeat
 * @property {typeof columnSums} columnSums
 * @property {typeof multiply} multiply
 * @property {typeof bend} bend
 * @property {Record<string, import("./activations.mjs").Activation>} [activations]  those it has a faster form of */

/** C = A B, or C += A B: C (m, n) contiguous rows from c0; A (m, k) with row and column strides; B (k, n) rows br apart
 * from b0. Works on 2 x 4 tiles of C, so that every number loaded is used more than once.
 * @param {number} m @param {number} n @param {number} k
 * @param {Float64Array} A @param {number} ar @param {number} ac
 * @param {Float64Array} B @param {number} b0 @param {number} br
 * @param {Float64Array} C @param {number} c0 @param {boolean} add */
export function gemm(m, n, k, A, ar, ac, B, b0, br, C, c0, add) {
  const wide = n & ~3;
  let i = 0;
  for (; i + 1 < m; i += 2) {
    for (let j = 0; j < wide; j += 4) {
      const c = (c0 + i * n + j) | 0, d = (c + n) | 0;
      let p0 = 0, p1 = 0, p2 = 0, p3 = 0, q0 = 0, q1 = 0, q2 = 0, q3 = 0;
      if (add) { p0 = C[c]; p1 = C[c + 1]; p2 = C[c + 2]; p3 = C[c + 3]; q0 = C[d]; q1 = C[d + 1]; q2 = C[d + 2]; q3 = C[d + 3]; }
      for (let l = 0, a = (i * ar) | 0, b = (b0 + j) | 0; l < k; l++) {
        const x = A[a], y = A[(a + ar) | 0], u = B[b], v = B[(b + 1) | 0], s = B[(b + 2) | 0], t = B[(b + 3) | 0];
        p0 += x * u; p1 += x * v; p2 += x * s; p3 += x * t;
        q0 += y * u; q1 += y * v; q2 += y * s; q3 += y * t;
        a = (a + ac) | 0; b = (b + br) | 0;               // |0: no check for overflow in the loop
      }
      C[c] = p0; C[c + 1] = p1; C[c + 2] = p2; C[c + 3] = p3; C[d] = q0; C[d + 1] = q1; C[d + 2] = q2; C[d + 3] = q3;
    }
  }
  if (i < m) {
    for (let j = 0; j < wide; j += 4) {
      const c = (c0 + i * n + j) | 0;
      let p0 = 0, p1 = 0, p2 = 0, p3 = 0;
      if (add) { p0 = C[c]; p1 = C[c + 1]; p2 = C[c + 2]; p3 = C[c + 3]; }
      for (let l = 0, a = (i * ar) | 0, b = (b0 + j) | 0; l < k; l++) {
        const x = A[a];
        p0 += x * B[b]; p1 += x * B[(b + 1) | 0]; p2 += x * B[(b + 2) | 0]; p3 += x * B[(b + 3) | 0];
        a = (a + ac) | 0; b = (b + br) | 0;
      }
      C[c] = p0; C[c + 1] = p1; C[c + 2] = p2; C[c + 3] = p3;
    }
  }
  for (let j = wide; j < n; j++) column(m, n, k, A, ar, ac, B, b0 + j, br, C, c0 + j, add);
}

/** One column of C, four rows at a time. @param {number} m @param {number} n @param {number} k
 * @param {Float64Array} A @param {number} ar @param {number} ac @param {Float64Array} B @param {number} b0 @param {number} br
 * @param {Float64Array} C @param {number} c0 @param {boolean} add */
function column(m, n, k, A, ar, ac, B, b0, br, C, c0, add) {
  let i = 0;
  for (; i + 3 < m; i += 4) {
    const c = (c0 + i * n) | 0, d = (c + n) | 0, e = (d + n) | 0, f = (e + n) | 0;
    let p = 0, q = 0, r = 0, s = 0;
    if (add) { p = C[c]; q = C[d]; r = C[e]; s = C[f]; }
    for (let l = 0, a = (i * ar) | 0, b = b0 | 0; l < k; l++) {
      const u = B[b], a1 = (a + ar) | 0, a2 = (a1 + ar) | 0;
      p += A[a] * u; q += A[a1] * u; r += A[a2] * u; s += A[(a2 + ar) | 0] * u;
      a = (a + ac) | 0; b = (b + br) | 0;
    }
    C[c] = p; C[d] = q; C[e] = r; C[f] = s;
  }
  for (; i < m; i++) {
    const c = (c0 + i * n) | 0;
    let p = add ? C[c] : 0;
    for (let l = 0, a = (i * ar) | 0, b = b0 | 0; l < k; l++) { p += A[a] * B[b]; a = (a + ac) | 0; b = (b + br) | 0; }
    C[c] = p;
  }
}

/** a . b @param {Float64Array} a @param {Float64Array} b */
export function dot(a, b) {
  const n = a.length, even = n & ~3;
  let s0 = 0, s1 = 0, s2 = 0, s3 = 0;
  for (let i = 0; i < even; i += 4) {
    s0 += a[i] * b[i]; s1 += a[i + 1] * b[i + 1]; s2 += a[i + 2] * b[i + 2]; s3 += a[i + 3] * b[i + 3];
  }
  let sum = s0 + s2 + (s1 + s3);
  for (let i = even; i < n; i++) sum += a[i] * b[i];
  return sum;
}

/** a += s b; four at a time, as in the next ones, because V8 does not unroll. @param {Float64Array} a @param {number} s @param {Float64Array} b */
export function add(a, s, b) {
  const n = a.length, even = n & ~3;
  for (let i = 0; i < even; i += 4) {
    const x = a[i] + s * b[i], y = a[i + 1] + s * b[i + 1], z = a[i + 2] + s * b[i + 2], w = a[i + 3] + s * b[i + 3];
    a[i] = x; a[i + 1] = y; a[i + 2] = z; a[i + 3] = w;
  }
  for (let i = even; i < n; i++) a[i] += s * b[i];
}

/** out (columns, rows) = the transpose of the (rows, columns) matrix at `from` in a.
 * @param {number} rows @param {number} columns @param {Float64Array} a @param {number} from @param {Float64Array} out */
export function transpose(rows, columns, a, from, out) {
  for (let i = 0, at = from; i < rows; i++) for (let j = 0, to = i; j < columns; j++, to += rows) out[to] = a[at++];
}

/** Every one of the n rows of out = the `width` entries at `from` in a.
 * @param {number} n @param {number} width @param {Float64Array} a @param {number} from @param {Float64Array} out */
export function repeat(n, width, a, from, out) {
  for (let j = 0; j < width; j++) for (let i = 0, at = j, value = a[from + j]; i < n; i++, at += width) out[at] = value;
}

/** The `width` entries at `to` in out = the sums of a's n rows.
 * @param {number} n @param {number} width @param {Float64Array} a @param {Float64Array} out @param {number} to */
export function columnSums(n, width, a, out, to) {
  for (let j = 0; j < width; j++) {
    let sum = 0;
    for (let i = 0, at = j; i < n; i++, at += width) sum += a[at];
    out[to + j] = sum;
  }
}

/** out = a b, entry by entry. @param {Float64Array} a @param {Float64Array} b @param {Float64Array} out */
export function multiply(a, b, out) {
  const n = out.length, even = n & ~3;
  for (let i = 0; i < even; i += 4) {
    const x = a[i] * b[i], y = a[i + 1] * b[i + 1], z = a[i + 2] * b[i + 2], w = a[i + 3] * b[i + 3];
    out[i] = x; out[i + 1] = y; out[i + 2] = z; out[i + 3] = w;
  }
  for (let i = even; i < n; i++) out[i] = a[i] * b[i];
}

/** out = out a + b c, entry by entry.
 * @param {Float64Array} out @param {Float64Array} a @param {Float64Array} b @param {Float64Array} c */
export function bend(out, a, b, c) {
  const n = out.length, even = n & ~3;
  for (let i = 0; i < even; i += 4) {
    const x = out[i] * a[i] + b[i] * c[i], y = out[i + 1] * a[i + 1] + b[i + 1] * c[i + 1];
    const z = out[i + 2] * a[i + 2] + b[i + 2] * c[i + 2], w = out[i + 3] * a[i + 3] + b[i + 3] * c[i + 3];
    out[i] = x; out[i + 1] = y; out[i + 2] = z; out[i + 3] = w;
  }
  for (let i = even; i < n; i++) out[i] = out[i] * a[i] + b[i] * c[i];
}

/** @type {Kernels} */
export const plain = {
  name: "javascript", array: (length) => new Float64Array(length), gemm, dot, add, transpose, repeat, columnSums, multiply, bend,
};

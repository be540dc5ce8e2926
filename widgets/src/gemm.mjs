// @ts-check
// One matrix product for everything: strides let the same loop read a matrix or its transpose.

/** C = A B, or C += A B: C (m, n) contiguous rows from c0; A (m, k), B (k, n) with row and column strides.
 * Works on 2 x 4 tiles of C so that every number loaded is used more than once.
 * @param {number} m @param {number} n @param {number} k
 * @param {Float64Array} A @param {number} a0 @param {number} ar @param {number} ac
 * @param {Float64Array} B @param {number} b0 @param {number} br @param {number} bc
 * @param {Float64Array} C @param {number} c0 @param {boolean} add */
export function gemm(m, n, k, A, a0, ar, ac, B, b0, br, bc, C, c0, add) {
  let i = 0;
  for (; i + 1 < m; i += 2) {
    const rowA = a0 + i * ar, rowC = c0 + i * n;
    let j = 0;
    for (; j + 3 < n; j += 4) {
      let p0 = 0, p1 = 0, p2 = 0, p3 = 0, q0 = 0, q1 = 0, q2 = 0, q3 = 0;
      for (let l = 0, a = rowA, b = b0 + j * bc; l < k; l++, a += ac, b += br) {
        const x = A[a], y = A[a + ar], u = B[b], v = B[b + bc], s = B[b + 2 * bc], t = B[b + 3 * bc];
        p0 += x * u; p1 += x * v; p2 += x * s; p3 += x * t;
        q0 += y * u; q1 += y * v; q2 += y * s; q3 += y * t;
      }
      const c = rowC + j, d = c + n;
      if (add) {
        C[c] += p0; C[c + 1] += p1; C[c + 2] += p2; C[c + 3] += p3;
        C[d] += q0; C[d + 1] += q1; C[d + 2] += q2; C[d + 3] += q3;
      } else {
        C[c] = p0; C[c + 1] = p1; C[c + 2] = p2; C[c + 3] = p3;
        C[d] = q0; C[d + 1] = q1; C[d + 2] = q2; C[d + 3] = q3;
      }
    }
    for (; j < n; j++) {
      let p = 0, q = 0;
      for (let l = 0, a = rowA, b = b0 + j * bc; l < k; l++, a += ac, b += br) { p += A[a] * B[b]; q += A[a + ar] * B[b]; }
      const c = rowC + j;
      if (add) { C[c] += p; C[c + n] += q; } else { C[c] = p; C[c + n] = q; }
    }
  }
  if (i < m) {
    for (let j = 0; j < n; j++) {
      let p = 0;
      for (let l = 0, a = a0 + i * ar, b = b0 + j * bc; l < k; l++, a += ac, b += br) p += A[a] * B[b];
      if (add) C[c0 + i * n + j] += p; else C[c0 + i * n + j] = p;
    }
  }
}

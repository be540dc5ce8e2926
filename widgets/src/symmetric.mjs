// @ts-check
// All eigenpairs of a small dense symmetric matrix by cyclic Jacobi rotations: the inner problem of Rayleigh-Ritz.

/** @param {Float64Array} A  (m, m), overwritten @param {number} m
 * @returns {{ values: Float64Array, vectors: Float64Array }} values descending; vector j in vectors[i * m + j] */
export function eigh(A, m) {
  const V = new Float64Array(m * m);
  for (let i = 0; i < m; i++) V[i * m + i] = 1;
  let size = 0;
  for (let i = 0; i < m * m; i++) size = Math.max(size, Math.abs(A[i]));
  for (let sweep = 0; sweep < 60; sweep++) {
    let off = 0;
    for (let i = 0; i < m; i++) for (let j = i + 1; j < m; j++) off = Math.max(off, Math.abs(A[i * m + j]));
    if (off <= 1e-16 * size) break;
    for (let i = 0; i < m; i++) for (let j = i + 1; j < m; j++) if (A[i * m + j]) rotate(A, V, m, i, j);
  }
  return sorted(A, V, m);
}

/** Zeroes A[i][j] with one plane rotation, applied to V as well.
 * @param {Float64Array} A @param {Float64Array} V @param {number} m @param {number} i @param {number} j */
function rotate(A, V, m, i, j) {
  const theta = (A[j * m + j] - A[i * m + i]) / (2 * A[i * m + j]);
  const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const c = 1 / Math.sqrt(t * t + 1), s = t * c;
  for (let k = 0; k < m; k++) {
    const a = A[k * m + i], b = A[k * m + j];
    A[k * m + i] = c * a - s * b; A[k * m + j] = s * a + c * b;
  }
  for (let k = 0; k < m; k++) {
    const a = A[i * m + k], b = A[j * m + k], p = V[k * m + i], q = V[k * m + j];
    A[i * m + k] = c * a - s * b; A[j * m + k] = s * a + c * b;
    V[k * m + i] = c * p - s * q; V[k * m + j] = s * p + c * q;
  }
}

/** @param {Float64Array} A @param {Float64Array} V @param {number} m */
function sorted(A, V, m) {
  const values = new Float64Array(m);
  for (let j = 0; j < m; j++) values[j] = A[j * m + j];
  for (let j = 0; j < m; j++) {                              // selection: m is small
    let top = j;
    for (let k = j + 1; k < m; k++) if (values[k] > values[top]) top = k;
    if (top === j) continue;
    [values[j], values[top]] = [values[top], values[j]];
    for (let i = 0; i < m * m; i += m) [V[i + j], V[i + top]] = [V[i + top], V[i + j]];
  }
  return { values, vectors: V };
}

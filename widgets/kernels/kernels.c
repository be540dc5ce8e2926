/* The inner loops of src/kernels.mjs and tanh of src/mathfns.mjs, with the same operations in the same order, two
 * numbers at a time where that changes no order. Built by widgets/kernels/build.mjs into src/wasm-bytes.mjs. */
#include <wasm_simd128.h>
#define EXPORT __attribute__((visibility("default")))
typedef v128_t V;
#define LOAD wasm_v128_load
#define STORE wasm_v128_store
#define SPLAT wasm_f64x2_splat
#define MUL wasm_f64x2_mul
#define ADD wasm_f64x2_add
#define FMA(p, x, b) p = ADD(p, MUL(x, b))          /* two roundings: WebAssembly does not fuse */

/* -Os keeps the code small; only here it must unroll, so that the tile stays in registers */
#define ROWS(R) _Pragma("clang loop unroll(full)") for (int r = 0; r < R; r++)

/* rows i .. i + R - 1 of C, R x 4 tiles, then what is left of the columns one by one */
#define STRIP(R)                                                                                                  \
  static inline void strip##R(int n, int k, const double *A, int ar, int ac, const double *B, int br, double *C, int add) { \
    int j = 0;                                                                                                    \
    for (; j + 3 < n; j += 4) {                                                                                   \
      V p[R], q[R];                                                                                               \
      ROWS(R) { p[r] = add ? LOAD(C + r * n + j) : SPLAT(0); q[r] = add ? LOAD(C + r * n + j + 2) : SPLAT(0); }   \
      const double *a = A, *b = B + j;                                                                            \
      for (int l = 0; l < k; l++, a += ac, b += br) {                                                             \
        V u = LOAD(b), v = LOAD(b + 2);                                                                           \
        ROWS(R) { V x = wasm_v128_load64_splat(a + r * ar); FMA(p[r], x, u); FMA(q[r], x, v); }                   \
      }                                                                                                           \
      ROWS(R) { STORE(C + r * n + j, p[r]); STORE(C + r * n + j + 2, q[r]); }                                     \
    }                                                                                                             \
    for (; j + 1 < n; j += 2) {                                                                                   \
      V p[R];                                                                                                     \
      ROWS(R) p[r] = add ? LOAD(C + r * n + j) : SPLAT(0);                                                        \
      const double *a = A, *b = B + j;                                                                            \
      for (int l = 0; l < k; l++, a += ac, b += br) {                                                             \
        V u = LOAD(b);                                                                                            \
        ROWS(R) FMA(p[r], wasm_v128_load64_splat(a + r * ar), u);                                                 \
      }                                                                                                           \
      ROWS(R) STORE(C + r * n + j, p[r]);                                                                         \
    }                                                                                                             \
    if (j < n) {                                                                                                  \
      double p[R];                                                                                                \
      ROWS(R) p[r] = add ? C[r * n + j] : 0;                                                                      \
      const double *a = A, *b = B + j;                                                                            \
      for (int l = 0; l < k; l++, a += ac, b += br) ROWS(R) p[r] += a[r * ar] * *b;                               \
      ROWS(R) C[r * n + j] = p[r];                                                                                \
    }                                                                                                             \
  }
STRIP(4)
STRIP(1)

EXPORT void gemm(int m, int n, int k, const double *A, int ar, int ac, const double *B, int br, double *C, int add) {
  int i = 0;
  for (; i + 3 < m; i += 4) strip4(n, k, A + i * ar, ar, ac, B, br, C + i * n, add);
  for (; i < m; i++) strip1(n, k, A + i * ar, ar, ac, B, br, C + i * n, add);
}

EXPORT double dot(int n, const double *a, const double *b) {
  V p = SPLAT(0), q = SPLAT(0);
  int i = 0;
  for (; i + 3 < n; i += 4) { FMA(p, LOAD(a + i), LOAD(b + i)); FMA(q, LOAD(a + i + 2), LOAD(b + i + 2)); }
  p = ADD(p, q);
  double sum = wasm_f64x2_extract_lane(p, 0) + wasm_f64x2_extract_lane(p, 1);
  for (; i < n; i++) sum += a[i] * b[i];
  return sum;
}

EXPORT void add(int n, double *a, double s, const double *b) {
  int i = 0;
  for (; i + 1 < n; i += 2) STORE(a + i, ADD(LOAD(a + i), MUL(SPLAT(s), LOAD(b + i))));
  if (i < n) a[i] += s * b[i];
}

EXPORT void transpose(int rows, int columns, const double *a, double *out) {
  for (int i = 0; i < rows; i++) for (int j = 0; j < columns; j++) out[j * rows + i] = *a++;
}

EXPORT void repeat(int n, int width, const double *a, double *out) {
  for (int i = 0; i < n; i++) for (int j = 0; j < width; j++) *out++ = a[j];
}

EXPORT void columnSums(int n, int width, const double *a, double *out) {
  int j = 0;
  for (; j + 1 < width; j += 2) {
    V sum = SPLAT(0);
    for (int i = 0; i < n; i++) sum = ADD(sum, LOAD(a + i * width + j));
    STORE(out + j, sum);
  }
  if (j < width) {
    double sum = 0;
    for (int i = 0; i < n; i++) sum += a[i * width + j];
    out[j] = sum;
  }
}

EXPORT void multiply(int n, const double *a, const double *b, double *out) {
  int i = 0;
  for (; i + 1 < n; i += 2) STORE(out + i, MUL(LOAD(a + i), LOAD(b + i)));
  if (i < n) out[i] = a[i] * b[i];
}

EXPORT void bend(int n, double *out, const double *a, const double *b, const double *c) {
  int i = 0;
  for (; i + 1 < n; i += 2) STORE(out + i, ADD(MUL(LOAD(out + i), LOAD(a + i)), MUL(LOAD(b + i), LOAD(c + i))));
  if (i < n) out[i] = out[i] * a[i] + b[i] * c[i];
}

/* tanh with its two derivatives, two at a time: tanh of mathfns.mjs, whose comments say why (fdlibm's coefficients) */
EXPORT void bendTanh(int n, const double *z, double *value, double *first, double *second) {
  for (int i = 0; i < n; i += 2) {
    int pair = i + 1 < n;
    V x = pair ? LOAD(z + i) : wasm_v128_load64_splat(z + i), a = wasm_f64x2_abs(x), y = MUL(SPLAT(2), a);
    /* |x| >= 22 and NaN take any k here and are put right below */
    V small = wasm_f64x2_lt(a, SPLAT(22));
    y = wasm_v128_and(y, small);
    V k = wasm_f64x2_floor(ADD(MUL(SPLAT(1.44269504088896338700 * 2), wasm_v128_and(a, small)), SPLAT(0.5)));
    V hi = wasm_f64x2_sub(y, MUL(k, SPLAT(6.93147180369123816490e-1))), lo = MUL(k, SPLAT(1.90821492927058770002e-10));
    V r = wasm_f64x2_sub(hi, lo), t = MUL(r, r);
    V c = ADD(SPLAT(-1.65339022054652515390e-6), MUL(t, SPLAT(4.13813679705723846039e-8)));
    c = ADD(SPLAT(6.61375632143793436117e-5), MUL(t, c));
    c = ADD(SPLAT(-2.77777777770155933842e-3), MUL(t, c));
    c = ADD(SPLAT(1.66666666666666019037e-1), MUL(t, c));
    c = wasm_f64x2_sub(r, MUL(t, c));
    V bits = wasm_i64x2_extend_low_i32x4(wasm_i32x4_trunc_sat_f64x2_zero(k));
    V s = wasm_i64x2_shl(wasm_i64x2_add(bits, wasm_i64x2_splat(1023)), 52);          /* 2^k */
    V p = wasm_f64x2_sub(hi, wasm_f64x2_sub(lo, wasm_f64x2_div(MUL(r, c), wasm_f64x2_sub(SPLAT(2), c))));
    V e = ADD(MUL(s, p), wasm_f64x2_sub(s, SPLAT(1)));
    V w = wasm_f64x2_div(e, ADD(e, SPLAT(2)));
    w = wasm_v128_bitselect(w, SPLAT(1), small);
    V sign = wasm_v128_and(wasm_f64x2_lt(x, SPLAT(0)), wasm_i64x2_splat((long long)(1ull << 63)));
    w = wasm_v128_or(w, sign);
    w = wasm_v128_bitselect(w, x, wasm_f64x2_eq(x, x));                              /* NaN stays NaN */
    V d = wasm_f64x2_sub(SPLAT(1), MUL(w, w)), g = MUL(MUL(SPLAT(-2), w), d);
    if (pair) { STORE(value + i, w); STORE(first + i, d); STORE(second + i, g); }
    else { wasm_v128_store64_lane(value + i, w, 0); wasm_v128_store64_lane(first + i, d, 0); wasm_v128_store64_lane(second + i, g, 0); }
  }
}

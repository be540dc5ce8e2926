// @ts-check
// The WebAssembly kernels: the same bits as JavaScript, entry by entry and over whole runs; and life without them.
import assert from "node:assert/strict";
import test from "node:test";
import { activations } from "../src/activations.mjs";
import { LOSSES } from "../src/constants.mjs";
import { Descent, room } from "../src/descent.mjs";
import { plain } from "../src/kernels.mjs";
import { MersenneTwister } from "../src/rng.mjs";
import { DEFAULTS } from "../src/settings.mjs";
import { wasmKernels } from "../src/wasm.mjs";

const random = new MersenneTwister(1), some = (/** @type {number} */ n) => Float64Array.from({ length: n }, () => random.uniform(-3, 3));

/** The same call on both; their last array. @param {(k: import("../src/kernels.mjs").Kernels, ...arrays: Float64Array[]) => void} call @param {Float64Array[]} arrays */
function agree(call, ...arrays) {
  const results = [plain, wasmKernels(100000)].map((kernels) => {
    assert.ok(kernels, "node has WebAssembly SIMD");
    const own = arrays.map((values) => { const a = kernels.array(values.length); a.set(values); return a; });
    call(kernels, ...own);
    return own;
  });
  results[0].forEach((array, i) => assert.deepEqual(new BigInt64Array(results[1][i].slice().buffer), new BigInt64Array(array.slice().buffer)));
}

test("products of every remainder of shape, strided, with and without adding", () => {
  for (const m of [1, 2, 3, 4, 5, 9]) for (const n of [1, 2, 3, 4, 5, 6, 7, 11]) for (const k of [1, 7]) for (const add of [false, true]) {
    agree((f, A, B, C) => f.gemm(m, n, k, A, k, 1, B, 3, n, C, 2, add), some(m * k), some(3 + k * n), some(2 + m * n));
    agree((f, A, B, C) => f.gemm(m, n, k, A, 1, m, B, 0, n + 2, C, 0, add), some(m * k), some(k * (n + 2)), some(m * n));
  }
});

test("the other kernels, at lengths of every remainder", () => {
  for (let n = 1; n < 12; n++) {
    agree((f, a, b, out) => { out[0] = f.dot(a, b); }, some(n), some(n), some(1));
    agree((f, a, b) => f.add(a, 0.3, b), some(n), some(n));
    agree((f, a, b, out) => f.multiply(a, b, out), some(n), some(n), some(n));
    agree((f, out, a, b, c) => f.bend(out, a, b, c), some(n), some(n), some(n), some(n));
    agree((f, a, out) => f.transpose(n, 5, a, 2, out), some(2 + 5 * n), some(5 * n));
    agree((f, a, out) => f.repeat(4, n, a, 1, out), some(1 + n), some(4 * n));
    agree((f, a, out) => f.columnSums(4, n, a, out, 1), some(4 * n), some(1 + n));
  }
});

test("tanh and its derivatives, from the smallest to the largest number", () => {
  const points = [...some(999), ...some(200).map((x) => 8 * x), ...Array.from({ length: 300 }, (_, i) => 10 ** (i - 290)), 0, -0, 22, -22, 21.999, Infinity, -Infinity];
  agree((f, z, a, b, c) => (f.activations?.tanh ?? activations.tanh)(z, a, b, c, z.length), Float64Array.from(points), ...[1, 2, 3].map(() => new Float64Array(points.length)));
  const bad = wasmKernels(100), z = /** @type {import("../src/kernels.mjs").Kernels} */ (bad).array(2), out = [1, 2, 3].map(() => /** @type {any} */ (bad).array(2));
  z.set([NaN, 1]);
  bad?.activations?.tanh(z, out[0], out[1], out[2], 2);
  assert.ok(Number.isNaN(out[0][0]) && out[0][1] > 0.7);
});

for (const activation of Object.keys(activations)) for (const loss of LOSSES) {
  test(`whole runs are equal to the last bit: ${activation}, ${loss}`, () => {
    const problem = { ...DEFAULTS, task: loss === "mse" ? "chebyshev-5" : "digits", loss, activation, hidden: [9, 7], lr: 0.2, measures: ["eigenvalues"] };
    const [a, b] = [new Descent(problem), new Descent(problem, /** @type {any} */ (wasmKernels(room(problem))))];
    assert.equal(b.kernels.name, "webassembly");
    for (let t = 0; t < (loss === "mse" ? 150 : 10); t++) assert.deepEqual(b.advance(), a.advance());
    assert.deepEqual(Array.from(b.w), Array.from(a.w));
  });
}

for (const optimizer of ["adam", "sam", "sgd"]) {
  test(`${optimizer} with every measure has room and gives the same bits`, () => {
    const problem = { ...DEFAULTS, optimizer, lr: 0.01, batch: optimizer === "sgd" ? 5 : 0, measures: ["eigenvalues", "raw", "accuracy", "oscillation", "batchSharpness", "gradientFlow", "centralFlow"] };
    const [a, b] = [new Descent(problem), new Descent(problem, /** @type {any} */ (wasmKernels(room(problem))))];
    for (let t = 0; t < 20; t++) assert.deepEqual(b.advance(), a.advance());
  });
}

test("where there is not memory enough, there are no kernels and nothing is thrown", () => assert.equal(wasmKernels(1e12), null));

test("where WebAssembly cannot be compiled, there are no kernels and nothing is thrown", async () => {
  const whole = globalThis.WebAssembly;
  try {
    Reflect.set(globalThis, "WebAssembly", { Module: class { constructor() { throw new EvalError("blocked by the content security policy"); } } });
    const { wasmKernels: none } = await import(`../src/wasm.mjs?${"blocked"}`);
    assert.equal(none(10), null);
  } finally {
    Reflect.set(globalThis, "WebAssembly", whole);
  }
});

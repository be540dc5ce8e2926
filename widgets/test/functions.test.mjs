// @ts-check
// Elementary functions, generator and data sets against Python, numpy, torch and scikit-learn.
import assert from "node:assert/strict";
import test from "node:test";
import * as mathfns from "../src/mathfns.mjs";
import { chebyshev, digits } from "../src/data.mjs";
import { initialParameters } from "../src/network.mjs";
import { MersenneTwister } from "../src/rng.mjs";
import { relative, vectors } from "./helpers.mjs";

for (const name of /** @type {const} */ (["exp", "expm1", "tanh", "erf", "log", "log1p"])) {
  test(`${name} is within two units in the last place`, () => {
    vectors.functions.points.forEach((/** @type {number} */ point, /** @type {number} */ i) => {
      const x = name.startsWith("log") ? Math.abs(point) : point;
      assert.ok(relative(mathfns[name](x), vectors.functions[name][i]) <= 4.5e-16, `${name}(${x})`);
    });
  });
}

test("elementary functions at their limits", () => {
  const { exp, expm1, tanh, erf, log, log1p } = mathfns;
  assert.deepEqual([exp(-Infinity), exp(0), exp(Infinity), exp(1000), exp(-1000)], [0, 1, Infinity, Infinity, 0]);
  assert.deepEqual([expm1(-Infinity), expm1(0), expm1(Infinity)], [-1, 0, Infinity]);
  assert.deepEqual([tanh(-Infinity), tanh(0), tanh(30), erf(-Infinity), erf(0), erf(30)], [-1, 0, 1, -1, 0, 1]);
  assert.deepEqual([log(0), log(1), log(Infinity), log1p(0)], [-Infinity, 0, Infinity, 0]);
  for (const f of [exp, expm1, tanh, erf, log]) assert.ok(Number.isNaN(f(NaN)));
  assert.ok(relative(exp(-740), 4.199558e-322) < 0.02, "a subnormal result");
});

test("the Mersenne Twister gives the published sequence", () => {
  const random = new MersenneTwister(5489);
  assert.equal(random.bits32(), 3499211612);
  for (let i = 2; i < 10000; i++) random.bits32();
  assert.equal(random.bits32(), 4123659995);   // the C++ standard states the 10,000th
});

test("initial parameters are torch's, bit for bit", () => {
  for (const { sizes, seed, w } of vectors.init) assert.deepEqual(Array.from(initialParameters(sizes, seed)), w, `${sizes} seed ${seed}`);
});

test("Chebyshev data are numpy's, bit for bit", () => {
  for (const [degree, [x, y]] of Object.entries(vectors.data.chebyshev)) {
    const data = chebyshev(Number(degree));
    assert.deepEqual([Array.from(data.x), Array.from(data.y)].map((c) => c.map((v) => v + 0)), [x, y].map((c) => c.map((/** @type {number} */ v) => v + 0)), degree);
  }
});

test("digits are scikit-learn's, standardised", () => {
  const { x, y, n } = digits(), { first, last, labels } = vectors.data.digits;
  assert.equal(n, 300);
  first.forEach((/** @type {number} */ v, /** @type {number} */ j) => assert.ok(Math.abs(x[j] - v) < 1e-14));
  last.forEach((/** @type {number} */ v, /** @type {number} */ j) => assert.ok(Math.abs(x[299 * 64 + j] - v) < 1e-14));
  assert.deepEqual(labels.map((/** @type {number} */ label, /** @type {number} */ i) => y[i * 10 + label]), Array(300).fill(1));
  assert.equal(y.reduce((sum, v) => sum + v, 0), 300);
});

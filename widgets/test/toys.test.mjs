// @ts-check
// The mathematics of the small widgets against closed forms and finite differences; their settings; their pictures at
// extremes, with a pen that accepts only finite numbers.
import assert from "node:assert/strict";
import test from "node:test";
import { COLUMNS, etasOf } from "../src/landscape/bifurcation.mjs";
import { attractor, descend, flow, landscapeOf, LANDSCAPES, sharpness } from "../src/landscape/landscapes.mjs";
import { drawBifurcation, drawMap, drawSteps, fieldsOf } from "../src/landscape/picture.mjs";
import { SCHEMA as LANDSCAPE } from "../src/landscape/settings.mjs";
import { repeats, sentenceOf as landscapeSentence } from "../src/landscape/words.mjs";
import { drawLoss, drawMultipliers, drawRun } from "../src/quadratic/picture.mjs";
import { edge, METHODS, modulus, path, rate, regime, roots, threshold } from "../src/quadratic/quadratic.mjs";
import { SCHEMA as QUADRATIC } from "../src/quadratic/settings.mjs";
import { sentenceOf } from "../src/quadratic/words.mjs";
import { drawPhase, drawSeries } from "../src/stabilisation/picture.mjs";
import { clamp, DEFAULTS as STABLE, lostAt, SCHEMA as STABILISATION } from "../src/stabilisation/settings.mjs";
import { belowZero, delta, energy, loop, orbit, period, runsAway, step, widening } from "../src/stabilisation/stabilisation.mjs";
import { frame, roundTicks, wholeDecades } from "../src/toys/axes.mjs";
import { above, fieldOf, lines } from "../src/toys/contours.mjs";
import { relative } from "./helpers.mjs";

/** @typedef {import("../src/quadratic/quadratic.mjs").Rule} Rule */
/** Evenly spread numbers in [0, 1) without a pattern on a grid. @param {number} k */
const weyl = (k) => (k * 0.6180339887498949) % 1;
/** @param {number} a @param {number} b @param {number} tolerance @param {string} [what] */
const near = (a, b, tolerance, what = "") => assert.ok(Math.abs(a - b) <= tolerance, `${what} ${a} is not ${b} ± ${tolerance}`);

// ── the quadratic ──

test("gradient descent on a parabola is (1 − ηλ)^t x₀", () => {
  const { at, loss } = path({ method: "gd", lr: 0.13, beta: 0.9 }, [7], [1.5], 60);
  for (let t = 0; t <= 60; t++) {
    assert.ok(relative(at[0][t], (1 - 0.13 * 7) ** t * 1.5) < 1e-12);
    assert.equal(loss[t], 0.5 * 7 * at[0][t] * at[0][t]);
  }
});

/** Σ c z^t with x₀ = x₋₁ = 1, in complex numbers, for distinct roots. @param {{ re: number, im: number }[]} z @param {number} t */
function closedForm([u, v], t) {
  const times = (/** @type {any} */ a, /** @type {any} */ b) => ({ re: a.re * b.re - a.im * b.im, im: a.re * b.im + a.im * b.re });
  const over = (/** @type {any} */ a, /** @type {any} */ b) => { const s = b.re ** 2 + b.im ** 2; return { re: (a.re * b.re + a.im * b.im) / s, im: (a.im * b.re - a.re * b.im) / s }; };
  const minus = (/** @type {any} */ a, /** @type {any} */ b) => ({ re: a.re - b.re, im: a.im - b.im }), one = { re: 1, im: 0 };
  const power = (/** @type {any} */ a, /** @type {number} */ n) => { let p = one; for (let k = 0; k < n; k++) p = times(p, a); return p; };
  const top = minus(times(power(u, t + 1), minus(one, v)), times(power(v, t + 1), minus(one, u)));
  return over(top, minus(u, v)).re;
}

for (const method of /** @type {const} */ (["polyak", "nesterov"])) {
  test(`${method}: the path is the sum of powers of the two roots, real or complex`, () => {
    for (const product of [0.05, 0.7, 1.1, 2.6]) {
      const rule = { method, lr: product / 4, beta: 0.6 }, x = path(rule, [4], [1], 25).at[0];
      for (let t = 0; t <= 25; t++) near(x[t], closedForm(roots(rule, 4), t), 1e-9 * Math.max(1, Math.abs(x[t])), `ηλ = ${product}, step ${t}`);
    }
  });
}

test("thresholds: 2, 2 + 2β and (2 + 2β)/(1 + 2β) over η, and the run agrees on either side", () => {
  assert.deepEqual(METHODS.map((method) => Number(edge({ method, lr: 1, beta: 0.9 }).toFixed(4))), [2, 3.8, 1.3571]);
  for (const method of METHODS) for (const beta of [0, 0.3, 0.9]) {
    const rule = { method, lr: 0.1, beta }, limit = threshold(rule), size = (/** @type {number} */ a) => Math.abs(path(rule, [a], [1], 4000).at[0][4000]);
    assert.ok(rate(rule, 0.999 * limit) < 1 && rate(rule, 1.001 * limit) > 1, `${method}, β = ${beta}`);
    assert.ok(size(0.99 * limit) < 1e-6);
    assert.ok(!(size(1.01 * limit) < 1e6));
    assert.equal(regime(rule, limit), "period two");
  }
});

test("without momentum all three rules are gradient descent", () => {
  for (const method of METHODS) {
    const rule = { method, lr: 0.17, beta: 0 };
    assert.deepEqual(path(rule, [9], [1], 20).at, path({ method: "gd", lr: 0.17, beta: 0.9 }, [9], [1], 20).at);
    near(rate(rule, 9), Math.abs(1 - 0.17 * 9), 1e-15);
  }
});

test("the named regime is what the path does", () => {
  for (const method of METHODS) for (let k = 1; k < 400; k++) {
    const rule = { method, lr: 0.1, beta: weyl(k) * 0.95 }, a = 0.02 * threshold(rule) * (1 + 54 * weyl(7 * k)), x = path(rule, [a], [1], 3000).at[0];
    const kind = regime(rule, a), flips = [...x.slice(1, 40)].filter((v, t) => v * x[t] < 0).length, grows = Math.abs(x[x.length - 1]) > 1;
    if (Math.abs(rate(rule, a) - 1) < 0.01) continue;                                    // too slow to tell in 3000 steps
    assert.equal(kind === "diverges", grows, `${method} β = ${rule.beta} λ = ${a}: ${kind}`);
    if (kind === "monotone") assert.ok(x.every((v, t) => v >= 0 && (t === 0 || v <= x[t - 1])), `${method} ${rule.beta} ${a}`);
    if (kind === "alternates" && method === "gd") assert.equal(flips, 39);
  }
});

test("η = 2/λ is an exact period two, to the last bit", () => {
  assert.deepEqual([...path({ method: "gd", lr: 0.2, beta: 0 }, [10], [1], 5).at[0]], [1, -1, 1, -1, 1, -1]);
  assert.equal(regime({ method: "gd", lr: 2 / 7, beta: 0 }, 7), "period two");
  assert.equal(regime({ method: "gd", lr: 0.1, beta: 0 }, 10), "lands");
});

test("a run that overflows ends before it", () => {
  const run = path({ method: "gd", lr: 10, beta: 0 }, [100], [1], 400);
  assert.ok(run.steps > 20 && run.steps < 400);
  assert.ok(run.loss.every(Number.isFinite) && run.at[0].length === run.steps + 1);
});

test("the sentence names both directions and the worse one's fate", () => {
  assert.match(sentenceOf({ method: "gd", lr: 0.21, beta: 0 }, [10, 1]), /diverges: one direction .* along λ₂ it converges monotonically/);
  for (const method of METHODS) for (const lr of [0.01, 0.1, 0.15, 0.2, 0.5]) assert.ok(sentenceOf({ method, lr, beta: 0.9 }, [10]).length > 20);
});

// ── landscapes ──

for (const l of LANDSCAPES) {
  test(`${l.name}: gradient and Hessian against central differences`, () => {
    const h = 1e-5, [x0, x1, y0, y1] = l.window;
    for (let k = 1; k <= 60; k++) {
      const x = x0 + (x1 - x0) * weyl(k), y = y0 + (y1 - y0) * weyl(3 * k + 1), j = l.jet(x, y), right = l.jet(x + h, y), left = l.jet(x - h, y), up = l.jet(x, y + h), down = l.jet(x, y - h);
      const size = 1 + Math.abs(j.fxx) + Math.abs(j.fyy) + Math.abs(j.fxy);
      near((right.f - left.f) / (2 * h), j.fx, 1e-8 * size, "fx");
      near((up.f - down.f) / (2 * h), j.fy, 1e-8 * size, "fy");
      near((right.fx - left.fx) / (2 * h), j.fxx, 1e-7 * size, "fxx");
      near((right.fy - left.fy) / (2 * h), j.fxy, 1e-7 * size, "fxy");
      near((up.fx - down.fx) / (2 * h), j.fxy, 1e-7 * size, "fyx");
      near((up.fy - down.fy) / (2 * h), j.fyy, 1e-7 * size, "fyy");
    }
  });
}

test("derivatives are finite on the axes and at the origin", () => {
  for (const l of LANDSCAPES) for (const [x, y] of [[0, 0], [0, 1], [1, 0], [-1, -1]]) for (const v of Object.values(l.jet(x, y))) assert.ok(Number.isFinite(v), `${l.name} at ${x}, ${y}`);
});

test("sharpness at the minima: a/x² + b/y² on a product, y² on log cosh", () => {
  for (const l of LANDSCAPES.slice(0, 4)) for (const x of [0.7, 1, 2]) {
    const [a, b] = l.copies, y = x ** (-a / b);
    assert.ok(relative(sharpness(l, x, y), a / x ** 2 + b / y ** 2) < 1e-9, l.name);
  }
  assert.equal(sharpness(landscapeOf("depth-4"), 2, 0.5), 2 * (2 ** 2 + 0.5 ** 2));
  assert.equal(sharpness(landscapeOf("log-cosh"), 0, 3), 9);
});

/** ½ (1 − w₁ ⋯ w_L)² and its gradient, all variables separate. @param {number[]} w */
function deepLoss(w) {
  const p = w.reduce((q, v) => q * v, 1);
  return { loss: 0.5 * (1 - p) ** 2, gradient: w.map((_, i) => -(1 - p) * w.reduce((q, v, k) => (k === i ? q : q * v), 1)) };
}

for (const l of LANDSCAPES.slice(0, 4)) {
  test(`${l.name}: the slice is what gradient descent on all the factors does`, () => {
    const [a, b] = l.copies, walk = descend(l, 0.11, l.start, 40);
    let w = [...Array(a).fill(l.start[0]), ...Array(b).fill(l.start[1])];
    for (let t = 0; t <= Math.min(40, walk.steps); t++) {
      assert.ok(relative(walk.loss[t], deepLoss(w).loss) < 1e-6 || walk.loss[t] < 1e-12, `step ${t}`);
      near(walk.x[t], w[0], 1e-8);
      near(walk.y[t], w[a], 1e-8);
      const { gradient } = deepLoss(w);
      w = w.map((v, i) => v - 0.11 * gradient[i]);
    }
  });
}

test("at a minimum the slice's sharpness is the largest of the whole Hessian", () => {
  for (const l of LANDSCAPES.slice(0, 4)) {
    const [a, b] = l.copies, x = 1.6, y = x ** (-a / b), w = [...Array(a).fill(x), ...Array(b).fill(y)], h = 1e-5;
    const H = w.map((_, i) => { const at = (/** @type {number} */ s) => deepLoss(w.map((v, k) => v + (k === i ? s : 0))).gradient; const [up, down] = [at(h), at(-h)]; return up.map((v, k) => (v - down[k]) / (2 * h)); });
    let v = w.map((_, i) => 1 + 0.1 * i), size = 0;
    for (let k = 0; k < 300; k++) { const u = H.map((row) => row.reduce((s, q, i) => s + q * v[i], 0)); size = Math.hypot(...u); v = u.map((q) => q / size); }
    assert.ok(relative(size, sharpness(l, x, y)) < 1e-6, l.name);
  }
});

test("the minimalist example ends just below 2/η: within (2/η − 20η/3, 2/η)", () => {
  for (const [lr, end] of [[2 / 8, 7.9245], [2 / 10, 9.9274], [2 / 12, 11.9332]]) {
    const walk = descend(landscapeOf("depth-4"), lr, [2.5, 0.5], 20000), last = walk.sharpness[walk.steps];
    assert.equal(walk.end, "converged");
    assert.ok(last < 2 / lr && last > 2 / lr - (20 / 3) * lr, `${last}`);
    near(last, end, 5e-5);
  }
});

test("gradient flow keeps x² − y² and ends on the minima", () => {
  for (const l of LANDSCAPES) {
    const { x, y, time } = flow(l, l.start, 1000), end = x.length - 1, kept = l.start[0] ** 2 - l.start[1] ** 2;
    near(x[end] ** 2 - y[end] ** 2, kept, 1e-5, l.name);
    near(l.product(x[end], y[end]), l.minimum, 1e-6, l.name);
    assert.ok(time.every((t, i) => i === 0 || t > time[i - 1]));
  }
});

test("small steps follow the flow: the ends of both agree", () => {
  for (const l of LANDSCAPES) {
    const smooth = flow(l, l.start, 1000), walk = descend(l, 1e-3, l.start, 20000);
    assert.ok(relative(walk.sharpness[walk.steps], smooth.sharpness[smooth.sharpness.length - 1]) < 0.01, l.name);
  }
});

test("what is left at one η is where the run itself ends; divergence is null", () => {
  const l = landscapeOf("depth-4"), left = attractor(l, 0.2, l.start, 2500, 4), walk = descend(l, 0.2, l.start, 2500);
  near(left?.[0][0] ?? NaN, walk.x[walk.steps], 1e-6);
  assert.equal(attractor(landscapeOf("depth-2"), 0.3, [4, 0.05], 100, 4), null);
  assert.equal(etasOf(l).length, COLUMNS);
  assert.deepEqual([etasOf(l)[0], etasOf(l)[COLUMNS - 1]], l.range);
});

test("how often a run repeats itself, and its sentences", () => {
  const cycle = (/** @type {number} */ n, end = "going on") => /** @type {any} */ ({ x: Float64Array.from({ length: 101 }, (_, i) => i % n), y: new Float64Array(101), loss: new Float64Array(101), steps: 100, end });
  assert.deepEqual([repeats(cycle(1)), repeats(cycle(2)), repeats(cycle(5))], [1, 2, 5]);
  assert.match(landscapeSentence(cycle(4), 10, 12), /repeats 4 points/);
  assert.match(landscapeSentence(descend(landscapeOf("depth-2"), 0.3, [4, 0.05], 100), 20 / 3, 16), /diverges/);
  assert.match(landscapeSentence(descend(landscapeOf("depth-3"), 0.3, [2, 0.3], 1000), 20 / 3, 16), /plateau/);
  assert.match(landscapeSentence(descend(landscapeOf("depth-4"), 0.2, [2.5, 0.5], 2000), 10, 12.6), /cannot stay/);
});

test("level lines of a cone are circles, and the level set has the circle's outside area", () => {
  const n = 101, field = fieldOf(n, n, (i, j) => Math.hypot(i - 50, j - 50)), rings = lines(field, 30);
  assert.equal(rings.length, 1);
  const ring = rings[0];
  assert.deepEqual(ring.slice(0, 2), ring.slice(-2));
  for (let k = 0; k < ring.length; k += 2) near(Math.hypot(ring[k] - 50, ring[k + 1] - 50), 30, 0.02);
  let area = 0;
  for (const p of above(field, 30)) for (let k = 0; k < p.length; k += 2) { const m = (k + 2) % p.length; area += (p[k] * p[m + 1] - p[m] * p[k + 1]) / 2; }
  near(area, 100 * 100 - Math.PI * 900, 8);
});

test("a saddle's level lines do not cross: two open lines", () => {
  const field = fieldOf(40, 40, (i, j) => (i - 19.5) * (j - 19.5)), open = lines(field, 2);
  assert.equal(open.length, 2);
  for (const line of open) assert.ok(Math.sign(line[0] - 19.5) === Math.sign(line[line.length - 2] - 19.5));
});

test("in a cell with two opposite corners above the level, the middle decides which two are joined", () => {
  const cell = { values: Float64Array.of(1, -1, -1, 1), nx: 2, ny: 2 };            // (0, 0) and (1, 1) are high; the middle is 0
  const cut = (/** @type {number} */ level) => lines(cell, level).map((line) => [0, 1].flatMap((i) => [0, 1].map((j) => ({ i, j, far: Math.max(Math.hypot(line[0] - i, line[1] - j), Math.hypot(line[2] - i, line[3] - j)) })))
    .reduce((a, b) => (b.far < a.far ? b : a))).map(({ i, j }) => `${i}${j}`).sort();
  assert.deepEqual(cut(0.5), ["00", "11"]);                                        // the middle is low: each high corner alone
  assert.deepEqual(cut(-0.5), ["01", "10"]);
});

// ── self-stabilisation ──

const C = { lr: 0.05, alpha: 0.2, beta: 20 };

test("(±δ, 0) is the fixed point, the sign of x left aside", () => {
  const [x, y] = step(C, delta(C), 0);
  near(x, -delta(C), 1e-16);
  near(y, 0, 1e-16);
});

test("the map is the published one: y' − y = η (β/2)(δ² − x²)", () => {
  const [x, y] = step(C, 0.3, -0.4);
  near(x, -(1 + 0.05 * -0.4) * 0.3, 1e-16);
  near(y + 0.4, 0.05 * 10 * (delta(C) ** 2 - 0.09), 1e-15);
});

test("small loops widen by √(1 + 2αη²) a step and turn once in the period: the Jacobian by central differences", () => {
  const h = 1e-6, d = delta(C), at = (/** @type {number} */ dx, /** @type {number} */ dy) => { const [x, y] = step(C, d + dx, dy); return [-x, y]; };
  const column = (/** @type {number} */ dx, /** @type {number} */ dy) => at(dx, dy).map((v, i) => (v - at(-dx, -dy)[i]) / (2 * h));
  const [[a, c], [b, e]] = [column(h, 0), column(0, h)], trace = a + e, determinant = a * e - b * c;
  near(Math.sqrt(determinant), widening(C), 1e-9);
  near((2 * Math.PI) / Math.acos(trace / 2 / Math.sqrt(determinant)), period(C), 1e-4);
});

test("the flow's loop keeps its energy, and every step of the map gains some", () => {
  const start = energy(C, 0.02, 0), points = loop(C, 0.02, 0);
  for (let k = 0; k < points.length; k += 2) near(energy(C, points[k], points[k + 1]), start, 1e-9);
  near(Math.min(...points.filter((_, k) => k % 2 === 0)), 0.02, 1e-9);
  const run = orbit(C, 0.02, 0, 600);
  for (let t = 1; t <= 600; t++) assert.ok(energy(C, Math.abs(run.x[t]), run.y[t]) > energy(C, Math.abs(run.x[t - 1]), run.y[t - 1]) - 1e-12, `step ${t}`);
});

test("a run is lost at the first step with y < −2/η, and ends before it", () => {
  assert.deepEqual([-39.99, -40.01].map((y) => belowZero(C, y)), [false, true]);
  const { x, y, lost, steps } = orbit({ ...C, lr: 0.2 }, 0.02, 0, 1000), [, next] = step({ ...C, lr: 0.2 }, x[steps], y[steps]);
  assert.ok(lost === steps + 1 && y.length === lost && y.every((v) => v >= -10) && next < -10);
});

test("below zero sharpness with |x| ≥ δ there is no way back", () => {
  let inside = 0;
  for (let k = 1; k <= 4000; k++) {
    let x = (weyl(k) - 0.5) * 8 * delta(C), y = -2 / C.lr - 30 * weyl(5 * k);
    if (!runsAway(C, x, y)) continue;
    inside++;
    for (let t = 0; t < 20 && Math.abs(x) < 1e100; t++) {
      const [nx, ny] = step(C, x, y);
      assert.ok(runsAway(C, nx, ny) && Math.abs(nx) > Math.abs(x) && ny <= y);
      [x, y] = [nx, ny];
    }
  }
  assert.ok(inside > 2000);
});

test("where the sharpness stays above zero nothing blows up: |x| at most doubles against the largest rise", () => {
  for (const lr of [0.02, 0.05, 0.1]) {
    const run = orbit({ ...C, lr }, 0.02, 0, 1000);
    assert.equal(run.lost, -1);
    assert.ok(run.x.every((x) => Math.abs(x) < 20 * delta(C)) && run.y.every((y) => y > -2 / lr));
  }
});

test("a slider stops at the last safe value on its way, and the next one is not safe", () => {
  assert.equal(lostAt(STABLE), -1);
  const { kept, next } = clamp(STABLE, "lr", 0.4);
  assert.ok(STABLE.lr < kept && kept < next && next < 0.4 && next / kept < 1.02);
  assert.ok(lostAt({ ...STABLE, lr: kept }) === -1 && lostAt({ ...STABLE, lr: next }) >= 0);
  assert.deepEqual(clamp({ ...STABLE, lr: kept }, "lr", 0.3), { kept, next });         // dragging on moves nothing
  assert.equal(clamp(STABLE, "x0", 0.1).kept, 0.1);
  assert.equal(clamp(STABLE, "x0", 0.005).kept, 0.005);
});

// ── settings ──

/** @type {[import("../src/toys/toy.mjs").Schema, string, unknown][]} */
const BAD = [
  [QUADRATIC, "lr", 0], [QUADRATIC, "lr", NaN], [QUADRATIC, "lr", "abc"], [QUADRATIC, "lr", ""], [QUADRATIC, "curvature", []], [QUADRATIC, "curvature", [1, 2, 3]], [QUADRATIC, "curvature", [-1]],
  [QUADRATIC, "method", "adam"], [QUADRATIC, "beta", 1], [QUADRATIC, "w0", [5, 0]], [QUADRATIC, "steps", 0], [QUADRATIC, "steps", 2.5], [QUADRATIC, "lr_range", [1, 0.1]], [QUADRATIC, "id", "two words"],
  [LANDSCAPE, "function", "rosenbrock"], [LANDSCAPE, "lr", -1], [LANDSCAPE, "lr", Infinity], [LANDSCAPE, "w0", [1]], [LANDSCAPE, "w0", [1, NaN]], [LANDSCAPE, "steps", 1e9], [LANDSCAPE, "contours", "none"], [LANDSCAPE, "plot", "none"],
  [STABILISATION, "lr", 0], [STABILISATION, "alpha", 0], [STABILISATION, "beta", "x"], [STABILISATION, "x0", -1], [STABILISATION, "steps", 5001], [STABILISATION, "measured", [[1, 2], [3]]],
  [STABILISATION, "measured", [[1, NaN], [3, 4]]], [STABILISATION, "measured", 7],
];
for (const [schema, key, value] of BAD) {
  test(`${schema.defaults.id}: ${key} = ${JSON.stringify(value)} is refused with a sentence that says what to do`, () => {
    assert.throws(() => schema.checks[key](value), (/** @type {Error} */ error) => error instanceof RangeError && /cannot be/.test(error.message) && /Use |Give /.test(error.message));
  });
}

test("defaults pass their own checks, also as the text that a link holds", () => {
  for (const { defaults, checks, linked } of [QUADRATIC, LANDSCAPE, STABILISATION]) {
    assert.deepEqual(Object.keys(checks).sort(), Object.keys(defaults).sort());
    for (const [key, value] of Object.entries(defaults)) assert.deepEqual(checks[key](value), value, key);
    for (const [, key] of linked) assert.deepEqual(checks[key](Array.isArray(defaults[key]) ? defaults[key].join("_") : String(defaults[key])), defaults[key], key);
  }
  assert.deepEqual(QUADRATIC.checks.w0("-0.5_1.2"), [-0.5, 1.2]);
  assert.deepEqual(QUADRATIC.checks.w0(0.5), [0.5, 1]);
  assert.deepEqual(STABILISATION.checks.measured([[1, 2], [3, 4]]), [[1, 2], [3, 4]]);
});

// ── pictures ──

/** A pen that takes only finite numbers, and remembers the words. */
function strictPen() {
  /** @type {string[]} */
  const words = [];
  const finite = (/** @type {number[]} */ ...numbers) => { for (const v of numbers) assert.ok(Number.isFinite(v), String(v)); };
  return {
    words,
    line: (/** @type {number[]} */ points) => finite(...points), dot: (/** @type {number} */ x, /** @type {number} */ y, /** @type {number} */ r) => finite(x, y, r),
    fill: (/** @type {number[][]} */ polygons) => polygons.forEach((p) => finite(...p)), specks: (/** @type {number[]} */ points) => finite(...points),
    text(/** @type {number} */ x, /** @type {number} */ y, /** @type {string} */ text) { finite(x, y); assert.doesNotMatch(text, /NaN|Infinity|undefined/); words.push(text); },
    clip(/** @type {any} */ box, /** @type {() => void} */ draw) { finite(box.left, box.right, box.top, box.bottom); draw(); },
  };
}

test("the quadratic's pictures take every setting, wide and narrow", () => {
  for (const method of METHODS) for (const lr of [1e-4, 0.2, 10]) for (const curvature of [[0.1], [100], [100, 0.1]]) for (const width of [200, 460]) {
    const rule = { method, lr, beta: 0.99 }, run = path(rule, curvature, [1, 0], 400), scene = { rule, curvature, run, at: run.steps, roof: 20, steps: 400 }, pen = strictPen();
    for (const draw of [drawRun, drawMultipliers, drawLoss]) draw(pen, scene, width, 300);
    assert.ok(pen.words.includes("step"));
  }
});

test("the landscape's pictures take every setting, also runs that diverge at once", () => {
  for (const landscape of LANDSCAPES) for (const lr of [0.001, 0.2, 2]) for (const contours of ["loss", "sharpness"]) {
    const walk = descend(landscape, lr, landscape.start, 300), scene = { landscape, lr, contours, walk, flow: flow(landscape, landscape.start, 1000), at: walk.steps }, pen = strictPen();
    drawMap(pen, scene, fieldsOf(landscape, 30), 420, 360);
    drawSteps(pen, scene, 360, 360);
    for (const columns of [[], [null, null], [[[1, 1]], null]]) drawBifurcation(pen, scene, { etas: etasOf(landscape), columns: /** @type {any} */ (columns) }, 360, 360);
    assert.ok(pen.words.includes("2/η"));
  }
});

test("the self-stabilisation's pictures take every safe setting, with a measured run and without", () => {
  for (const lr of [0.001, 0.05, 0.1]) for (const measured of [[], [[0.1, -0.2, 0.3], [0, 0.5, -0.1]]]) for (const at of [0, 400]) {
    const constants = { ...C, lr }, pen = strictPen(), scene = { constants, orbit: orbit(constants, 0.02, 0, 400), at, steps: 400, measured };
    drawPhase(pen, scene, 380, 340);
    drawSeries(pen, scene, 380, 340);
    assert.ok(pen.words.some((word) => word.includes("fixed point")));
  }
});

test("axes: round ticks, whole decades, nothing infinite", () => {
  assert.deepEqual(roundTicks(-2, 2, 4), [-2, -1, 0, 1, 2]);
  assert.deepEqual(roundTicks(0, 0.034, 4), [0, 0.01, 0.02, 0.03]);
  assert.deepEqual(wholeDecades([[0.02, 3, 0, NaN, Infinity]], -8, 8), [-2, 1]);
  assert.deepEqual(wholeDecades([[1e-30, 1e30]], -8, 6), [-8, 6]);
  assert.deepEqual(wholeDecades([[0, NaN]], -8, 6), [-1, 0]);
  const f = frame(strictPen(), { left: 0, right: 100, top: 0, bottom: 50 }, { low: 0, high: 1 }, { low: -2, high: 2, log: true });
  for (const v of [NaN, Infinity, -Infinity, 1e308, -1e308, 0]) assert.ok([f.x(v), f.y(v)].every((px) => px >= -100 && px <= 200), String(v));
  assert.deepEqual([f.x(0.5), f.y(1), f.over(50), f.up(25)], [50, 25, 0.5, 0]);
  assert.equal(modulus({ re: 3, im: -4 }), 5);
});

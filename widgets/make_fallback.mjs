// @ts-check
// Draws the figure that stands in each widget's place until it runs: the default setting, by the widget's own
// mathematics, with its own drawing code, as eoslib/static/<name>-fallback.svg.
// Usage: node widgets/make_fallback.mjs [--check]
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Descent } from "./src/descent.mjs";
import { History } from "./src/history.mjs";
import { drawPicture } from "./src/picture.mjs";
import { DEFAULTS } from "./src/settings.mjs";
import { descend, flow, landscapeOf } from "./src/landscape/landscapes.mjs";
import { drawMap, drawSteps, fieldsOf } from "./src/landscape/picture.mjs";
import { DEFAULTS as LANDSCAPE } from "./src/landscape/settings.mjs";
import { drawLoss, drawMultipliers, drawRun } from "./src/quadratic/picture.mjs";
import { path } from "./src/quadratic/quadratic.mjs";
import { DEFAULTS as QUADRATIC } from "./src/quadratic/settings.mjs";
import { drawPhase, drawSeries } from "./src/stabilisation/picture.mjs";
import { DEFAULTS as STABILISATION } from "./src/stabilisation/settings.mjs";
import { delta, orbit } from "./src/stabilisation/stabilisation.mjs";
import { labSvg, svgPen, toySvg } from "./svg.mjs";

function lab() {
  const steps = 1500, width = 720, height = 330, descent = new Descent(DEFAULTS), history = new History(steps + 1);
  for (let i = 0; i <= steps; i++) {
    const { step, loss, sharpness, threshold } = descent.advance();
    history.append({ step: Float64Array.of(step), loss: Float64Array.of(loss), sharpness: Float64Array.of(sharpness), threshold: Float64Array.of(threshold) });
  }
  const crossing = history.sharpness.findIndex((s, i) => s >= history.threshold[i]), threshold = 2 / DEFAULTS.lr;
  const text = `Loss and sharpness over ${steps.toLocaleString("en")} steps of gradient descent with step size ${DEFAULTS.lr}. The sharpness starts at ${history.sharpness[0].toFixed(1)}, `
    + `reaches the dashed line 2/η = ${threshold} at step ${crossing}, and then stays near it while the loss goes on falling, not steadily.`;
  /** @type {string[]} */
  const marks = [];
  drawPicture(svgPen(marks), history, width, height);
  return labSvg(marks, { width, height, title: "Gradient descent at the edge of stability", text });
}

const WIDE = { width: 760, height: 372 }, LEFT = { x: 0, y: 0, width: 400, height: 372 };

function quadratic() {
  const { curvature, lr, beta, w0, steps } = QUADRATIC, rule = { method: /** @type {const} */ ("gd"), lr, beta }, run = path(rule, curvature, w0.slice(0, 1), steps);
  const scene = { rule, curvature, run, at: steps, roof: 20, steps };
  return toySvg({
    ...WIDE, id: "eos-quadratic",
    text: `Gradient descent on the parabola of curvature ${curvature[0]} with step size ${lr}: each step multiplies x by ${(1 - lr * curvature[0]).toFixed(2)}, so the steps jump from side to side and close in on the minimum, and the loss falls from ${run.loss[0]} to ${run.loss[steps].toExponential(1)} in ${steps} steps.`,
    parts: [
      { ...LEFT, draw: (pen, w, h) => { drawRun(pen, scene, w, h); pen.dot(...startOf(w, h), 6, "threshold", true); } },
      { x: 418, y: 0, width: 342, height: 132, draw: (pen, w, h) => drawMultipliers(pen, scene, w, h) },
      { x: 418, y: 138, width: 342, height: 234, draw: (pen, w, h) => drawLoss(pen, scene, w, h) },
    ],
  });
  /** Where the handle stands. @param {number} w @param {number} h  @returns {[number, number]} */
  function startOf(w, h) { return [34 + ((w0[0] + 2) / 4) * (w - 44), h - 38 - (run.loss[0] / 20) * (h - 60)]; }
}

function landscape() {
  const { lr, steps, contours } = LANDSCAPE, l = landscapeOf(LANDSCAPE.function), walk = descend(l, lr, l.start, steps), smooth = flow(l, l.start, 1000);
  const scene = { landscape: l, lr, contours, walk, flow: smooth, at: walk.steps }, fields = fieldsOf(l, 40), end = smooth.sharpness[smooth.sharpness.length - 1];
  return toySvg({
    ...WIDE, id: "eos-landscape",
    text: `Contours of ${l.formula} with the curve of its minima, and dashed the set where the sharpness is 2/η = ${2 / lr}. From x = ${l.start[0]}, y = ${l.start[1]} gradient flow ends at a sharpness of ${end.toFixed(1)}; gradient descent jumps across the valley and ends after ${walk.steps.toLocaleString("en")} steps at ${walk.sharpness[walk.steps].toFixed(2)}, just below 2/η.`,
    parts: [
      { ...LEFT, draw: (pen, w, h) => drawMap(pen, scene, fields, w, h) },
      { ...LEFT, x: 410, width: 350, draw: (pen, w, h) => drawSteps(pen, scene, w, h) },
    ],
  });
}

function stabilisation() {
  const { lr, alpha, beta, x0, steps } = STABILISATION, constants = { lr, alpha, beta }, run = orbit(constants, x0, 0, steps);
  const scene = { constants, orbit: run, at: steps, steps, measured: [] };
  return toySvg({
    ...WIDE, id: "eos-stabilisation",
    text: `The self-stabilisation map over ${steps.toLocaleString("en")} steps. Left, |x| against y = sharpness − 2/η: loops around the fixed point |x| = δ = ${delta(constants).toFixed(3)}, y = 0, each a little wider than the last. Right, x in bursts that swell and die away, and y rising and falling around 0.`,
    parts: [
      { ...LEFT, draw: (pen, w, h) => drawPhase(pen, scene, w, h) },
      { ...LEFT, x: 410, width: 350, draw: (pen, w, h) => drawSeries(pen, scene, w, h) },
    ],
  });
}

/** @type {[name: string, draw: () => string][]} */
const FIGURES = [["lab", lab], ["quadratic", quadratic], ["landscape", landscape], ["stabilisation", stabilisation]];
for (const [name, draw] of FIGURES) {
  const target = fileURLToPath(new URL(`../eoslib/static/${name}-fallback.svg`, import.meta.url)), svg = draw();
  if (!process.argv.includes("--check")) {
    writeFileSync(target, svg);
    console.log(`eoslib/static/${name}-fallback.svg: ${(svg.length / 1024).toFixed(1)} KiB`);
  } else if (readFileSync(target, "utf8") === svg) {
    console.log(`eoslib/static/${name}-fallback.svg is up to date`);
  } else {
    console.error(`eoslib/static/${name}-fallback.svg is not what its widget draws now. Run: node widgets/make_fallback.mjs`);
    process.exitCode = 1;
  }
}

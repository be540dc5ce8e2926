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
import { labSvg, svgPen } from "./svg.mjs";

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

/** @type {[name: string, draw: () => string][]} */
const FIGURES = [["lab", lab]];
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

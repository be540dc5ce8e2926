// @ts-check
// Draws the figure that stands in the widget's place until it runs: the default setting, by the engine itself, with
// the widget's own drawing code, as eoslib/static/lab-fallback.svg.
// Usage: node widgets/make_fallback.mjs [--check]
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Descent } from "./src/descent.mjs";
import { History } from "./src/history.mjs";
import { drawPicture } from "./src/picture.mjs";
import { DEFAULTS } from "./src/settings.mjs";

const target = fileURLToPath(new URL("../eoslib/static/lab-fallback.svg", import.meta.url));
const STEPS = 1500, WIDTH = 720, HEIGHT = 330;

const descent = new Descent(DEFAULTS), history = new History(STEPS + 1);
for (let i = 0; i <= STEPS; i++) {
  const { step, loss, sharpness, threshold } = descent.advance();
  history.append({ step: Float64Array.of(step), loss: Float64Array.of(loss), sharpness: Float64Array.of(sharpness), threshold: Float64Array.of(threshold) });
}
const crossing = history.sharpness.findIndex((s, i) => s >= history.threshold[i]), threshold = 2 / DEFAULTS.lr;

/** @type {string[]} */
const marks = [];
const at = (/** @type {number} */ v) => String(Number(v.toFixed(1)));
/** Leaves out the points that stay within `tolerance` px of the line drawn without them (Douglas and Peucker, 1973).
 * @param {number[]} points  x, y, x, y, … @param {number} [tolerance]  @returns {number[]} */
function simplify(points, tolerance = 0.4) {
  const last = points.length - 2, [x0, y0] = points, [x1, y1] = points.slice(last);
  let worst = 0, at = 0;
  for (let i = 2; i < last; i += 2) {
    const along = ((points[i] - x0) * (x1 - x0) + (points[i + 1] - y0) * (y1 - y0)) / ((x1 - x0) ** 2 + (y1 - y0) ** 2 || 1);
    const t = Math.min(1, Math.max(0, along)), off = Math.hypot(points[i] - x0 - t * (x1 - x0), points[i + 1] - y0 - t * (y1 - y0));
    if (off > worst) [worst, at] = [off, i];
  }
  if (worst <= tolerance) return [x0, y0, x1, y1];
  return [...simplify(points.slice(0, at + 2), tolerance).slice(0, -2), ...simplify(points.slice(at), tolerance)];
}

drawPicture({
  line(all, ink, width, dash = []) {
    const points = simplify(all);
    const path = points.map((v, i) => (i % 2 ? `,${at(v)}` : `${i ? " " : ""}${at(v)}`)).join("");
    marks.push(`<polyline class="${ink}" stroke-width="${width}"${dash.length ? ` stroke-dasharray="${dash.join(" ")}"` : ""} points="${path}"/>`);
  },
  text(x, y, text, ink, align, bold = false) {
    const anchor = { left: "start", right: "end", center: "middle" }[align];
    marks.push(`<text class="${ink}" x="${at(x)}" y="${at(y + 4)}" text-anchor="${anchor}"${bold ? ' font-weight="600"' : ""}>${text}</text>`);
  },
}, history, WIDTH, HEIGHT);

// Mid tones that read on white and on near-black; where the theme is known, the widget's own colours.
const style = `
.eos-fallback { font: 12px system-ui, sans-serif; --loss: #2b8cc4; --sharpness: #d8690f; --threshold: #7b858f; --muted: #7b858f; --line: #9aa3ac55; }
html[data-theme="light"] .eos-fallback { --loss: #0072b2; --sharpness: #d55e00; --threshold: #1d2329; --muted: #5a646e; --line: #dfe3e8; }
html[data-theme="dark"] .eos-fallback { --loss: #56b4e9; --sharpness: #e69f00; --threshold: #e6e9ec; --muted: #a5afb9; --line: #343b43; }
${["loss", "sharpness", "threshold", "muted", "line"].map((ink) => `.eos-fallback polyline.${ink} { stroke: var(--${ink}); } .eos-fallback text.${ink} { fill: var(--${ink}); }`).join("\n")}
.eos-fallback polyline { fill: none; stroke-linejoin: round; }
`;
const title = "Gradient descent at the edge of stability";
const text = `Loss and sharpness over ${STEPS.toLocaleString("en")} steps of gradient descent with step size ${DEFAULTS.lr}. The sharpness starts at ${history.sharpness[0].toFixed(1)}, `
  + `reaches the dashed line 2/η = ${threshold} at step ${crossing}, and then stays near it while the loss goes on falling, not steadily.`;
const svg = `<svg xmlns="http://www.w3.org/2000/svg" class="eos-fallback" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" style="max-width:100%;height:auto" role="img" aria-labelledby="eos-fallback-title eos-fallback-text">
<title id="eos-fallback-title">${title}</title>
<desc id="eos-fallback-text">${text}</desc>
<style>${style}</style>
${marks.join("\n")}
</svg>
`;
if (process.argv.includes("--check")) {
  if (readFileSync(target, "utf8") !== svg) {
    console.error("eoslib/static/lab-fallback.svg is not what the engine draws now. Run: node widgets/make_fallback.mjs");
    process.exit(1);
  }
  console.log("eoslib/static/lab-fallback.svg is up to date");
} else {
  writeFileSync(target, svg);
  console.log(`eoslib/static/lab-fallback.svg: ${(svg.length / 1024).toFixed(1)} KiB`);
  console.log(text);
}

// @ts-check
// The widgets' pictures as SVG: a pen that writes marks, and the figure around them. See src/picture.mjs for the pen.

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

/** A pen that adds its marks to a list. @param {string[]} marks  @returns {import("./src/picture.mjs").Pen} */
export const svgPen = (marks) => ({
  line(all, ink, width, dash = []) {
    const points = simplify(all);
    const path = points.map((v, i) => (i % 2 ? `,${at(v)}` : `${i ? " " : ""}${at(v)}`)).join("");
    marks.push(`<polyline class="${ink}" stroke-width="${width}"${dash.length ? ` stroke-dasharray="${dash.join(" ")}"` : ""} points="${path}"/>`);
  },
  text(x, y, text, ink, align, bold = false) {
    const anchor = { left: "start", right: "end", center: "middle" }[align];
    marks.push(`<text class="${ink}" x="${at(x)}" y="${at(y + 4)}" text-anchor="${anchor}"${bold ? ' font-weight="600"' : ""}>${text}</text>`);
  },
});

// Mid tones that read on white and on near-black; where the theme is known, the widget's own colours.
const INKS = `
.eos-fallback { font: 12px system-ui, sans-serif; --loss: #2b8cc4; --sharpness: #d8690f; --threshold: #7b858f; --muted: #7b858f; --line: #9aa3ac55; }
html[data-theme="light"] .eos-fallback { --loss: #0072b2; --sharpness: #d55e00; --threshold: #1d2329; --muted: #5a646e; --line: #dfe3e8; }
html[data-theme="dark"] .eos-fallback { --loss: #56b4e9; --sharpness: #e69f00; --threshold: #e6e9ec; --muted: #a5afb9; --line: #343b43; }
${["loss", "sharpness", "threshold", "muted", "line"].map((ink) => `.eos-fallback polyline.${ink} { stroke: var(--${ink}); } .eos-fallback text.${ink} { fill: var(--${ink}); }`).join("\n")}
.eos-fallback polyline { fill: none; stroke-linejoin: round; }
`;

/** The lab's figure. @param {string[]} marks @param {{ width: number, height: number, title: string, text: string }} figure */
export const labSvg = (marks, { width, height, title, text }) => `<svg xmlns="http://www.w3.org/2000/svg" class="eos-fallback" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" style="max-width:100%;height:auto" role="img" aria-labelledby="eos-fallback-title eos-fallback-text">
<title id="eos-fallback-title">${title}</title>
<desc id="eos-fallback-text">${text}</desc>
<style>${INKS}</style>
${marks.join("\n")}
</svg>
`;

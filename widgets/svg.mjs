// @ts-check
// The widgets' pictures as SVG: a pen that writes marks, and the figure around them. See src/picture.mjs for the pen.

const at = (/** @type {number} */ v) => String(Number(v.toFixed(1)));
const coordinates = (/** @type {number[]} */ points) => points.map((v, i) => (i % 2 ? `,${at(v)}` : `${i ? " " : ""}${at(v)}`)).join("");

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
    marks.push(`<polyline class="${ink}" stroke-width="${width}"${dash.length ? ` stroke-dasharray="${dash.join(" ")}"` : ""} points="${coordinates(simplify(all))}"/>`);
  },
  area(outline, ink) {
    marks.push(`<polygon class="${ink}" points="${coordinates(simplify(outline))}"/>`);
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
${["loss", "sharpness", "threshold", "muted", "line"].map((ink) => `.eos-fallback polyline.${ink} { stroke: var(--${ink}); } .eos-fallback polygon.${ink} { fill: var(--${ink}); } .eos-fallback text.${ink} { fill: var(--${ink}); }`).join("\n")}
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

// The colours of the small widgets' figures, as in src/toys/toy.css.
const TOY_INKS = {
  middle: { loss: "#2b8cc4", sharpness: "#d8690f", threshold: "#7b858f", muted: "#7b858f", edge: "#98a1aa", line: "#9aa3ac55", flow: "#17a078", second: "#c078a6" },
  light: { loss: "#0072b2", sharpness: "#d55e00", threshold: "#1d2329", muted: "#5a646e", edge: "#8a949e", line: "#dfe3e8", flow: "#00805d", second: "#a64d87" },
  dark: { loss: "#56b4e9", sharpness: "#e69f00", threshold: "#e6e9ec", muted: "#a5afb9", edge: "#7d8791", line: "#343b43", flow: "#2fc79b", second: "#df9cc4" },
};
const variables = (/** @type {Record<string, string>} */ inks) => Object.entries(inks).map(([ink, colour]) => `--${ink}: ${colour};`).join(" ");
const TOY_STYLE = `
.eos-figure { font: 12px system-ui, sans-serif; ${variables(TOY_INKS.middle)} }
html[data-theme="light"] .eos-figure { ${variables(TOY_INKS.light)} }
html[data-theme="dark"] .eos-figure { ${variables(TOY_INKS.dark)} }
.eos-figure path { fill: none; stroke-linejoin: round; }
`;
const escaped = (/** @type {string} */ text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");

/** The small widgets' pen. @param {string[]} marks @param {string} id  distinct on a page  @returns {import("./src/toys/pen.mjs").Pen} */
export function toyPen(marks, id) {
  let clips = 0;
  return {
    line(points, ink, width, dash = []) {
      marks.push(`<path stroke="var(--${ink})" stroke-width="${width}"${dash.length ? ` stroke-dasharray="${dash.join(" ")}"` : ""} d="M${coordinates(simplify(points))}"/>`);
    },
    text(x, y, text, ink, align, bold = false) {
      const anchor = { left: "start", right: "end", center: "middle" }[align];
      marks.push(`<text fill="var(--${ink})" x="${at(x)}" y="${at(y + 4)}" text-anchor="${anchor}"${bold ? ' font-weight="600"' : ""}>${escaped(text)}</text>`);
    },
    dot(x, y, radius, ink, hollow = false) {
      marks.push(`<circle cx="${at(x)}" cy="${at(y)}" r="${radius}" ${hollow ? `fill="none" stroke="var(--${ink})" stroke-width="2"` : `fill="var(--${ink})"`}/>`);
    },
    fill(polygons, ink, alpha) {
      if (polygons.length) marks.push(`<path style="fill:var(--${ink});fill-opacity:${alpha}" d="${polygons.map((points) => `M${coordinates(points)}Z`).join("")}"/>`);
    },
    specks(points, ink, size) {
      const path = points.map((v, i) => (i % 2 ? `,${at(v)}h0` : `M${at(v)}`)).join("");   // dots are strokes of no length
      if (points.length) marks.push(`<path stroke="var(--${ink})" stroke-width="${size}" stroke-linecap="round" d="${path}"/>`);
    },
    clip({ left, right, top, bottom }, draw) {
      const name = `${id}-${++clips}`;
      marks.push(`<clipPath id="${name}"><rect x="${at(left)}" y="${at(top)}" width="${at(right - left)}" height="${at(bottom - top)}"/></clipPath><g clip-path="url(#${name})">`);
      draw();
      marks.push("</g>");
    },
  };
}

/** Several pictures side by side, each drawn in its own place.
 * @param {{ id: string, width: number, height: number, text: string, parts: { x: number, y: number, width: number, height: number, draw: (pen: import("./src/toys/pen.mjs").Pen, width: number, height: number) => unknown }[] }} figure */
export function toySvg({ id, width, height, text, parts }) {
  /** @type {string[]} */
  const marks = [];
  parts.forEach(({ x, y, width, height, draw }, i) => {
    marks.push(`<g transform="translate(${x} ${y})">`);
    draw(toyPen(marks, `${id}-clip-${i}`), width, height);
    marks.push("</g>");
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" class="eos-figure" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" style="max-width:100%;height:auto" role="img" aria-label="${escaped(text)}">
<style>${TOY_STYLE}</style>
${marks.join("\n")}
</svg>
`;
}

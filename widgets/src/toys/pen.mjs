// @ts-check
// The pen that all pictures are drawn with: here on a canvas; widgets/svg.mjs has one that writes SVG.

/** @typedef {string} Ink  the name of a colour, --eos-<ink> in the style sheet */
/** @typedef {object} Pen
 * @property {(points: number[], ink: Ink, width: number, dash?: number[]) => void} line  points: x, y, x, y, …
 * @property {(x: number, y: number, text: string, ink: Ink, align: "left" | "right" | "center", bold?: boolean) => void} text  y: the middle
 * @property {(x: number, y: number, radius: number, ink: Ink, hollow?: boolean) => void} dot
 * @property {(polygons: number[][], ink: Ink, alpha: number) => void} fill  all in one go, so that neighbours show no seam
 * @property {(points: number[], ink: Ink, size: number) => void} specks  many small squares, x, y, x, y, …
 * @property {(box: import("./axes.mjs").Box, draw: () => void) => void} clip  what is drawn is cut off outside the box */

/** @param {CanvasRenderingContext2D} ctx @param {Record<Ink, string>} inks @param {string} font  @returns {Pen} */
export const canvasPen = (ctx, inks, font) => ({
  line(points, ink, width, dash = []) {
    const snap = ink === "line" && points.length === 4;         // hairlines on whole pixels
    ctx.beginPath();
    for (let i = 0; i < points.length; i += 2) ctx.lineTo(snap ? Math.round(points[i]) + 0.5 : points[i], snap ? Math.round(points[i + 1]) + 0.5 : points[i + 1]);
    ctx.setLineDash(dash);
    ctx.lineWidth = width;
    ctx.strokeStyle = inks[ink];
    ctx.stroke();
  },
  text(x, y, text, ink, align, bold = false) {
    ctx.font = bold ? `600 ${font}` : font;
    ctx.textAlign = align;
    ctx.setLineDash([]);
    ctx.lineWidth = 3;
    ctx.strokeStyle = inks.ground;                              // a halo, so that lines do not cross out words
    ctx.strokeText(text, x, y);
    ctx.fillStyle = inks[ink];
    ctx.fillText(text, x, y);
  },
  dot(x, y, radius, ink, hollow = false) {
    ctx.beginPath();
    ctx.arc(x, y, radius, 0, 7);
    ctx.setLineDash([]);
    ctx.lineWidth = 2;
    ctx.fillStyle = hollow ? inks.ground : inks[ink];
    ctx.strokeStyle = inks[ink];
    ctx.fill();
    if (hollow) ctx.stroke();
  },
  fill(polygons, ink, alpha) {
    ctx.beginPath();
    for (const points of polygons) {
      for (let i = 0; i < points.length; i += 2) if (i) ctx.lineTo(points[i], points[i + 1]); else ctx.moveTo(points[0], points[1]);
      ctx.closePath();
    }
    ctx.globalAlpha = alpha;
    ctx.fillStyle = inks[ink];
    ctx.fill();
    ctx.globalAlpha = 1;
  },
  specks(points, ink, size) {
    ctx.fillStyle = inks[ink];
    for (let i = 0; i < points.length; i += 2) ctx.fillRect(points[i] - size / 2, points[i + 1] - size / 2, size, size);
  },
  clip(box, draw) {
    ctx.save();
    ctx.beginPath();
    ctx.rect(box.left, box.top, box.right - box.left, box.bottom - box.top);
    ctx.clip();
    draw();
    ctx.restore();
  },
});

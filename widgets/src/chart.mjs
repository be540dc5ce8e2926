// @ts-check
// Two plots over one step axis: the loss (logarithmic) above, the sharpness and the dashed threshold 2/η below.
// Colours and fonts come from CSS, labels stand at the lines, and a cursor can be moved with the arrow keys.
import uPlot from "uplot";
import { ChartCursor } from "./cursor.mjs";
import { decades, sharpnessTop, stepsTop } from "./scales.mjs";

/** @typedef {import("./history.mjs").History} History */

const LOSS_HEIGHT = 0.38;        // share of the plots' height
const GAP = 14;                  // between the labels of two lines, px

export class Chart {
  /** @param {HTMLElement} box  the role=img element @param {History} history @param {(index: number | null) => void} onCursor */
  constructor(box, history, onCursor) {
    this.box = box;
    this.history = history;
    this.lastWidth = 0;
    /** @type {uPlot | null} */ this.lossPlot = null;
    /** @type {uPlot | null} */ this.sharpnessPlot = null;
    this.cursor = new ChartCursor(onCursor);
    this.observer = new ResizeObserver(() => this.#fit());
    this.observer.observe(box);
  }

  /** @param {History} history  a new run */
  show(history) {
    this.history = history;
    this.cursor.clear();
    this.redraw();
  }

  redraw() {
    const { history: h, lossPlot, sharpnessPlot } = this;
    if (!lossPlot || !sharpnessPlot) return;
    const column = (/** @type {Float64Array} */ c) => c.subarray(0, h.length);
    lossPlot.setData([column(h.step), column(h.loss)]);
    sharpnessPlot.setData([column(h.step), column(h.sharpness), column(h.threshold)]);
    this.cursor.follow(h.length);
  }

  /** Builds the plots anew, with the colours and fonts that CSS gives now. */
  restyle() {
    this.destroyPlots();
    if (this.box.clientWidth < 120) return;
    const style = getComputedStyle(this.box), narrow = this.box.clientWidth < 520;
    const color = (/** @type {string} */ name) => style.getPropertyValue(`--eos-${name}`).trim();
    const font = `${narrow ? 11 : 12}px ${style.fontFamily}`;
    const height = narrow ? 320 : 330, lossHeight = Math.round(height * LOSS_HEIGHT);
    /** @param {boolean} bottom  @returns {uPlot.Axis} */
    const xAxis = (bottom) => ({
      stroke: color("muted"), font, size: bottom ? 38 : 8, gap: 4, labelSize: 14, labelGap: 0, label: bottom ? "step" : undefined, labelFont: font,
      grid: { show: false }, ticks: { stroke: color("line"), width: 1, size: bottom ? 4 : 0 }, space: 70,
      values: bottom ? (_u, splits) => splits.map((v) => v.toLocaleString("en")) : () => [],
    });
    /** @type {uPlot.Axis} */
    const yAxis = { stroke: color("muted"), font, size: narrow ? 40 : 46, gap: 4, grid: { stroke: color("line"), width: 1 }, ticks: { show: false } };
    const common = {
      width: this.box.clientWidth, legend: { show: false }, padding: /** @type {uPlot.Padding} */ ([10, narrow ? 62 : 76, 0, 0]),
      cursor: this.cursor.options(), drawOrder: /** @type {uPlot.DrawOrderKey[]} */ (["axes", "series"]),
    };
    const x = { time: false, range: () => /** @type {[number, number]} */ ([0, stepsTop(this.history.length)]) };
    const line = (/** @type {string} */ name, /** @type {number} */ width = 1.75) => ({ stroke: color(name), width, points: { show: false } });
    this.lossPlot = new uPlot({
      ...common, height: lossHeight,
      scales: { x, y: { distr: 3, range: () => decades(this.history) } },
      axes: [xAxis(false), { ...yAxis, space: 18, values: (_u, splits) => splits.map((v) => (v === null ? "" : power(v))) }],
      series: [{}, line("loss")],
      hooks: { draw: [(u) => label(u, font, [[this.history.last?.loss, "loss", color("loss")]])] },
    }, [[], []], this.box);
    this.sharpnessPlot = new uPlot({
      ...common, height: height - lossHeight,
      scales: { x, y: { range: () => [0, sharpnessTop(this.history)] } },
      axes: [xAxis(true), { ...yAxis, space: 30 }],
      series: [{}, line("sharpness"), { ...line("threshold", 1.5), dash: [6, 4], paths: uPlot.paths.stepped?.({ align: 1 }) }],
      hooks: { draw: [(u) => label(u, font, [
        [this.history.last?.sharpness, "sharpness", color("sharpness")], [this.history.last?.threshold, "2/η", color("threshold")]])] },
    }, [[], [], []], this.box);
    this.cursor.attach(this.lossPlot, this.sharpnessPlot);
    this.redraw();
  }

  #fit() {
    const width = this.box.clientWidth;
    if (width === this.lastWidth) return;
    const rebuild = !this.lossPlot || width < 520 !== this.lastWidth < 520;
    this.lastWidth = width;
    if (rebuild) this.restyle();
    else for (const plot of [this.lossPlot, this.sharpnessPlot]) plot?.setSize({ width, height: plot.height });
  }

  destroyPlots() {
    this.lossPlot?.destroy();
    this.sharpnessPlot?.destroy();
    this.lossPlot = this.sharpnessPlot = null;
  }

  destroy() {
    this.observer.disconnect();
    this.destroyPlots();
  }
}

/** Tick text of a power of ten; other ticks stay bare. @param {number} value */
function power(value) {
  const exponent = Math.round(Math.log10(value));
  if (Math.abs(value / 10 ** exponent - 1) > 1e-9) return "";
  if (exponent >= -2 && exponent <= 2) return String(Number(value.toPrecision(1)));
  return `10${[...String(exponent)].map((c) => (c === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(c)])).join("")}`;
}

/** Names each line at the height of its last value, right of the plot, the names kept apart. A value off the scale
 * gets an arrow.
 * @param {uPlot} u @param {string} font @param {[number | undefined, string, string][]} lines */
function label(u, font, lines) {
  const ratio = uPlot.pxRatio, { left, top, width, height } = u.bbox, gap = GAP * ratio;
  const marks = lines.filter(([value]) => value !== undefined && Number.isFinite(value)).map(([value, text, color]) => {
    const y = u.valToPos(/** @type {number} */ (value), "y", true);
    return { y: Math.min(Math.max(y, top), top + height), text: y < top - 1 ? `${text} ↑` : text, color };
  }).sort((a, b) => a.y - b.y);
  for (let i = 1; i < marks.length; i++) {
    const overlap = gap - (marks[i].y - marks[i - 1].y);
    if (overlap > 0) { marks[i - 1].y -= overlap / 2; marks[i].y += overlap / 2; }
  }
  const { ctx } = u;
  ctx.save();
  ctx.font = font.replace(/^(\d+)px/, (_all, px) => `500 ${Number(px) * ratio}px`);
  ctx.textBaseline = "middle";
  ctx.textAlign = "left";
  for (const { y, text, color } of marks) {
    ctx.fillStyle = color;
    ctx.fillText(text, left + width + 7 * ratio, y);
  }
  ctx.restore();
}

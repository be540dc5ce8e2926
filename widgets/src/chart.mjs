// @ts-check
// The picture on the page's canvas, with a cursor for the pointer and the arrow keys. Colours and fonts come from CSS.
// A canvas of our own instead of a plotting library: two fixed panels need some 150 lines, and the same drawing makes
// the static figure; the bundle is half the size.
import { panelsBelow } from "./further.mjs";
import { drawPicture } from "./picture.mjs";

const INKS = ["loss", "sharpness", "threshold", "muted", "line", "flow", "kept0", "kept1", "kept2"];

/** @typedef {import("./history.mjs").History} History */
/** @typedef {import("./picture.mjs").Geometry} Geometry */

const KEYS = /** @type {Record<string, number>} */ ({ ArrowLeft: -1, ArrowRight: 1, ArrowDown: -1, ArrowUp: 1, PageDown: -50, PageUp: 50, Home: -Infinity, End: Infinity });

export class Chart {
  /** @param {HTMLElement} box  the role=img element @param {History} history @param {(index: number | null) => void} onCursor */
  constructor(box, history, onCursor) {
    this.box = box;
    this.history = history;
    this.onCursor = onCursor;
    this.canvas = document.createElement("canvas");
    this.hair = document.createElement("div");
    this.dots = ["loss", "sharpness"].map((name) => Object.assign(document.createElement("div"), { className: `eos-dot eos-dot-${name}` }));
    this.hair.className = "eos-hair";
    box.append(this.canvas, this.hair, ...this.dots);
    /** @type {Geometry | null} */ this.geometry = null;
    /** @type {number | null} */ this.index = null;      // of the row under the cursor
    this.byKeyboard = false;
    this.scale = 1;
    /** @type {import("./picture.mjs").Scene} */ this.scene = {};
    box.addEventListener("pointermove", (event) => this.#point(event));
    box.addEventListener("pointerdown", (event) => this.#point(event));
    box.addEventListener("pointerleave", () => { if (!this.byKeyboard) this.clear(); });
    this.observer = new ResizeObserver(() => this.restyle());
    this.observer.observe(box);
  }

  /** @param {History} history  a new run */
  show(history) {
    this.history = history;
    this.box.style.setProperty("--eos-below", String(panelsBelow(history).length));
    this.clear();
    this.restyle();
  }

  /** Takes size, colours and font anew from the page. */
  restyle() {
    const { box, canvas } = this, style = getComputedStyle(box);
    this.scale = Number(style.getPropertyValue("--eos-scale")) || 1;   // of the whole picture, in lecture mode
    this.width = box.clientWidth / this.scale;
    this.height = box.clientHeight / this.scale;
    this.ratio = (window.devicePixelRatio || 1) * this.scale;
    canvas.width = Math.round(this.width * this.ratio);
    canvas.height = Math.round(this.height * this.ratio);
    this.font = `${this.width < 520 ? 11 : 12}px ${style.fontFamily}`;
    this.inks = Object.fromEntries(INKS.map((ink) => [ink, style.getPropertyValue(`--eos-${ink}`).trim()]));
    this.redraw();
  }

  redraw() {
    const { width = 0, height = 0, ratio = 1 } = this, ctx = this.canvas.getContext("2d");
    if (!ctx || width < 120) return;
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    ctx.clearRect(0, 0, width, height);
    this.geometry = this.#paint(ctx, width, height);
    this.#place();
  }

  /** @param {CanvasRenderingContext2D} ctx @param {number} width @param {number} height */
  #paint(ctx, width, height) {
    const { inks = {}, font = "" } = this;
    ctx.lineJoin = "round";
    ctx.textBaseline = "middle";
    return drawPicture({
      line(points, ink, lineWidth, dash = []) {
        const snap = ink === "line" ? 0.5 : 0;         // hairlines on whole pixels
        ctx.beginPath();
        for (let i = 0; i < points.length; i += 2) ctx.lineTo(snap ? Math.round(points[i]) + snap : points[i], snap ? Math.round(points[i + 1]) + snap : points[i + 1]);
        ctx.setLineDash(dash);
        ctx.lineWidth = lineWidth;
        ctx.strokeStyle = inks[ink];
        ctx.stroke();
      },
      area(outline, ink) {
        ctx.beginPath();
        for (let i = 0; i < outline.length; i += 2) ctx.lineTo(outline[i], outline[i + 1]);
        ctx.fillStyle = inks[ink];
        ctx.fill();
      },
      text(x, y, text, ink, align, bold = false) {
        ctx.font = bold ? `600 ${font}` : font;
        ctx.textAlign = align;
        ctx.fillStyle = inks[ink];
        ctx.fillText(text, x, y);
      },
    }, this.history, width, height, this.scene);
  }

  /** The picture as a PNG at twice the size, on the page's own ground. @returns {Promise<Blob | null>} */
  png() {
    const { width = 0, height = 0 } = this, canvas = document.createElement("canvas"), ctx = canvas.getContext("2d");
    canvas.width = 2 * width + 40;
    canvas.height = 2 * height + 40;
    if (!ctx) return Promise.resolve(null);
    ctx.fillStyle = groundOf(this.box);
    ctx.fillRect(0, 0, canvas.width, canvas.height);
    ctx.setTransform(2, 0, 0, 2, 20, 20);
    this.#paint(ctx, width, height);
    return new Promise((resolve) => canvas.toBlob(resolve));
  }

  /** @param {PointerEvent} event */
  #point(event) {
    if (!this.geometry || this.history.length === 0) return;
    const x = (event.clientX - this.box.getBoundingClientRect().left) / this.scale;
    if (x < this.geometry.left - 4 || x > this.geometry.right + 4) return this.clear();
    this.#set(this.geometry.index(x), false);
  }

  /** @param {string} key  @returns {boolean} whether the key is one of the cursor's */
  press(key) {
    if (key === "Escape") { this.clear(); return true; }
    const move = KEYS[key];
    if (move === undefined || this.history.length === 0) return false;
    this.#set((this.index ?? this.history.length - 1) + move, true);
    return true;
  }

  /** @param {number} index @param {boolean} byKeyboard */
  #set(index, byKeyboard) {
    this.index = Math.max(0, Math.min(this.history.length - 1, index));
    this.byKeyboard = byKeyboard;
    this.#place();
    this.onCursor(this.index);
  }

  clear() {
    if (this.index === null) return;
    this.index = null;
    this.byKeyboard = false;
    this.#place();
    this.onCursor(null);
  }

  /** Puts hair and dots where the index is. */
  #place() {
    const { geometry: g, index, history } = this, off = !g || index === null || index >= history.length;
    for (const part of [this.hair, ...this.dots]) part.hidden = off;
    if (off) return;
    const { scale } = this, row = history.row(index), x = g.at(index) * scale, top = g.panels[0][0] * scale;
    this.hair.style.cssText = `left:${x}px;top:${top}px;height:${g.panels[g.panels.length - 1][1] * scale - top}px`;
    [g.loss(row.loss), g.sharpness(row.sharpness)].forEach((y, i) => { this.dots[i].style.cssText = `left:${x}px;top:${y * scale}px`; });
  }

  destroy() { this.observer.disconnect(); }
}

/** The colour behind an element. @param {Element | null} element  @returns {string} */
export function groundOf(element) {
  for (let at = element; at; at = at.parentElement) {
    const colour = getComputedStyle(at).backgroundColor;
    if (!/^(transparent|rgba\(.*, 0\))$/.test(colour)) return colour;
  }
  return "Canvas";
}

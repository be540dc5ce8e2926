// @ts-check
// One cursor for both plots: a pointer over either of them, or the arrow keys.
import uPlot from "uplot";

const KEYS = /** @type {Record<string, number>} */ ({ ArrowLeft: -1, ArrowRight: 1, ArrowDown: -1, ArrowUp: 1, PageDown: -50, PageUp: 50, Home: -Infinity, End: Infinity });

export class ChartCursor {
  /** @param {(index: number | null) => void} onMove */
  constructor(onMove) {
    this.onMove = onMove;
    /** @type {uPlot[]} */ this.plots = [];
    /** @type {number | null} */ this.index = null;
    this.byKeyboard = false;
    this.length = 0;
    this.key = `eos-${Math.random()}`;
  }

  /** @returns {uPlot.Cursor} */
  options() {
    return {
      y: false, drag: { x: false, y: false, setScale: false }, sync: { key: this.key, setSeries: false }, points: { size: 6 },
      bind: { dblclick: () => null },
    };
  }

  /** @param {uPlot} loss @param {uPlot} sharpness */
  attach(loss, sharpness) {
    this.plots = [loss, sharpness];
    for (const plot of this.plots) {
      plot.over.addEventListener("pointermove", () => this.#set(plot.cursor.idx ?? null, false));
      plot.over.addEventListener("pointerleave", () => { if (!this.byKeyboard) this.clear(); });
    }
  }

  /** @param {number | null} index @param {boolean} byKeyboard */
  #set(index, byKeyboard) {
    this.index = index;
    this.byKeyboard = byKeyboard;
    this.onMove(index);
  }

  /** @param {string} key  @returns {boolean} whether the key is one of the cursor's */
  press(key) {
    if (key === "Escape") { this.clear(); return true; }
    const move = KEYS[key];
    if (move === undefined || this.length === 0) return false;
    const from = this.index ?? this.length - 1;
    this.#set(Math.max(0, Math.min(this.length - 1, from + move)), true);
    this.place();
    return true;
  }

  /** Puts the drawn cursor where the index is: only the keyboard needs that, a pointer is where it is. */
  place() {
    const [plot] = this.plots;
    if (!plot || this.index === null || !this.byKeyboard) return;
    plot.setCursor({ left: plot.valToPos(this.index, "x"), top: plot.over.clientHeight / 2 }, true);
  }

  /** @param {number} length  rows now shown */
  follow(length) {
    this.length = length;
    this.place();
  }

  clear() {
    for (const plot of this.plots) plot.setCursor({ left: -10, top: -10 }, false);
    this.#set(null, false);
  }
}

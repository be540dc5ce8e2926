// @ts-check
// A canvas that fills its element, drawn by one function; and a point on it that pointer and arrow keys move.
import { h } from "../dom.mjs";
import { canvasPen } from "./pen.mjs";

const INKS = ["text", "muted", "line", "edge", "ground", "loss", "sharpness", "threshold", "flow", "second"];

export class Board {
  /** @param {string} name  a class, for its size @param {(pen: import("./pen.mjs").Pen, width: number, height: number) => void} draw */
  constructor(name, draw) {
    this.draw = draw;
    this.canvas = h("canvas");
    this.image = h("div", { role: "img", class: "eos-image" }, this.canvas);
    this.box = h("div", { class: `eos-board ${name}` }, this.image);
    /** @type {Handle | null} */ this.handle = null;
    this.observer = new ResizeObserver(() => this.restyle());
    this.observer.observe(this.box);
  }

  /** Takes size, colours and font anew from the page. */
  restyle() {
    const style = getComputedStyle(this.box), ratio = window.devicePixelRatio || 1;
    this.width = this.box.clientWidth;
    this.height = this.box.clientHeight;
    this.canvas.width = Math.round(this.width * ratio);
    this.canvas.height = Math.round(this.height * ratio);
    this.ratio = ratio;
    this.font = `${this.width < 300 ? 11 : 12}px ${style.fontFamily}`;
    this.inks = Object.fromEntries(INKS.map((ink) => [ink, style.getPropertyValue(`--eos-${ink}`).trim()]));
    this.inks.ground = ground(this.box);
    this.redraw();
  }

  redraw() {
    const { width = 0, height = 0, ratio = 1, inks = {}, font = "" } = this, ctx = this.canvas.getContext("2d");
    if (!ctx || width < 80) return;
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    ctx.clearRect(0, 0, width, height);
    ctx.lineJoin = "round";
    ctx.textBaseline = "middle";
    this.draw(canvasPen(ctx, inks, font), width, height);
    this.handle?.place();
  }

  /** @param {string} text  what the picture shows */
  describe(text) { this.image.setAttribute("aria-label", text); }

  destroy() { this.observer.disconnect(); }
}

/** The colour behind an element: the first of its ancestors that has one. @param {Element} element */
function ground(element) {
  for (let at = /** @type {Element | null} */ (element); at; at = at.parentElement) {
    const { backgroundColor } = getComputedStyle(at);
    if (!/^(transparent|rgba\(.*, 0\))$/.test(backgroundColor)) return backgroundColor;
  }
  return getComputedStyle(element).colorScheme === "dark" ? "#121212" : "#ffffff";
}

const ARROWS = /** @type {Record<string, [number, number]>} */ ({ ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] });

/** A point of the picture that the reader may take and move. */
export class Handle {
  /** @param {Board} board @param {{ name: string, where: () => [number, number], say: () => string, value: () => [now: number, least: number, most: number], drag: (px: number, py: number) => void, nudge: (right: number, up: number) => void }} on
   *   where: px; value: what a slider of x alone would say; drag: to a px; nudge: by arrow keys, in small steps */
  constructor(board, on) {
    this.on = on;
    this.element = h("div", { class: "eos-handle", role: "slider", tabindex: "0", "aria-label": on.name });
    board.box.append(this.element);
    board.handle = this;
    this.element.addEventListener("pointerdown", (event) => {
      this.element.setPointerCapture(event.pointerId);
      const box = board.box.getBoundingClientRect();
      const move = (/** @type {PointerEvent} */ e) => on.drag(e.clientX - box.left, e.clientY - box.top);
      const drop = () => { this.element.removeEventListener("pointermove", move); };
      this.element.addEventListener("pointermove", move);
      this.element.addEventListener("pointerup", drop, { once: true });
      this.element.addEventListener("pointercancel", drop, { once: true });
    });
  }

  place() {
    const [x, y] = this.on.where(), text = this.on.say();
    this.element.style.transform = `translate(${x}px, ${y}px)`;
    this.on.value().forEach((v, i) => this.element.setAttribute(`aria-value${["now", "min", "max"][i]}`, String(v)));
    this.element.setAttribute("aria-valuetext", text);
    this.element.title = `${text}. Drag it, or use the arrow keys.`;
  }

  /** @param {KeyboardEvent} event  @returns {boolean} whether the key moved the point */
  press(event) {
    const by = ARROWS[event.key];
    if (!by || event.ctrlKey || event.metaKey || event.altKey) return false;
    const size = event.shiftKey ? 5 : 1;
    this.on.nudge(by[0] * size, by[1] * size);
    return true;
  }
}

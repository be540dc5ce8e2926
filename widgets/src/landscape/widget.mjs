// @ts-check
// Gradient descent and gradient flow on a landscape of two variables, with its sharpness and the line where that is 2/η.
import { Board, Handle } from "../toys/board.mjs";
import { choice, list, plain, readings, slider, spread, table } from "../toys/controls.mjs";
import { legend, Toy } from "../toys/toy.mjs";
import { h } from "../dom.mjs";
import { number } from "../numbers.mjs";
import { bifurcation } from "./bifurcation.mjs";
import { descend, flow, landscapeOf, LANDSCAPES, sharpness } from "./landscapes.mjs";
import { drawBifurcation, drawMap, drawSteps, fieldsOf } from "./picture.mjs";
import { SCHEMA } from "./settings.mjs";
import { sentenceOf } from "./words.mjs";

class Landscape2D extends Toy {
  /** @param {{ model: import("../lab.mjs").Model, el: HTMLElement }} context */
  constructor(context) {
    super(context, SCHEMA, { label: "Gradient descent on a landscape of two variables, live", rate: 8 });
    const set = (/** @type {string} */ key) => (/** @type {unknown} */ raw) => this.set(key, raw);
    this.landscape = landscapeOf(this.settings.function);
    this.fields = fieldsOf(this.landscape);
    this.walk = descend(this.landscape, this.settings.lr, this.#start(), 1);
    this.flow = flow(this.landscape, this.#start(), 0);
    /** @type {import("../toys/axes.mjs").Frame | null} */ this.place = null;
    /** @type {ReturnType<typeof bifurcation> | null} */ this.diagram = null;
    this.diagramOf = "";
    this.map = new Board("eos-main", (pen, w, ht) => { this.place = drawMap(pen, this.scene(), this.fields, w, ht); });
    this.side = new Board("eos-main", (pen, w, ht) => {
      if (this.settings.plot === "bifurcation" && this.diagram) drawBifurcation(pen, this.scene(), this.diagram.found, w, ht);
      else drawSteps(pen, this.scene(), w, ht);
    });
    this.handle = new Handle(this.map, {
      name: "start point", where: () => { const [x, y] = this.#start(); return this.place ? [this.place.x(x), this.place.y(y)] : [0, 0]; },
      say: () => `start at x = ${this.#start().map(plain).join(", y = ")}`,
      value: () => [this.#start()[0], this.landscape.window[0], this.landscape.window[1]],
      drag: (px, py) => this.#move(this.place?.over(px) ?? 0, this.place?.up(py) ?? 0),
      nudge: (right, up) => { const [x, y] = this.#start(), [x0, x1, y0, y1] = this.landscape.window; this.#move(x + (right * (x1 - x0)) / 80, y + (up * (y1 - y0)) / 80); },
    });
    this.functions = list("function", "function", LANDSCAPES.map((l) => [l.name, `${l.title}:  ${l.formula}`]), (raw) => {
      Object.assign(this.settings, { w0: [], lr: landscapeOf(String(raw)).lr });      // another landscape begins at its own start
      this.set("function", raw);
    });
    this.contours = choice("contours", "contours of", [["loss", "loss"], ["sharpness", "sharpness"]], set("contours"));
    this.plot = choice("plot", "plot over", [["run", "steps"], ["bifurcation", "η"]], set("plot"));
    this.dial = slider({ key: "lr", symbol: "η", name: "step size η", low: 0.05, high: 0.8 }, set("lr"));
    this.numbers = readings({ steps: ["step"], threshold: ["2/η", "threshold"], now: ["sharpness now", "sharpness"], ratio: ["sharpness ÷ 2/η"], flow: ["flow ends at", "flow"] });
    this.data = table("At most 50 steps, evenly spread.", () => this.#rows());
  }

  /** @returns {[number, number]} */
  #start() { return this.settings.w0.length === 2 ? this.settings.w0 : landscapeOf(this.settings.function).start; }
  scene() { return { landscape: this.landscape, lr: this.settings.lr, contours: this.settings.contours, walk: this.walk, flow: this.flow, at: Math.min(this.at, this.walk.steps) }; }

  /** @override */
  get last() { return this.walk?.steps ?? 0; }
  /** Faster and faster: the first jumps one by one, the slow approach quickly. @override */
  get stride() { return 1 + Math.floor(this.at / 24); }

  /** @override */
  compute() {
    const { lr, steps, function: name, plot } = this.settings, start = this.#start();
    if (name !== this.landscape.name) {
      this.landscape = landscapeOf(name);
      this.fields = fieldsOf(this.landscape);
    }
    this.walk = descend(this.landscape, lr, start, steps);
    this.flow = flow(this.landscape, start, 1000);
    const wanted = plot === "bifurcation" ? `${name} ${start}` : "";
    if (wanted === this.diagramOf) return;
    this.diagram?.stop();
    this.diagram = wanted ? bifurcation(this.landscape, start, () => this.side.redraw()) : null;
    this.diagramOf = wanted;
  }

  /** @param {number} x @param {number} y */
  #move(x, y) {
    const [x0, x1, y0, y1] = this.landscape.window, kept = (/** @type {number} */ v, /** @type {number} */ low, /** @type {number} */ high) => Number(Math.max(low, Math.min(high, v)).toFixed(3));
    this.set("w0", [kept(x, x0, x1), kept(y, y0, y1)]);
  }

  #flowEnd() { return this.flow.sharpness[this.flow.sharpness.length - 1]; }
  /** @override */
  sentence() { return sentenceOf(this.walk, 2 / this.settings.lr, this.#flowEnd()); }

  /** @override */
  show() {
    const { lr, contours, plot, function: name } = this.settings, { walk, at } = this, now = walk.sharpness[at];
    this.dial.row.classList.add("eos-wide");
    this.dial.span(...this.landscape.range);
    this.dial.show(lr, "lr" in this.errors);
    this.functions.show(name);
    this.contours.show(contours);
    this.plot.show(plot);
    this.numbers.show({ steps: at.toLocaleString("en"), threshold: number(2 / lr), now: number(now), ratio: Number.isFinite(now) && now < 1e3 / lr ? ((now * lr) / 2).toFixed(3) : "–", flow: number(this.#flowEnd()) });
    this.data.show();
    const where = `x = ${number(walk.x[at])}, y = ${number(walk.y[at])}`;
    this.map.describe(`Contours of the ${contours} of ${this.landscape.formula}, the curve of minima, and dashed the set where the sharpness is 2/η = ${number(2 / lr)}. Gradient descent from x = ${this.#start().map(plain).join(", y = ")} is at ${where} after ${at} steps.`);
    this.side.describe(plot === "run" ? `Loss and sharpness over the steps, with 2/η dashed and the sharpness of gradient flow dotted.` : "Over the step size η: the sharpness where the run ends, under the dashed curve 2/η, and the product there; grey where the run diverges.");
  }

  #rows() {
    const { x, y, loss, sharpness: s } = this.walk;
    return { head: ["step", "x", "y", "loss", "sharpness"], rows: spread(this.last).map((t) => [String(t), ...[x, y, loss, s].map((v) => number(v[t]))]) };
  }

  /** @override */
  state() {
    const { walk, at } = this;
    return { ...super.state(), start: this.#start(), end: walk.end, x: walk.x[at], y: walk.y[at], sharpness: sharpness(this.landscape, walk.x[at], walk.y[at]), flow: this.#flowEnd(), columns: this.diagram?.found.columns.length ?? 0 };
  }

  /** @override */
  destroy() {
    this.diagram?.stop();
    super.destroy();
  }

  begin() {
    const key = legend([["gradient descent", "loss", []], ["gradient flow", "flow", [2, 3]], ["sharpness = 2/η", "threshold", [7, 4]], ["minima", "muted", []]]);
    return this.start([this.map, this.side], [], [
      h("div", { class: "eos-bar" }, this.functions.row, this.buttons), h("div", { class: "eos-dials" }, this.dial.row),
      h("div", { class: "eos-bar" }, h("div", { class: "eos-pair" }, "contours of", this.contours.row), h("div", { class: "eos-pair" }, "plot over", this.plot.row)),
      this.alert, this.status, this.numbers.row, h("div", { class: "eos-duo" }, this.map.box, this.side.box), key,
      h("div", { class: "eos-end" }, this.data.box, this.copy)]);
  }
}

/** @param {{ model: import("../lab.mjs").Model, el: HTMLElement }} context  @returns {() => void} cleanup */
const render = (context) => new Landscape2D(context).begin();

export default { render };

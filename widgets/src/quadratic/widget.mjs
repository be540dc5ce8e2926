// @ts-check
// Gradient descent on a parabola or a bowl, with the step size, the curvature and the start in the reader's hand.
import { Board, Handle } from "../toys/board.mjs";
import { choice, plain, readings, slider, spread, table } from "../toys/controls.mjs";
import { Toy } from "../toys/toy.mjs";
import { h } from "../dom.mjs";
import { niceAbove } from "../scales.mjs";
import { number } from "../numbers.mjs";
import { drawLoss, drawMultipliers, drawRun, REACH } from "./picture.mjs";
import { edge, path, rate, regime, roots, threshold } from "./quadratic.mjs";
import { LIMITS, SCHEMA } from "./settings.mjs";
import { sentenceOf } from "./words.mjs";

/** @typedef {import("./quadratic.mjs").Rule} Rule */

class Quadratic extends Toy {
  /** @param {{ model: import("../lab.mjs").Model, el: HTMLElement }} context */
  constructor(context) {
    super(context, SCHEMA, { label: "Gradient descent on a quadratic, live", rate: 5 });
    const { settings } = this, set = (/** @type {string} */ key) => (/** @type {unknown} */ raw) => this.set(key, raw);
    this.path = path(this.#rule(), settings.curvature, this.#start(), settings.steps);
    this.roof = niceAbove(0.5 * settings.curvature[0] * 1.8 ** 2);
    /** @type {import("../toys/axes.mjs").Frame | null} */ this.place = null;
    this.run = new Board("eos-main", (pen, w, ht) => { this.place = drawRun(pen, this.scene(), w, ht); });
    this.multipliers = new Board("eos-multipliers", (pen, w, ht) => drawMultipliers(pen, this.scene(), w, ht));
    this.curve = new Board("eos-curve", (pen, w, ht) => drawLoss(pen, this.scene(), w, ht));
    this.handle = new Handle(this.run, {
      name: "start point", where: () => this.#where(), say: () => `start at x = ${this.#start().map(plain).join(", ")}`,
      value: () => [this.settings.w0[0], LIMITS.w0[0], LIMITS.w0[1]],
      drag: (px, py) => this.#move(this.place?.over(px) ?? 0, this.place?.up(py) ?? 0),
      nudge: (right, up) => this.#move(this.settings.w0[0] + 0.05 * right, this.settings.w0[1] + 0.05 * up),
    });
    const highest = Math.max(20, 2 * Math.max(...settings.curvature)), size = { low: LIMITS.curvature[0], high: Math.min(highest, LIMITS.curvature[1]), log: true };
    this.dials = [
      slider({ key: "lr", symbol: "η", name: "step size η", low: settings.lr_range[0], high: settings.lr_range[1] }, set("lr")),
      slider({ key: "beta", symbol: "β", name: "momentum β", low: 0, high: 0.99 }, set("beta")),
      slider({ key: "first", symbol: "λ1", name: "curvature λ1", ...size }, (raw) => this.#bend(0, raw)),
      slider({ key: "second", symbol: "λ2", name: "curvature λ2", ...size }, (raw) => this.#bend(1, raw)),
    ];
    this.dimension = choice("dimension", "directions", [["1", "1-D"], ["2", "2-D"]], (raw) => this.set("curvature", raw === "2" ? [this.settings.curvature[0], 1] : this.settings.curvature.slice(0, 1)));
    this.method = choice("method", "method", [["gd", "GD"], ["polyak", "Polyak"], ["nesterov", "Nesterov"]], set("method"));
    this.edge = h("button", { type: "button", title: "Set η to the largest value that does not diverge" }, "η at edge");
    this.buttons.append(this.edge);
    this.edge.addEventListener("click", () => this.set("lr", edge(this.#rule()) / Math.max(...this.settings.curvature)));
    this.numbers = readings({ step: ["step"], loss: ["loss"], rate: ["1 − ηλ"], threshold: ["2/η"], ratio: ["λ ÷ 2/η"] });
    this.data = table("At most 50 steps, evenly spread.", () => this.#rows());
  }

  #rule() { const { method, lr, beta } = this.settings; return /** @type {Rule} */ ({ method, lr, beta }); }
  #start() { return this.settings.w0.slice(0, this.settings.curvature.length); }
  /** @override */
  get last() { return this.path?.steps ?? 0; }
  scene() { return { rule: this.#rule(), curvature: this.settings.curvature, run: this.path, at: this.at, roof: this.roof, steps: this.settings.steps }; }

  /** @override */
  compute() {
    const { curvature, steps } = this.settings;
    this.path = path(this.#rule(), curvature, this.#start(), steps);
  }

  /** @param {number} index @param {unknown} raw */
  #bend(index, raw) { this.set("curvature", this.settings.curvature.map((/** @type {number} */ v, /** @type {number} */ i) => (i === index ? raw : v))); }

  /** @param {number} x @param {number} y */
  #move(x, y) {
    const kept = [x, y].map((v) => Math.max(LIMITS.w0[0], Math.min(LIMITS.w0[1], Number(v.toFixed(2)))));
    this.set("w0", this.settings.curvature.length === 2 ? kept : [kept[0], this.settings.w0[1]]);
  }

  /** @returns {[number, number]} */
  #where() {
    const [x, y] = this.settings.w0, { curvature } = this.settings, f = this.place;
    if (!f) return [0, 0];
    return curvature.length === 2 ? [f.x(x), f.y(y)] : [f.x(x), Math.max(f.box.top, f.y(Math.min(this.roof, 0.5 * curvature[0] * x * x)))];
  }

  /** @override */
  sentence() { return sentenceOf(this.#rule(), this.settings.curvature); }

  /** @override */
  show() {
    const { curvature, method } = this.settings, rule = this.#rule(), gd = method === "gd", [lr, beta, first, second] = this.dials;
    lr.show(this.settings.lr, "lr" in this.errors);
    this.root.classList.toggle("eos-disc", !gd);
    first.name(curvature.length > 1 ? "λ1" : "λ");
    beta.row.hidden = gd;
    beta.show(this.settings.beta, "beta" in this.errors);
    second.row.hidden = curvature.length === 1;
    lr.row.classList.toggle("eos-wide", this.dials.filter((dial) => !dial.row.hidden).length % 2 === 1);
    [first, second].forEach((dial, i) => { if (i < curvature.length) dial.show(curvature[i], "curvature" in this.errors); });
    this.dimension.show(String(curvature.length));
    this.method.show(method);
    this.numbers.rename("rate", gd ? (curvature.length > 1 ? "1 − ηλ₁ , 1 − ηλ₂" : "1 − ηλ") : "rate, largest |root|");
    this.numbers.rename("threshold", `threshold ${{ gd: "2/η", polyak: "(2+2β)/η", nesterov: "(2+2β)/(η(1+2β))" }[rule.method]}`);
    this.numbers.rename("ratio", `${curvature.length > 1 ? "larger " : ""}λ ÷ threshold`);
    this.numbers.show({
      step: String(this.at), loss: number(this.path.loss[this.at]), threshold: number(threshold(rule)), ratio: (Math.max(...curvature) / threshold(rule)).toFixed(3),
      rate: gd ? curvature.map((/** @type {number} */ a) => roots(rule, a)[0].re.toFixed(2).replace("-", "−")).join(" , ") : Math.max(...curvature.map((/** @type {number} */ a) => rate(rule, a))).toFixed(3),
    });
    this.data.show();
    this.run.describe(`${curvature.length === 1 ? "The parabola" : "The contours of the bowl"} with the first ${this.at} steps from x = ${this.#start().map(plain).join(", ")}, x from ${-REACH} to ${REACH}.`);
    this.multipliers.describe(gd ? "The multiplier 1 − ηλ on the real line; from −1 to 1 it shrinks x." : "The two roots of each direction in the complex plane, with the unit circle dashed.");
    this.curve.describe("The loss over the steps on a logarithmic axis.");
  }

  #rows() {
    const { at, loss } = this.path, two = at.length === 2;
    return { head: ["step", ...(two ? ["x₁", "x₂"] : ["x"]), "loss"], rows: spread(this.last).map((t) => [String(t), ...at.map((x) => number(x[t])), number(loss[t])]) };
  }

  /** @override */
  state() {
    const { curvature } = this.settings, rule = this.#rule();
    return { ...super.state(), regime: curvature.map((/** @type {number} */ a) => regime(rule, a)), loss: this.path.loss[this.at] };
  }

  begin() {
    return this.start([this.run, this.multipliers, this.curve], [], [
      h("div", { class: "eos-bar" }, this.dimension.row, this.method.row, this.buttons),
      h("div", { class: "eos-dials" }, ...this.dials.map((dial) => dial.row)),
      this.alert, this.status, this.numbers.row,
      h("div", { class: "eos-duo" }, this.run.box, h("div", { class: "eos-stack eos-quadratic-side" }, this.multipliers.box, this.curve.box)),
      h("div", { class: "eos-end" }, this.data.box, this.copy)]);
  }
}

/** @param {{ model: import("../lab.mjs").Model, el: HTMLElement }} context  @returns {() => void} cleanup */
const render = (context) => new Quadratic(context).begin();

export default { render };

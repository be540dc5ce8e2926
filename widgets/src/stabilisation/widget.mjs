// @ts-check
// Self-stabilisation: the two-variable map that keeps the sharpness near 2/η.
import { Board } from "../toys/board.mjs";
import { readings, slider, spread, table } from "../toys/controls.mjs";
import { legend, Toy } from "../toys/toy.mjs";
import { h } from "../dom.mjs";
import { number } from "../numbers.mjs";
import { drawPhase, drawSeries } from "./picture.mjs";
import { clamp, DEFAULTS, lostAt, SCHEMA } from "./settings.mjs";
import { delta, orbit, period, widening } from "./stabilisation.mjs";
import { sentenceOf, stopped } from "./words.mjs";

/** @typedef {"lr" | "alpha" | "beta" | "x0"} Dialled */
const DIALLED = /** @type {Dialled[]} */ (["lr", "alpha", "beta", "x0"]);

class SelfStabilisation extends Toy {
  /** @param {{ model: import("../lab.mjs").Model, el: HTMLElement }} context */
  constructor(context) {
    super(context, SCHEMA, { label: "Self-stabilisation at the edge, live", rate: 120 });
    const set = (/** @type {string} */ key) => (/** @type {unknown} */ raw) => this.set(key, raw);
    this.orbit = orbit(this.#constants(), this.settings.x0, 0, 1);
    this.phase = new Board("eos-main", (pen, w, ht) => { drawPhase(pen, this.scene(), w, ht); });
    this.series = new Board("eos-main", (pen, w, ht) => drawSeries(pen, this.scene(), w, ht));
    this.dials = [
      slider({ key: "lr", symbol: "η", name: "step size η", low: 0.005, high: 0.5, log: true }, set("lr")),
      slider({ key: "x0", symbol: "x0", name: "start x0", low: 0.001, high: 1, log: true }, set("x0")),
      slider({ key: "alpha", symbol: "α", name: "progressive sharpening α", low: 0.01, high: 5, log: true }, set("alpha")),
      slider({ key: "beta", symbol: "β", name: "feedback β", low: 0.5, high: 200, log: true }, set("beta")),
    ];
    this.numbers = readings({ step: ["step"], x: ["|x|", "loss"], y: ["y", "sharpness"], delta: ["δ = √(2α/β)"], period: ["steps a loop"], widening: ["loop widens, a loop"] });
    this.data = table("At most 50 steps, evenly spread.", () => this.#rows());
  }

  #constants() { const { lr, alpha, beta } = this.settings; return { lr, alpha, beta }; }
  scene() { return { constants: this.#constants(), orbit: this.orbit, at: Math.min(this.at, this.orbit.steps), steps: this.settings.steps, measured: this.settings.measured }; }

  /** A state whose map runs away is as malformed as one that is no number. @override */
  together() {
    const lost = lostAt(/** @type {typeof DEFAULTS} */ (this.settings));
    if (lost >= 0) throw new RangeError(`With η = ${this.settings.lr}, α = ${this.settings.alpha}, β = ${this.settings.beta} and x₀ = ${this.settings.x0} the sharpness falls below zero at step ${lost}, and the map runs away. Use a smaller η or α, or fewer steps.`);
  }

  /** A slider stops where the map would run away, and the reason is said. @param {string} key @param {unknown} raw @override */
  set(key, raw) {
    const dialled = DIALLED.find((name) => name === key);
    let wanted = NaN;
    try { wanted = dialled ? this.schema.checks[key](raw) : NaN; } catch { /* super.set names it */ }
    if (!dialled || Number.isNaN(wanted)) return super.set(key, raw);
    const settings = /** @type {typeof DEFAULTS} */ (this.settings);
    if (lostAt({ ...settings, [key]: wanted }) < 0) return super.set(key, raw);
    const { kept, next } = clamp(settings, dialled, wanted), beyond = { ...settings, [key]: next };
    if (kept === settings[dialled]) this.update();       // only the thumb goes back; the sentence stays as it is
    else super.set(key, kept);
    this.warn(stopped(dialled, kept, next, lostAt(beyond), beyond));
  }

  /** @override */
  get last() { return this.orbit?.steps ?? 0; }
  /** @override */
  compute() { this.orbit = orbit(this.#constants(), this.settings.x0, 0, this.settings.steps); }
  /** @override */
  sentence() { return sentenceOf(this.#constants(), this.settings.x0, this.settings.steps); }

  /** @override */
  show() {
    const c = this.#constants(), { x, y } = this.orbit, at = Math.min(this.at, this.orbit.steps), turn = period(c);
    for (const dial of this.dials) dial.show(this.settings[dial.key], dial.key in this.errors);
    this.numbers.show({
      step: at.toLocaleString("en"), x: number(Math.abs(x[at])), y: number(y[at]).replace("-", "−"), delta: number(delta(c)),
      period: number(Math.round(turn)), widening: `× ${(widening(c) ** turn).toFixed(2)}`,
    });
    this.data.show();
    this.phase.describe(`The phase portrait: |x| across, y up. From |x| = ${number(Math.abs(x[0]))}, y = 0 the map turns around the fixed point |x| = δ = ${number(delta(c))}, y = 0; dotted, the closed loop of the flow. At step ${at}: |x| = ${number(Math.abs(x[at]))}, y = ${number(y[at])}.`);
    this.series.describe("x over the steps, jumping from side to side at every step with a slowly changing size; and y, rising and falling around 0, where the sharpness is 2/η.");
  }

  #rows() {
    const { x, y } = this.orbit;
    return { head: ["step", "x", "y"], rows: spread(this.last).map((t) => [String(t), number(x[t]), number(y[t])]) };
  }

  /** @override */
  state() {
    const at = Math.min(this.at, this.orbit.steps);
    return { ...super.state(), x: this.orbit.x[at], y: this.orbit.y[at], delta: delta(this.#constants()), lost: this.orbit.lost };
  }

  begin() {
    /** @type {[string, string, number[]][]} */
    const lines = [["the map, η as set", "loss", []], ["the flow, η → 0: a closed loop", "flow", [2, 3]], ["y = 0: sharpness 2/η", "threshold", [7, 4]]];
    if (this.settings.measured.length) lines.push(["measured", "second", [6, 3]]);
    return this.start([this.phase, this.series], [], [
      h("div", { class: "eos-bar" }, h("span", { class: "eos-formula" }, "x′ = −(1 + ηy) x     y′ = y + η (α − βx²/2)"), this.buttons),
      h("div", { class: "eos-dials" }, ...this.dials.map((dial) => dial.row)),
      this.alert, this.status, this.numbers.row, h("div", { class: "eos-duo" }, this.phase.box, this.series.box), legend(lines),
      h("div", { class: "eos-end" }, this.data.box, this.copy)]);
  }
}

/** @param {{ model: import("../lab.mjs").Model, el: HTMLElement }} context  @returns {() => void} cleanup */
const render = (context) => new SelfStabilisation(context).begin();

export default { render };

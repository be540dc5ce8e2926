// @ts-check
// A recorded run of a full-size network, moment by moment. Nothing is computed here: every number is the record's.
import { Board } from "../toys/board.mjs";
import { choice, list, spread, table } from "../toys/controls.mjs";
import { legend, Toy } from "../toys/toy.mjs";
import { h } from "../dom.mjs";
import { drawDensity, drawMeasure, drawSeries } from "./picture.mjs";
import { namesOf, pointAt, tick } from "./record.mjs";
import css from "./replay.css";
import { DEFAULTS, runsOf, SCHEMA } from "./settings.mjs";
import { describeDensity, describeMeasure, describeSeries, event, readout, value } from "./words.mjs";

const SECONDS = 14;                // in which a whole run plays
const FEW = 4;                     // runs that stand side by side; more make a list

/** What the legend names: what this run has. @param {import("./record.mjs").Run} run  @returns {[string, string, number[]][]} */
function linesOf({ eigenvalues: { length: k }, thresholds, word }) {
  return [["loss", "loss", []], ["sharpness λ₁", "sharpness", []], ...(k > 1 ? [/** @type {[string, string, number[]]} */ ([k > 2 ? "λ₂, λ₃" : "λ₂", "sharpness", [5, 3]])] : []),
    ...(thresholds.some(Number.isFinite) ? [/** @type {[string, string, number[]]} */ ([word, "threshold", [7, 4]])] : [])];
}

class Replay extends Toy {
  /** @param {{ model: import("../lab.mjs").Model, el: HTMLElement }} context @param {import("./record.mjs").Run[]} runs */
  constructor(context, runs) {
    super(context, SCHEMA, { label: "A recorded run", rate: 60 });
    this.runs = runs; this.run = runs[0];
    try { this.together(); } catch (error) { this.settings.run = 0; this.problem = `${/** @type {Error} */ (error).message} The first one is shown.`; }
    const set = (/** @type {string} */ key) => (/** @type {unknown} */ raw) => this.set(key, raw);
    const options = namesOf(runs).map((name, i) => /** @type {[string, string]} */ ([String(i), name]));
    this.chooser = (runs.length > FEW ? list : choice)("run", "the run", options, set("run"));
    const measures = [...new Set(runs.flatMap((run) => run.measures.map(({ name }) => name)))];
    this.picker = list("measure", "show this measure", measures.map((name) => [name, name]), set("measure"));
    this.picked = h("label", { class: "eos-picked" }, "show", this.picker.row);
    this.picked.hidden = measures.length < 2;
    this.scrubber = h("input", { type: "range", min: "0", step: "1", class: "eos-slider", "aria-label": "moment of the run" });
    this.moment = h("p", { class: "eos-moment" });
    this.note = h("p", { class: "eos-thinned" });
    this.lines = h("div", {});
    this.series = new Board("eos-main", (pen, w, ht) => { this.frameOf = drawSeries(pen, this.#scene(), w, ht); });
    this.spectrum = new Board("eos-half", (pen, w, ht) => { if (this.run.densities.length) drawDensity(pen, this.#scene(), w, ht); });
    this.plane = new Board("eos-half", (pen, w, ht) => { const measure = this.#measure(); if (measure) drawMeasure(pen, { ...this.#scene(), measure }, w, ht); });
    this.side = h("div", { class: "eos-stack" }, this.spectrum.box, this.picked, this.plane.box);
    this.pair = h("div", { class: "eos-duo" }, this.series.box, this.side);
    this.data = table("At most 50 recorded points, evenly spread.", () => this.#rows());
  }

  #scene() { return { run: this.run, at: Math.min(this.at, this.last) }; }
  #measure() { return this.run.measures.find(({ name }) => name === this.settings.measure) ?? this.run.measures[0]; }

  /** @override */
  get last() { return (this.run?.points ?? 1) - 1; }

  /** @override */
  together() {
    if (this.runs && this.settings.run >= this.runs.length) throw new RangeError(`The run cannot be “${this.settings.run}”. Use a number below ${this.runs.length}: the first is 0.`);
  }

  /** A chosen run is shown at the step the other one stood at; where steps and time do not compare, at the same share. @param {string} key @param {unknown} raw @override */
  set(key, raw) {
    if (key === "records") return;                          // the widget begins anew, see render
    const { run, at } = this, step = run.step[Math.min(at, run.points - 1)], share = at / Math.max(1, run.points - 1);
    super.set(key, raw);
    if (key === "run" && this.run !== run) this.goTo(share >= 1 || this.run.clock !== run.clock ? Math.round(Math.min(1, share) * this.last) : pointAt(this.run, step));
    if (key === "step" && !(key in this.errors)) this.goTo(this.settings.step === null ? this.last : pointAt(this.run, this.settings.step));
  }

  /** A link leads to the moment that is shown. @override */
  publish() {
    this.settings.step = this.run.step[Math.min(this.at, this.last)];
    super.publish();
  }

  /** @override */
  compute() {
    this.run = this.runs[Math.min(this.settings.run, this.runs.length - 1)];
    this.rate = Math.max(10, this.run.points / SECONDS);
    this.scrubber.max = String(this.last);
    const density = this.run.densities.length > 0, measure = this.run.measures.length > 0;
    this.spectrum.box.hidden = !density;
    this.plane.box.hidden = !measure;
    this.side.hidden = !density && !measure;
    this.side.toggleAttribute("data-alone", density !== measure);
    this.pair.toggleAttribute("data-alone", this.side.hidden);
    this.lines.replaceChildren(legend(linesOf(this.run)));
    this.note.textContent = [this.runs.length > 1 && !this.settings.title ? this.run.title : "", this.run.thinned].filter(Boolean).join(". ").replace("..", ".");
  }

  /** @override */
  sentence() { return event(this.run, Math.min(this.at, this.last)); }

  /** @override */
  show() {
    const { run, at } = this.#scene(), measure = this.#measure();
    this.chooser.show(String(this.settings.run));
    if (measure) this.picker.show(measure.name);
    this.scrubber.value = String(at);
    this.scrubber.setAttribute("aria-valuetext", readout(run, at));
    this.moment.textContent = readout(run, at);
    this.say(event(run, at));
    this.data.show();
    this.series.describe(describeSeries(run, at));
    this.spectrum.describe(describeDensity(run, at));
    if (measure) this.plane.describe(describeMeasure(measure, run, at));
  }

  #rows() {
    const { run } = this, { loss, eigenvalues, thresholds } = run, more = eigenvalues.slice(1, 3);
    return {
      head: [run.clock, "loss", "sharpness", run.word, ...more.map((_, j) => `eigenvalue ${j + 2}`)],
      rows: spread(this.last).map((i) => [tick(run, i), ...[loss[i], eigenvalues[0][i], thresholds[i], ...more.map((c) => c[i])].map(value)]),
    };
  }

  /** @override */
  state() {
    const { records, ...rest } = super.state(), { run, at } = this.#scene();
    return { ...rest, records: this.runs.length, at: run.step[at], moment: this.moment.textContent };
  }

  /** Drags on the picture move the moment. @param {PointerEvent} down */
  #scrub(down) {
    if (down.button !== 0 || !this.frameOf) return;
    this.setPlaying(false);
    this.series.box.setPointerCapture(down.pointerId);
    const box = this.series.box.getBoundingClientRect(), to = (/** @type {PointerEvent} */ e) => { if (this.frameOf) this.goTo(pointAt(this.run, this.frameOf.over(e.clientX - box.left), this.run.x)); };
    const drop = () => this.series.box.removeEventListener("pointermove", to);
    this.series.box.addEventListener("pointermove", to);
    this.series.box.addEventListener("lostpointercapture", drop, { once: true });
    to(down);
  }

  begin() {
    this.root.classList.add("eos-replay");
    this.style.append(css);
    this.reset.textContent = "Start";
    this.reset.setAttribute("aria-label", "To the start");
    this.scrubber.addEventListener("input", () => { this.setPlaying(false); this.goTo(Number(this.scrubber.value)); });
    this.series.box.addEventListener("pointerdown", (down) => this.#scrub(down));
    if (this.runs.length === 1 && !this.settings.title) this.root.prepend(h("p", { class: "eos-title" }, this.runs[0].title));
    const undo = this.start([this.series, this.spectrum, this.plane], [], [
      h("div", { class: "eos-bar" }, ...(this.runs.length > 1 ? [this.chooser.row] : []), this.buttons),
      h("div", { class: "eos-track" }, this.scrubber), this.alert, this.moment, this.status,
      this.pair, this.lines, this.note, h("div", { class: "eos-end" }, this.data.box, this.copy)]);
    const from = this.settings.step;
    if (from !== null) this.goTo(pointAt(this.run, from));
    return undo;
  }
}

/** @param {{ model: import("../lab.mjs").Model, el: HTMLElement }} context  @returns {() => void} cleanup */
function render({ model, el }) {
  let destroy = () => {};
  const start = () => {
    destroy();
    try {
      destroy = new Replay({ model, el }, runsOf(model.get("records") ?? DEFAULTS.records)).begin();
    } catch (error) {
      const alert = h("p", { role: "alert" }, /** @type {Error} */ (error).message);
      el.append(alert);
      el.dataset.eosReady = "true";
      destroy = () => alert.remove();
    }
  };
  start();
  model.on?.("change:records", start);
  return () => {
    model.off?.("change:records", start);
    destroy();
  };
}

export default { render };

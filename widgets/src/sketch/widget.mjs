// @ts-check
// The reader draws the curve they expect, commits, and the run draws itself over it. Before that the run is nowhere:
// not in the picture, not in its description, not in the data table.
import labCss from "../lab.css";
import { keepKeys, watchTheme } from "../presence.mjs";
import { Board } from "../toys/board.mjs";
import { spread, table } from "../toys/controls.mjs";
import toyCss from "../toys/toy.css";
import { h } from "../dom.mjs";
import { number } from "../numbers.mjs";
import { compare, rough, sentenceOf } from "./compare.mjs";
import { blank, choices, COLUMNS, draw, heightAt, join, missing, shareOf, smooth, valueOf, whole } from "./hand.mjs";
import { drawSketch } from "./picture.mjs";
import { DEFAULTS, settingsFrom } from "./settings.mjs";
import css from "./sketch.css";
import { keep, recall } from "./store.mjs";

const SECONDS = 3;     // in which the run draws itself
const HINTS = {
  all: "Draw the curve that you expect, or choose one below. Then commit, and the run appears.",
  left: "Your curve has no beginning yet: draw from the left.",
  right: "Draw on to the right edge.",
  "": "Draw over any part to change it. Commit when this is what you expect.",
};

class Sketch {
  /** @param {{ model: import("../lab.mjs").Model, el: HTMLElement }} context */
  constructor({ model, el }) {
    this.model = model; this.el = el;
    this.settings = settingsFrom((key) => model.get(key));
    const { settings } = this, { x_range, y_range, x_log, y_log, given, level, x, y } = settings;
    this.across = { low: x_range[0], high: x_range[1], log: x_log };
    this.up = { low: y_range[0], high: y_range[1], log: y_log };
    this.from = given === null ? x_range[0] : Math.min(given, x_range[1]);   // where the reader's part begins
    const last = given === null ? -1 : x.filter((v) => v <= given).length - 1;
    this.start = last < 0 ? NaN : Math.max(0, Math.min(1, shareOf(this.up, y[last])));
    this.first = last < 0 ? 0 : Math.min(COLUMNS - 2, Math.floor(shareOf(this.across, this.from) * (COLUMNS - 1)) + 1);
    this.choices = choices(settings, this.up, this.first, this.start, level === null ? NaN : shareOf(this.up, level));
    this.axes = JSON.stringify([x_range, y_range, x_log, y_log, given, settings.x_name, settings.y_name]);
    this.heights = blank(); this.choice = ""; this.committed = false; this.done = false; this.frame = 0;
    this.shown = last < 0 ? -Infinity : this.from;
    /** @type {import("./compare.mjs").Comparison | null} */ this.verdict = null;
    /** @type {(() => void)[]} */ this.undo = [];
    const group = `eos-${Math.random().toString(36).slice(2)}`;   // the radio buttons of another sketch must not share it
    this.style = h("style", {}, labCss + toyCss + css);
    this.pad = h("div", { class: "eos-pad" });
    this.board = new Board("eos-axes", (pen, width, height) => this.#draw(pen, width, height));
    this.board.box.append(this.pad);
    this.inputs = this.choices.map(([name]) => h("input", { type: "radio", name: group, value: name }));
    this.shapes = h("div", { class: "eos-shapes", role: "radiogroup", "aria-label": "curves to choose from" }, h("span", { "aria-hidden": "true" }, "or choose:"),
      ...this.inputs.map((input) => h("label", {}, input, input.value)));
    this.commit = h("button", { type: "button", class: "eos-run" }, "Commit: show the run");
    this.again = h("button", { type: "button" }, "Clear");
    this.status = h("p", { class: "eos-status", role: "status" });
    this.data = table("At most 50 points, evenly spread.", () => this.#rows());
    this.root = h("div", { class: "eos-lab eos-toy eos-sketch", role: "group", "aria-label": settings.title || `Your prediction: ${settings.y_name} over ${settings.x_name}` },
      ...(settings.title ? [h("p", { class: "eos-title" }, settings.title)] : []),
      this.status, this.board.box, h("div", { class: "eos-hand" }, this.shapes, h("div", { class: "eos-buttons" }, this.again, this.commit)), this.data.box);
  }

  begin() {
    this.el.append(this.style, this.root);
    this.#listen();
    const kept = recall(this.settings.id, this.axes, COLUMNS);
    if (kept) {
      this.heights = Float64Array.from(kept.heights, (v) => v ?? NaN);
      this.choice = kept.choice;
      if (kept.committed && missing(this.heights, this.first) === "") this.#finish();
    }
    this.update();
    Object.assign(this.el, { eos: { state: () => this.state() } });
    this.el.dataset.eosReady = "true";
    return () => this.destroy();
  }

  #listen() {
    for (const input of this.inputs) input.addEventListener("change", () => this.#choose(input.value));
    this.commit.addEventListener("click", () => this.#commit());
    this.again.addEventListener("click", () => this.#clear());
    this.pad.addEventListener("pointerdown", (event) => { if (event.button === 0 && !this.committed) this.#stroke(event); });
    this.undo.push(keepKeys(this.root, () => {}), watchTheme(() => this.board.restyle()));
  }

  /** One stroke, from the pointer's going down to its leaving. @param {PointerEvent} event */
  #stroke(event) {
    event.preventDefault();
    this.pad.setPointerCapture(event.pointerId);
    const box = this.pad.getBoundingClientRect(), where = (/** @type {PointerEvent} */ e) => /** @type {[number, number]} */ ([(e.clientX - box.left) / box.width, 1 - (e.clientY - box.top) / box.height]);
    let before = where(event), [low, high] = draw(this.heights, this.first, before, before);
    this.choice = "";
    const move = (/** @type {PointerEvent} */ e) => {
      for (const part of e.getCoalescedEvents?.() ?? []) step(part);
      step(e);
      this.update();
    };
    const step = (/** @type {PointerEvent} */ e) => {
      const now = where(e), [a, b] = draw(this.heights, this.first, before, now);
      [before, low, high] = [now, Math.min(low, a), Math.max(high, b)];
    };
    const drop = () => {
      this.pad.removeEventListener("pointermove", move);
      smooth(this.heights, low, high);
      join(this.heights, this.first, this.start);
      this.#keep();
      this.update();
    };
    this.pad.addEventListener("pointermove", move);
    this.pad.addEventListener("lostpointercapture", drop, { once: true });
    this.update();
  }

  /** @param {string} name */
  #choose(name) {
    this.choice = name;
    this.heights = this.choices[this.choices.findIndex(([other]) => other === name)][1].slice();
    this.#keep();
    this.update();
  }

  #commit() {
    if (missing(this.heights, this.first) !== "") return;
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) this.#finish();
    else this.#play();
    this.#keep();
    this.update();
    this.again.focus();
  }

  /** The run draws itself, at an even pace across the axes. */
  #play() {
    this.committed = true;
    const from = shareOf(this.across, this.from);
    let began = 0;
    const tick = (/** @type {number} */ time) => {
      began ||= time;
      const part = (time - began) / 1000 / SECONDS;
      this.shown = valueOf(this.across, from + part * (1 - from));
      if (part >= 1) this.#finish(); else this.frame = requestAnimationFrame(tick);
      this.update();
    };
    this.frame = requestAnimationFrame(tick);
  }

  #finish() {
    this.committed = this.done = true;
    this.shown = this.settings.x_range[1];
    this.verdict = compare(this.across, this.up, this.settings, whole(this.heights, this.first, this.start), this.from);
  }

  #clear() {
    cancelAnimationFrame(this.frame);
    this.heights = blank(); this.choice = ""; this.committed = this.done = false; this.verdict = null;
    this.shown = Number.isNaN(this.start) ? -Infinity : this.from;
    this.data.box.open = false;
    keep(this.settings.id, null);
    this.update();
    this.inputs[0].focus({ preventScroll: true });
  }

  #keep() {
    const heights = Array.from(this.heights, (v) => (Number.isNaN(v) ? null : Number(v.toFixed(3))));
    keep(this.settings.id, { axes: this.axes, heights, choice: this.choice, committed: this.committed });
  }

  // ── what is seen and said ──
  update() {
    const gap = missing(this.heights, this.first);
    this.commit.disabled = gap !== "";
    this.commit.hidden = this.shapes.hidden = this.committed;
    this.again.textContent = this.committed ? "Draw again" : "Clear";
    this.again.disabled = gap === "all";
    for (const input of this.inputs) input.checked = input.value === this.choice;
    this.data.box.hidden = !this.done;
    this.data.show();
    this.pad.toggleAttribute("data-committed", this.committed);
    this.root.toggleAttribute("data-done", this.done);
    this.#say(this.verdict ? sentenceOf(this.verdict, this.settings) : this.committed ? "Here comes the run." : HINTS[gap]);
    this.board.describe(this.#description(gap));
    this.board.redraw();
  }

  /** @param {string} sentence */
  #say(sentence) { if (this.status.textContent !== sentence) this.status.textContent = sentence; }

  /** @param {string} gap */
  #description(gap) {
    const { x_name, y_name, x_range, y_range, level, level_name, given } = this.settings, kind = (/** @type {boolean} */ log) => (log ? ", logarithmic" : "");
    const axes = `Axes: ${x_name} from ${x_range[0]} to ${x_range[1]}${kind(this.across.log)}, ${y_name} from ${y_range[0]} to ${y_range[1]}${kind(this.up.log)}.${level === null ? "" : ` Dashed: ${level_name} at ${level}.`}`;
    const known = Number.isNaN(this.start) ? "" : ` Given: the run up to ${x_name} ${given}, where it is at ${number(valueOf(this.up, this.start))}.`;
    const mine = gap === "all" ? " Nothing is drawn yet." : this.choice ? ` Your curve: ${this.choice}.` : " Your curve is drawn.";
    return `${axes}${known}${mine}${this.verdict ? ` The run is drawn over it. ${sentenceOf(this.verdict, this.settings)}` : ""}`;
  }

  /** @param {import("../toys/pen.mjs").Pen} pen @param {number} width @param {number} height */
  #draw(pen, width, height) {
    const { settings, heights, first, shown, done } = this, { box } = drawSketch(pen, { settings, heights, first, shown, done, part: this.verdict?.part ?? null }, width, height);
    this.pad.style.cssText = `left:${box.left}px;top:${box.top}px;width:${box.right - box.left}px;height:${box.bottom - box.top}px`;
  }

  #rows() {
    const { x, y, x_name } = this.settings, curve = whole(this.heights, this.first, this.start), seen = x.map((_, i) => i).filter((i) => (this.first > 0 ? x[i] > this.from : x[i] >= this.from) && x[i] <= this.across.high);
    const you = (/** @type {number} */ i) => rough(valueOf(this.up, heightAt(curve, shareOf(this.across, x[i]))));
    return this.done ? { head: [x_name, "you", "the run"], rows: spread(seen.length - 1).map((k) => [Number(x[seen[k]].toPrecision(4)).toLocaleString("en"), you(seen[k]), number(y[seen[k]])]) } : { head: [], rows: [] };
  }

  /** @returns {Record<string, unknown>} */
  state() {
    return { committed: this.committed, done: this.done, choice: this.choice, missing: missing(this.heights, this.first), heights: Array.from(this.heights), status: this.status.textContent, verdict: this.verdict };
  }

  destroy() {
    cancelAnimationFrame(this.frame);
    for (const undo of this.undo) undo();
    this.board.destroy();
    this.root.remove();
    this.style.remove();
    delete this.el.eos;
  }
}

/** @param {{ model: import("../lab.mjs").Model, el: HTMLElement }} context  @returns {() => void} cleanup */
function render({ model, el }) {
  let destroy = () => {};
  const start = () => {
    destroy();
    try {
      destroy = new Sketch({ model, el }).begin();
    } catch (error) {
      const alert = h("p", { role: "alert" }, `${/** @type {Error} */ (error).message} The axes cannot be drawn.`);
      el.append(alert);
      el.dataset.eosReady = "true";
      destroy = () => alert.remove();
    }
  };
  start();
  for (const key of Object.keys(DEFAULTS)) model.on?.(`change:${key}`, start);
  return () => {
    for (const key of Object.keys(DEFAULTS)) model.off?.(`change:${key}`, start);
    destroy();
  };
}

export default { render };

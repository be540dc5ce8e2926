// @ts-check
// What the small widgets share: settings from Python, the page and its address; playing; the sentence that says what
// happens; clean-up. A widget adds its mathematics, its controls and its pictures.
import labCss from "../lab.css";
import { keepKeys, watchPresence, watchTheme } from "../presence.mjs";
import { readFragment, writeFragment } from "../state.mjs";
import { h } from "../dom.mjs";
import css from "./toy.css";

/** @typedef {{ defaults: Record<string, any>, checks: Record<string, import("./checks.mjs").Check>, linked: [string, string][] }} Schema
 *   linked: names in the page's address and the keys they stand for */
/** @typedef {{ key: string, row: HTMLElement, show: (value: any, refused: boolean) => void }} Control */

const SLOW_REDRAW_MS = 250;   // where the reader asked for little motion

export class Toy {
  /** @param {{ model: import("../lab.mjs").Model, el: HTMLElement }} context @param {Schema} schema @param {{ label: string, rate: number }} options
   *   rate: steps shown a second */
  constructor({ model, el }, schema, { label, rate }) {
    this.model = model; this.el = el; this.schema = schema; this.rate = rate;
    this.settings = { ...schema.defaults };
    /** @type {Record<string, string>} what was refused, by key */ this.errors = {};
    // In a notebook server the fragment belongs to the application, and a link would lead nowhere.
    this.linkable = !document.body.hasAttribute("data-jp-theme-name");
    this.problem = this.#begin();
    this.still = matchMedia("(prefers-reduced-motion: reduce)");
    this.at = 0; this.playing = false; this.resume = false; this.frame = 0; this.before = 0; this.share = 0; this.drawn = 0; this.regime = "";
    /** @type {(() => void)[]} */ this.undo = [];
    /** @type {import("./board.mjs").Board[]} */ this.boards = [];
    /** @type {Control[]} */ this.controls = [];
    this.play = h("button", { type: "button", class: "eos-run" }, "Play");
    this.step = h("button", { type: "button" }, "Step");
    this.reset = h("button", { type: "button" }, "Reset");
    this.buttons = h("div", { class: "eos-buttons" }, this.play, this.step, this.reset);
    this.status = h("p", { class: "eos-status", role: "status" });
    this.alert = h("p", { class: "eos-error", role: "alert", hidden: "" });
    this.copy = h("button", { type: "button", class: "eos-quiet" }, "Copy link");
    this.root = h("div", { class: "eos-lab eos-toy", role: "group", "aria-label": this.settings.title || label },
      ...(this.settings.title ? [h("p", { class: "eos-title" }, this.settings.title)] : []));
    this.style = h("style", {}, labCss + css);
  }

  // ── what a widget says ──
  /** The last step. @returns {number} */
  get last() { return 0; }
  /** How many steps are played as one. @returns {number} */
  get stride() { return 1; }
  /** Anew from the settings. */
  compute() {}
  /** Numbers, labels. */
  show() {}
  /** The sentence about the settings as they are; it changes only with the regime. @returns {string} */
  sentence() { return ""; }

  /** A malformed state is named once, and the default state shown. @returns {string} the sentence, or "" */
  #begin() {
    const { defaults, checks } = this.schema, given = this.model.get.bind(this.model);
    /** @type {Record<string, unknown>} */
    const raw = {};
    for (const key of Object.keys(defaults)) { const value = given(key); if (value !== undefined && value !== null) raw[key] = value; }
    try { this.settings.id = checks.id(raw.id ?? defaults.id); } catch { /* named below */ }
    if (this.linkable) Object.assign(raw, readFragment(location.hash, this.settings.id, this.schema.linked));
    try {
      for (const [key, value] of Object.entries(raw)) this.settings[key] = checks[key](value);
      this.together();
      return "";
    } catch (error) {
      this.settings = { ...defaults, id: this.settings.id };
      return `${/** @type {Error} */ (error).message} The default setting is shown instead.`;
    }
  }

  /** Throws a sentence where settings, each fine alone, do not go together. */
  together() {}

  /** @param {import("./board.mjs").Board[]} boards @param {Control[]} controls @param {(Node | string)[]} body */
  start(boards, controls, body) {
    this.boards = boards; this.controls = controls;
    this.copy.hidden = !this.linkable;
    this.root.append(...body);
    this.el.append(this.style, this.root);
    this.play.addEventListener("click", () => this.setPlaying(!this.playing));
    this.step.addEventListener("click", () => this.stepOnce());
    this.reset.addEventListener("click", () => { this.setPlaying(false); this.goTo(0); });
    this.copy.addEventListener("click", () => this.#copyLink());
    this.undo.push(
      keepKeys(this.root, (event) => {
        const handle = this.boards.find((board) => board.handle?.element === event.composedPath()[0])?.handle;
        if (handle?.press(event)) event.preventDefault();
      }),
      watchTheme(() => this.boards.forEach((board) => board.restyle())),
      watchPresence(this.root, {
        seen: () => { if (this.settings.autoplay && !this.still.matches) { this.goTo(0); this.setPlaying(true); } },
        away: () => { this.resume = this.playing; this.setPlaying(false); },
        back: () => { if (this.resume) this.setPlaying(true); },
      }));
    for (const key of Object.keys(this.schema.defaults)) {
      const listener = () => this.set(key, this.model.get(key));
      this.model.on?.(`change:${key}`, listener);
      this.undo.push(() => this.model.off?.(`change:${key}`, listener));
    }
    if (this.linkable) {
      const follow = () => { for (const [key, value] of Object.entries(readFragment(location.hash, this.settings.id, this.schema.linked))) this.set(key, value); };
      window.addEventListener("hashchange", follow);
      this.undo.push(() => window.removeEventListener("hashchange", follow));
    }
    Object.assign(this.el, { eos: { state: () => this.state(), set: (/** @type {string} */ key, /** @type {unknown} */ value) => this.set(key, value) } });
    if (this.problem) this.warn(this.problem);
    this.refresh();
    this.at = this.last;
    this.update();
    this.el.dataset.eosReady = "true";
    return () => this.destroy();
  }

  /** The one way in for every change. A value that is refused is named and the last good one kept. @param {string} key @param {unknown} raw */
  set(key, raw) {
    if (!(key in this.schema.checks)) throw new RangeError(`This widget has no setting “${key}”. Use one of ${Object.keys(this.schema.checks).join(", ")}.`);
    const before = this.settings;
    try {
      this.settings = { ...before, [key]: this.schema.checks[key](raw) };
      this.together();
      delete this.errors[key];
      this.warn(Object.values(this.errors).join(" "));
    } catch (error) {
      this.settings = before;
      this.errors[key] = /** @type {Error} */ (error).message;
      this.warn(this.errors[key]);
      this.#showControls();
      return;
    }
    if (JSON.stringify(this.settings) === JSON.stringify(before)) return this.#showControls();
    const whole = this.at >= this.last;
    this.publish();
    this.refresh();
    this.at = whole ? this.last : Math.min(this.at, this.last);
    this.update();
  }

  refresh() {
    this.compute();
    this.#showControls();
    this.say(this.sentence());
  }

  #showControls() { for (const control of this.controls) control.show(this.settings[control.key], control.key in this.errors); }

  /** Numbers and pictures at the step `at`. */
  update() {
    this.play.textContent = this.playing ? "Pause" : "Play";
    this.show();
    for (const board of this.boards) board.redraw();
    this.el.dataset.step = String(this.at);
  }

  /** Tells Python and the address bar. */
  publish() {
    const { linked } = this.schema, keys = linked.map(([, key]) => key);
    for (const key of keys) if (JSON.stringify(this.model.get(key)) !== JSON.stringify(this.settings[key])) this.model.set?.(key, this.settings[key]);
    this.model.save_changes?.();
    if (!this.linkable) return;
    const texts = Object.fromEntries(keys.map((key) => [key, Array.isArray(this.settings[key]) ? this.settings[key].join("_") : this.settings[key]]));
    try { history.replaceState(history.state, "", writeFragment(location.hash, this.settings.id, texts, linked)); } catch { /* a host may forbid it */ }
  }

  async #copyLink() {
    this.publish();
    try {
      await navigator.clipboard.writeText(location.href);
      this.copy.textContent = "Copied";
    } catch {
      this.copy.textContent = "Copy it from the address bar";
    }
    setTimeout(() => { this.copy.textContent = "Copy link"; }, 2500);
  }

  /** @param {number} step */
  goTo(step) {
    this.at = Math.max(0, Math.min(this.last, step));
    this.update();
  }

  stepOnce() {
    this.setPlaying(false);
    this.goTo(this.at >= this.last ? 0 : this.at + 1);
  }

  /** Playing from the end starts again. @param {boolean} on */
  setPlaying(on) {
    if (on === this.playing) return;
    if (on && this.at >= this.last) this.at = 0;
    this.playing = on;
    this.share = this.before = 0;
    if (on) this.#tick(); else cancelAnimationFrame(this.frame);
    this.update();
  }

  #tick() {
    this.frame = requestAnimationFrame((time) => {
      if (this.before) this.share += (Math.min(100, time - this.before) / 1000) * this.rate;
      this.before = time;
      const whole = Math.floor(this.share), calm = !this.still.matches || time - this.drawn >= SLOW_REDRAW_MS;
      if (whole > 0 && calm) {
        this.share -= whole;
        this.drawn = time;
        this.goTo(this.at + whole * this.stride);
        if (this.at >= this.last) return this.setPlaying(false);
      }
      this.#tick();
    });
  }

  /** The status, only when it changes. @param {string} sentence */
  say(sentence) { if (this.status.textContent !== sentence) this.status.textContent = sentence; }

  /** @param {string} sentence  "" for none */
  warn(sentence) {
    this.alert.hidden = !sentence;
    if (this.alert.textContent !== sentence) this.alert.textContent = sentence;
  }

  /** @returns {Record<string, unknown>} */
  state() { return { ...this.settings, step: this.at, last: this.last, playing: this.playing, status: this.status.textContent, errors: Object.values(this.errors) }; }

  destroy() {
    cancelAnimationFrame(this.frame);
    for (const undo of this.undo) undo();
    for (const board of this.boards) board.destroy();
    this.root.remove();
    this.style.remove();
    delete this.el.eos;
  }
}

/** What the lines in a picture are, with their dashes. @param {[name: string, ink: string, dash: number[]][]} lines */
export function legend(lines) {
  return h("div", { class: "eos-legend", "aria-hidden": "true" }, ...lines.map(([name, ink, dash]) =>
    h("span", {}, h("i", { class: "eos-stroke", style: `background:${dash.length ? `repeating-linear-gradient(90deg, var(--eos-${ink}) 0 ${dash[0]}px, transparent 0 ${dash[0] + dash[1]}px)` : `var(--eos-${ink})`}` }), name)));
}

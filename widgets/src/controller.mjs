// @ts-check
// Ties settings, engine, chart and controls together. One rule: what is on the screen belongs to the settings on the
// screen. A setting that cannot be used stops the run and is named; it is never replaced silently.
import { Chart } from "./chart.mjs";
import { connect } from "./client.mjs";
import { History } from "./history.mjs";
import { keepKeys, watchPresence, watchTheme } from "./presence.mjs";
import { checks, conflict, DEFAULTS } from "./settings.mjs";
import { LINKED, readFragment, writeFragment } from "./state.mjs";
import { buildView } from "./view.mjs";
import { bindControls, showControls, showReadings, showTable } from "./panel.mjs";
import { pictureText, sentences } from "./words.mjs";

/** @typedef {import("./settings.mjs").Settings} Settings */
/** @typedef {keyof Settings} Key */

const KEYS = /** @type {Key[]} */ (Object.keys(DEFAULTS));
const LIVE = KEYS.filter((key) => LINKED.some(([, name]) => name === key));   // what a link holds
const SLOW_REDRAW_MS = 250;

export class Lab {
  /** @param {import("./lab.mjs").Model} model @param {HTMLElement} el */
  constructor(model, el) {
    this.model = model;
    this.el = el;
    this.settings = { ...DEFAULTS };
    /** @type {Partial<Record<Key | "together", string>>} what is wrong, by setting */
    this.errors = {};
    for (const key of KEYS) { const value = model.get(key); if (value !== undefined && value !== null) this.#take(key, value); }
    // In a notebook server the fragment belongs to the application, and a link would lead nowhere.
    this.linkable = !document.body.hasAttribute("data-jp-theme-name");
    if (this.linkable) for (const [key, value] of Object.entries(readFragment(location.hash, this.settings.id))) this.#take(/** @type {Key} */ (key), value);
    this.view = buildView({ title: this.settings.title, linkable: this.linkable });
    this.history = new History(this.settings.max_steps + 1);
    this.still = matchMedia("(prefers-reduced-motion: reduce)");
    this.run = 0; this.rate = 200; this.drawn = 0; this.frame = 0;
    this.running = false; this.resume = false; this.crossed = false;
    /** @type {"" | "diverged" | "complete"} */ this.end = "";
    /** @type {(() => void)[]} */ this.undo = [];
  }

  start() {
    const { view } = this;
    this.engine = connect((batch) => this.#receive(batch));
    this.chart = new Chart(view.plots, this.history, (index) => showReadings(view, this.history, index));
    bindControls(this);
    this.undo.push(
      keepKeys(view.root, (event) => this.#key(event)), watchTheme(() => this.chart?.restyle()),
      watchPresence(view.root, {
        seen: () => { if (this.settings.autoplay && !this.still.matches && !this.end) this.setRunning(true); },
        away: () => { this.resume = this.running; this.setRunning(false, true); },
        back: () => { if (this.resume) this.setRunning(true, true); },
      }));
    for (const key of KEYS) this.#listen(`change:${key}`, () => this.set(key, this.model.get(key)));
    const followLink = () => { for (const [key, value] of Object.entries(readFragment(location.hash, this.settings.id))) this.set(key, value); };
    if (this.linkable) { window.addEventListener("hashchange", followLink); this.undo.push(() => window.removeEventListener("hashchange", followLink)); }
    this.el.eos = { state: () => this.state(), history: () => this.history.arrays(), set: (key, value) => this.set(key, value) };
    this.reset();
    this.el.dataset.eosReady = "true";
  }

  /** @param {string} event @param {() => void} listener */
  #listen(event, listener) {
    this.model.on?.(event, listener);
    this.undo.push(() => this.model.off?.(event, listener));
  }

  /** Checks one raw value; keeps it, or the sentence that says why not. @param {Key} key @param {unknown} raw */
  #take(key, raw) {
    delete this.errors[key];
    try {
      this.settings = { ...this.settings, [key]: checks[key](raw) };
    } catch (problem) {
      this.errors[key] = /** @type {Error} */ (problem).message;
    }
  }

  /** The one way in for every change: control, keyboard, link, Python. @param {string} name @param {unknown} raw */
  set(name, raw) {
    const key = /** @type {Key} */ (name);
    if (name === "running") return this.setRunning(raw === true);
    if (!(key in checks)) throw new RangeError(`The lab has no setting “${name}”. Use one of ${KEYS.join(", ")}.`);
    const before = JSON.stringify(this.settings[key]), wasWrong = key in this.errors;
    this.#take(key, raw);
    if (key === "task" && this.settings.task !== "digits" && this.settings.loss !== "mse") this.#take("loss", "mse");
    if (JSON.stringify(this.settings[key]) === before && !wasWrong && !this.errors[key]) return;
    this.publish();
    if (key === "lr" && this.history.length > 0) this.#changeLr();
    else if (LIVE.includes(key) || key === "max_steps") this.reset();
    else showControls(this);
  }

  /** η is live: the run goes on with it. One that cannot be used halts the run, which keeps what it has. */
  #changeLr() {
    if (this.errors.lr) {
      this.setRunning(false, true);
      return showControls(this);
    }
    this.crossed = false;
    this.engine?.send({ kind: "lr", lr: this.settings.lr });
    showControls(this);
    if (!this.running && !this.end) this.say(sentences.changed(this.settings.lr));
  }

  /** Tells Python and the address bar. A setting in error stays as it is there: its old value, told back, would come
   * in again as a change and wipe the sentence away. */
  publish() {
    for (const key of LIVE) if (!this.errors[key] && JSON.stringify(this.model.get(key)) !== JSON.stringify(this.settings[key])) this.model.set?.(key, this.settings[key]);
    this.model.save_changes?.();
    if (this.linkable && Object.keys(this.errors).length === 0) {
      try { history.replaceState(history.state, "", writeFragment(location.hash, this.settings.id, { ...this.settings })); } catch { /* a host may forbid it */ }
    }
  }

  /** Back to step 0 with the settings as they are. */
  reset() {
    const together = conflict(this.settings);
    delete this.errors.together;
    if (together) this.errors.together = together;
    const usable = Object.keys(this.errors).length === 0;
    this.history = new History(this.settings.max_steps + 1);
    this.crossed = false;
    this.end = "";
    this.run++;
    if (usable) this.engine?.send({ kind: "reset", run: this.run, problem: this.settings, maxSteps: this.settings.max_steps });
    else { this.running = false; this.engine?.send({ kind: "pause" }); }
    this.chart?.show(this.history);
    if (this.running) this.engine?.send({ kind: "run", rate: this.rate });
    else this.say(usable ? sentences.ready(this.settings.lr) : "");
    showControls(this);
    this.#draw();
  }

  /** @param {boolean} on @param {boolean} [quietly] */
  setRunning(on, quietly = false) {
    if (on && (this.end || Object.keys(this.errors).length)) return;
    if (!quietly) this.resume = false;
    if (on === this.running) return;
    this.running = on;
    this.engine?.send(on ? { kind: "run", rate: this.rate } : { kind: "pause" });
    if (!quietly) this.say(on ? sentences.running(this.settings.lr) : sentences.paused(this.history));
    showControls(this);
    this.#schedule(true);
  }

  stepOnce() {
    this.setRunning(false, true);
    if (!this.end) this.engine?.send({ kind: "step" });
  }

  /** @param {number} rate  steps a second, at most */
  setRate(rate) {
    this.rate = rate;
    if (this.running) this.engine?.send({ kind: "run", rate });
  }

  /** @param {import("./engine.mjs").Batch} batch */
  #receive(batch) {
    if (batch.run !== this.run) return;
    const from = this.history.length;
    this.history.append(batch);
    if (!this.running && !batch.end && this.history.last.step > 0) this.say(sentences.paused(this.history));   // the last steps of a run, or one step
    for (let i = from; i < this.history.length && !this.crossed; i++) {
      const { step, sharpness, threshold } = this.history.row(i);
      if (sharpness >= threshold && threshold === 2 / this.settings.lr) { this.crossed = true; if (step > 0) this.say(sentences.crossed(step, threshold)); }
    }
    if (batch.end) {
      this.end = batch.end;
      this.running = false;
      this.say(batch.end === "diverged" ? sentences.diverged(this.history, this.settings.lr) : sentences.complete(this.history));
      showControls(this);
    }
    this.#schedule(!this.running);
  }

  /** Draws with the next frame; a few times a second where the reader asked for little motion. @param {boolean} now */
  #schedule(now) {
    if (this.frame) return;
    this.frame = requestAnimationFrame((time) => {
      this.frame = 0;
      if (!now && this.still.matches && time - this.drawn < SLOW_REDRAW_MS) return this.#schedule(false);
      this.drawn = time;
      this.#draw();
    });
  }

  #draw() {
    this.chart?.redraw();
    showReadings(this.view, this.history, this.chart?.index ?? null);
    if (!this.running) { this.view.plots.setAttribute("aria-label", pictureText(this.history)); showTable(this.view, this.history); }
    this.el.dataset.steps = String(this.history.length ? this.history.last.step : 0);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const target = event.composedPath()[0];
    if (target === this.view.cursor && this.chart?.press(event.key)) event.preventDefault();
  }

  /** @param {string} sentence */
  say(sentence) { this.view.status.textContent = sentence; }

  state() {
    const step = this.history.length ? this.history.last.step : 0;
    return { ...this.settings, running: this.running, step, end: this.end, errors: Object.values(this.errors), engine: this.engine?.where() ?? "" };
  }

  destroy() {
    cancelAnimationFrame(this.frame);
    for (const undo of this.undo) undo();
    this.engine?.stop();
    this.chart?.destroy();
    this.view.root.remove();
    delete this.el.eos;
  }
}

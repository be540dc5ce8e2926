// @ts-check
// Ties settings, engine, chart and controls together. One rule: what is on the screen belongs to the settings on the
// screen. A setting that cannot be used stops the run and is named; it is never replaced silently.
import { Chart } from "./chart.mjs";
import { connect } from "./client.mjs";
import { History } from "./history.mjs";
import { keepKeys, watchPresence, watchTheme } from "./presence.mjs";
import { BROUGHT, edgeOf, examples, extraColumns, hasFlow, methodOf, problemOf, shownMeasures } from "./methods.mjs";
import { keptLines } from "./more.mjs";
import { checks, conflict, DEFAULTS } from "./settings.mjs";
import { bring, takeLink } from "./sources.mjs";
import { ALL, FURTHER, LINKED, MID_RUN, writeFragment } from "./state.mjs";
import { buildView } from "./view.mjs";
import { bindControls, showControls, showReadings, showTable } from "./panel.mjs";
import { pictureText, sentences } from "./words.mjs";

/** @typedef {import("./settings.mjs").Settings} Settings */
/** @typedef {keyof Settings} Key */

const KEYS = /** @type {Key[]} */ (Object.keys(DEFAULTS));
const LIVE = KEYS.filter((key) => ALL.some(([, name]) => name === key));   // what a link holds
const SLOW_REDRAW_MS = 250;

export class Lab {
  /** @param {import("./lab.mjs").Model} model @param {HTMLElement} el */
  constructor(model, el) {
    this.model = model;
    this.el = el;
    this.settings = { ...DEFAULTS };
    /** @type {Partial<Record<Key | "together", string>>} what is wrong, by setting */
    this.errors = {};
    for (const key of KEYS) { const value = model.get(key); if (value !== undefined && value !== null) this.take(key, value); }
    // In a notebook server the fragment belongs to the application, and a link would lead nowhere.
    this.linkable = !document.body.hasAttribute("data-jp-theme-name");
    this.given = this.settings;                        // the page's own
    this.notice = "";
    if (this.linkable) takeLink(this);
    this.view = buildView({ title: this.settings.title, linkable: this.linkable });
    this.history = new History(1);
    this.firstLr = this.settings.lr;
    /** @type {import("./compare.mjs").Run[]} */ this.kept = [];
    this.change = 0;                                   // of η and the like, mid-run
    this.still = matchMedia("(prefers-reduced-motion: reduce)");
    this.run = 0; this.rate = 200; this.drawn = 0; this.frame = 0;
    this.running = false; this.resume = false; this.crossed = false;
    /** @type {"" | "diverged" | "complete"} */ this.end = "";
    /** @type {(() => void)[]} */ this.undo = [];
  }

  start() {
    const { view } = this;
    this.engine = connect((batch) => this.#receive(batch));
    this.chart = new Chart(view.plots, this.history, (index) => showReadings(this, index));
    bindControls(this);
    this.undo.push(
      keepKeys(view.root, (event) => this.#key(event)), watchTheme(() => this.chart?.restyle()),
      watchPresence(view.root, {
        seen: () => { if (this.settings.autoplay && !this.still.matches && !this.end) this.setRunning(true); },
        away: () => { this.resume = this.running; this.setRunning(false, true); },
        back: () => { if (this.resume) this.setRunning(true, true); },
      }));
    for (const key of KEYS) this.#listen(`change:${key}`, () => this.set(key, this.model.get(key)));
    const followLink = () => { takeLink(this); this.publish(); this.reset(); };
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
  take(key, raw) {
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
    this.notice = "";
    this.take(key, raw);
    if (key === "task" && this.settings.task !== "digits" && this.settings.loss !== "mse") this.take("loss", "mse");
    if (key === "task" && this.settings.batch > examples(this.settings.task)) this.take("batch", BROUGHT.sgd.batch);
    if (key === "optimizer" && JSON.stringify(this.settings[key]) !== before) bring(this);
    if (JSON.stringify(this.settings[key]) === before && !wasWrong && !this.errors[key]) return;
    this.publish();
    if (MID_RUN.includes(key) && this.history.length > 0) this.#changeMidRun(key);
    else if (LIVE.includes(key) || key === "max_steps") this.reset();
    else showControls(this);
  }

  /** η and the optimizer's own numbers are live: the run goes on with them. One that cannot be used halts the run,
   * which keeps what it has. @param {Key} key */
  #changeMidRun(key) {
    if (this.errors[key]) {
      this.setRunning(false, true);
      return showControls(this);
    }
    this.crossed = false;
    const { lr, momentum, beta1, beta2, rho } = this.settings;
    this.engine?.send(key === "lr" ? { kind: "lr", lr, change: ++this.change } : { kind: "hyper", values: { momentum, beta1, beta2, rho }, change: ++this.change });
    if (this.history.length === 1) this.firstLr = lr;
    this.history.ahead = this.end || this.settings.schedule ? NaN : edgeOf(this.settings);   // drawn at once: the engine answers some frames later
    this.showKept();
    if (!this.end) this.say(sentences.changed(this.settings), false);
  }

  /** Tells Python and the address bar. A setting in error stays as it is there: its old value, told back, would come
   * in again as a change and wipe the sentence away. */
  publish() {
    for (const key of LIVE) if (!this.errors[key] && JSON.stringify(this.model.get(key)) !== JSON.stringify(this.settings[key])) this.model.set?.(key, this.settings[key]);
    this.model.save_changes?.();
    if (this.linkable && Object.keys(this.errors).length === 0) {
      const further = FURTHER.filter(([, key]) => JSON.stringify(this.settings[/** @type {Key} */ (key)]) !== JSON.stringify(this.given[/** @type {Key} */ (key)]));
      try { history.replaceState(history.state, "", writeFragment(location.hash, this.settings.id, { ...this.settings }, [...LINKED, ...further])); } catch { /* a host may forbid it */ }
    }
  }

  /** Back to step 0 with the settings as they are. */
  reset() {
    const together = conflict(this.settings);
    delete this.errors.together;
    if (together) this.errors.together = together;
    const usable = Object.keys(this.errors).length === 0;
    this.history = new History(this.settings.max_steps + 1, extraColumns(this.settings));
    this.firstLr = this.settings.lr;
    this.change = 0; this.crossed = false; this.end = "";
    this.run++;
    if (usable) this.engine?.send({ kind: "reset", run: this.run, problem: problemOf(this.settings), maxSteps: this.settings.max_steps });
    else { this.running = false; this.engine?.send({ kind: "pause" }); }
    this.setScene();
    this.chart?.show(this.history);
    if (this.running) this.engine?.send({ kind: "run", rate: this.rate });
    else this.say(usable ? sentences.ready(this.settings) : "", false);
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
    if (!quietly) this.say(on ? sentences.running(this.settings) : sentences.paused(this.history, this.settings), !on);
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
    if (batch.change === this.change) this.history.ahead = NaN;
    this.history.append(batch);
    if (!this.running && !batch.end && this.history.last.step > 0) this.say(sentences.paused(this.history, this.settings));   // the last steps of a run, or one step
    for (let i = from; i < this.history.length && !this.crossed; i++) {
      const { step, sharpness, threshold } = this.history.row(i);
      if (sharpness >= threshold && batch.change === this.change) { this.crossed = true; if (step > 0) this.say(sentences.crossed(step, threshold, this.settings)); }
    }
    if (batch.end) {
      this.end = batch.end;
      this.running = false;
      this.say(batch.end === "diverged" ? sentences.diverged(this.history, this.settings) : sentences.complete(this.history, this.settings));
      showControls(this);
    }
    this.#schedule(!this.running);
  }

  asRun() { return { settings: this.settings, firstLr: this.firstLr, history: this.history }; }

  /** How the picture is to be drawn, and the list of kept runs under it. */
  setScene() {
    const { edge, moving, preconditioned } = methodOf(this.settings);
    if (!this.chart) return;
    this.chart.scene = { moving, edge: edge.replace("/(", "/\n(").replace("s e", "s\ne"), time: hasFlow(shownMeasures(this.settings)), kept: keptLines(this),
      ...(preconditioned ? { sharpness: "precond.\nsharpness", heading: "preconditioned sharpness" } : {}) };
  }

  /** After a change of the kept runs or of their names. */
  showKept() { this.setScene(); this.refresh(); }

  refresh() { showControls(this); this.#schedule(true); }

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
    showReadings(this, this.chart?.index ?? null);
    if (!this.running) { this.view.plots.setAttribute("aria-label", pictureText(this.history, this.settings, [...this.view.kept.children].map((item) => item.textContent ?? ""))); showTable(this); }
    this.el.dataset.steps = String(this.history.length ? this.history.last.step : 0);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const target = event.composedPath()[0];
    if (target === this.view.cursor && this.chart?.press(event.key)) event.preventDefault();
  }

  /** Into the status line. A screen reader is told unless the control that was used has said it already.
   * @param {string} sentence @param {boolean} [aloud] */
  say(sentence, aloud = true) { Object.assign(this.view.status, { ariaLive: aloud ? "polite" : "off", textContent: sentence }); }

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

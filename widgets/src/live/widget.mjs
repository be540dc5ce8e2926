// @ts-check
// A run that trains in the notebook's kernel. The kernel tells the rows as they come and hears the buttons and η.
import labCss from "../lab.css";
import { h } from "../dom.mjs";
import { number, stepText } from "../numbers.mjs";
import { keepKeys, watchTheme } from "../presence.mjs";
import { drawSeries } from "../replay/picture.mjs";
import { describeSeries, value } from "../replay/words.mjs";
import { stepsTop } from "../scales.mjs";
import { Board } from "../toys/board.mjs";
import { within } from "../toys/checks.mjs";
import { readings, slider, spread, table } from "../toys/controls.mjs";
import toyCss from "../toys/toy.css";
import { legend } from "../toys/toy.mjs";
import css from "./live.css";
import { announce, Rows } from "./rows.mjs";

class Live {
  /** @param {{ model: import("../lab.mjs").Model, el: HTMLElement }} context */
  constructor({ model, el }) {
    this.model = model; this.el = el; this.rows = new Rows(); this.frame = 0; this.refused = "";
    /** @type {(() => void)[]} */ this.undo = [];
    const [low, high] = /** @type {[number, number]} */ (model.get("lr_range")), title = String(model.get("title") ?? "");
    this.check = within("The step size η", 1e-12, 1e12);
    this.dial = slider({ key: "lr", symbol: "η", name: "step size η", low, high, log: true }, (raw) => this.#turn(raw));
    this.play = h("button", { type: "button", class: "eos-run" }, "Run");
    this.step = h("button", { type: "button" }, "Step");
    this.reset = h("button", { type: "button" }, "Reset");
    this.status = h("p", { class: "eos-status", role: "status" });
    this.alert = h("p", { class: "eos-error", role: "alert", hidden: "" });
    this.numbers = readings({ step: ["step"], loss: ["loss", "loss"], sharpness: ["sharpness", "sharpness"], threshold: ["2/η", "threshold"], share: ["sharpness / threshold"] });
    this.board = new Board("eos-main", (pen, width, height) => this.#draw(pen, width, height));
    this.data = table("At most 50 recorded points, evenly spread.", () => this.#table());
    this.style = h("style", {}, labCss + toyCss + css);
    this.root = h("div", { class: "eos-lab eos-toy eos-live", role: "group", "aria-label": title || "A run in the kernel, live" }, ...(title ? [h("p", { class: "eos-title" }, title)] : []),
      h("div", { class: "eos-bar" }, h("div", { class: "eos-dial", style: "flex: 1 1 260px" }, ...this.dial.row.childNodes), h("div", { class: "eos-buttons" }, this.play, this.step, this.reset)),
      this.alert, this.status, this.numbers.row, this.board.box,
      legend([["loss", "loss", []], ["sharpness", "sharpness", []], ["threshold", "threshold", [7, 4]]]), this.data.box);
  }

  begin() {
    this.el.append(this.style, this.root);
    this.play.addEventListener("click", () => this.#put("playing", !this.model.get("playing")));
    this.step.addEventListener("click", () => this.#ask("step"));
    this.reset.addEventListener("click", () => this.#ask("reset"));
    const hear = (/** @type {import("./rows.mjs").Message} */ message) => { if (!this.rows.take(message)) this.#ask("rows"); this.#later(); }, change = () => { this.refused = ""; this.#later(); };
    this.model.on?.("msg:custom", hear);
    for (const key of ["playing", "lr"]) this.model.on?.(`change:${key}`, change);
    this.undo.push(() => this.model.off?.("msg:custom", hear), ...["playing", "lr"].map((key) => () => this.model.off?.(`change:${key}`, change)),
      keepKeys(this.root, () => {}), watchTheme(() => this.board.restyle()));
    Object.assign(this.el, { eos: { state: () => this.state() } });
    this.#ask("rows");
    this.#update();
    this.el.dataset.eosReady = "true";
    return () => this.destroy();
  }

  /** @param {string} what */
  #ask(what) { this.model.send?.({ ask: what }); }

  /** @param {string} key @param {unknown} now */
  #put(key, now) {
    this.model.set?.(key, now);
    this.model.save_changes?.();
    this.#later();
  }

  /** @param {unknown} raw */
  #turn(raw) {
    try {
      this.refused = "";
      this.#put("lr", this.check(raw));
    } catch (error) {
      this.refused = /** @type {Error} */ (error).message;
      this.#later();
    }
  }

  /** The page is drawn at most once a frame, however many messages come. */
  #later() { this.frame ||= requestAnimationFrame(() => { this.frame = 0; this.#update(); }); }

  #update() {
    const { run } = this.rows, playing = this.model.get("playing") === true, last = run.points - 1, k = run.seen[run.seen.length - 1];
    this.play.textContent = playing ? "Pause" : "Run";
    this.play.disabled = run.stopped !== "";
    this.step.disabled = playing || run.stopped !== "";
    this.dial.show(/** @type {number} */ (this.model.get("lr")), this.refused !== "");
    this.alert.hidden = !this.refused;
    this.alert.textContent = this.refused;
    const said = announce(run, playing);
    if (this.status.textContent !== said) this.status.textContent = said;
    this.numbers.rename("threshold", run.word.replace("the ", ""));
    this.numbers.show(last < 0 ? { step: "–", loss: "–", sharpness: "–", threshold: "–", share: "–" } : {
      step: stepText(run.step[last]), loss: value(run.loss[last]), sharpness: k === undefined ? "–" : value(run.eigenvalues[0][k]), threshold: number(run.thresholds[last]),
      share: k === undefined ? "–" : (run.eigenvalues[0][k] / run.thresholds[k]).toFixed(2),
    });
    this.board.describe(last < 0 ? "Empty axes: the run has not begun." : describeSeries(run, last));
    this.data.show();
    this.board.redraw();
  }

  /** @param {import("../toys/pen.mjs").Pen} pen @param {number} width @param {number} height */
  #draw(pen, width, height) {
    const { run } = this.rows;
    if (run.points > 0) drawSeries(pen, { run, at: run.points - 1, until: stepsTop(run.step[run.points - 1] + 1) }, width, height);
    else pen.text(width / 2, height / 2, "loss and sharpness will appear here", "muted", "center");
  }

  #table() {
    const { step, loss, lrs, eigenvalues, thresholds, points, word } = this.rows.run;
    return { head: ["step", "η", "loss", "sharpness", word], rows: points ? spread(points - 1).map((i) => [stepText(step[i]), ...[lrs[i], loss[i], eigenvalues[0][i], thresholds[i]].map(value)]) : [] };
  }

  state() {
    const { points, step, stopped, crossing } = this.rows.run;
    return { points, step: points ? step[points - 1] : null, stopped, crossing, status: this.status.textContent, playing: this.model.get("playing"), lr: this.model.get("lr") };
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
const render = (context) => new Live(context).begin();

export default { render };

// @ts-check
// Sliders, choices, readings and the data table of the small widgets.
import { h } from "../dom.mjs";

/** @typedef {{ key: string, symbol: string, name: string, low: number, high: number, log?: boolean, format?: (v: number) => string }} Dial */

const NOTCHES = 200;

/** A value without trailing zeros. @param {number} v */
export const plain = (v) => String(Number(v.toPrecision(4)));

/** A slider with its number beside it. @param {Dial} dial @param {(raw: unknown) => void} set */
export function slider({ key, symbol, name, low, high, log = false, format = plain }, set) {
  let grain = 0;
  const valueAt = (/** @type {number} */ notch) => (log ? Number((low * (high / low) ** (notch / NOTCHES)).toPrecision(3)) : Number((low + notch * grain).toPrecision(10)));
  const notchOf = (/** @type {number} */ v) => (log ? Math.round((NOTCHES * Math.log(v / low)) / Math.log(high / low)) : Math.round((v - low) / grain));
  const input = h("input", { type: "range", min: "0", step: "1", class: "eos-slider", "aria-label": name, "data-key": key });
  const box = h("input", { type: "text", inputmode: "decimal", class: "eos-number", "aria-label": `${name} as a number`, autocomplete: "off", spellcheck: "false" });
  input.addEventListener("input", () => set(valueAt(Number(input.value))));
  box.addEventListener("change", () => set(box.value));
  const span = (/** @type {number} */ from, /** @type {number} */ to) => {
    [low, high] = [from, to];
    grain = log ? 0 : grainOf((high - low) / NOTCHES);
    input.max = String(log ? NOTCHES : Math.round((high - low) / grain));
  };
  span(low, high);
  const letter = h("i", {}, ...withIndex(symbol)), row = h("div", { class: "eos-dial" }, h("span", { class: "eos-eta", "aria-hidden": "true" }, letter), input, box);
  return {
    key, row, input, box, span,
    /** @param {string} text  the symbol, where it depends on another choice */
    name(text) { if (letter.textContent !== text) letter.replaceChildren(...withIndex(text)); },
    /** @param {number} value @param {boolean} refused  the box keeps a value that was refused */
    show(value, refused) {
      input.value = String(notchOf(value));
      input.setAttribute("aria-valuetext", `${symbol} = ${format(value)}`);
      if (!refused) box.value = format(value);
      box.toggleAttribute("aria-invalid", refused);
    },
  };
}

/** “λ1” with its index set low. @param {string} symbol  @returns {(Node | string)[]} */
const withIndex = (symbol) => (/\d$/.test(symbol) ? [symbol.slice(0, -1), h("sub", {}, symbol.slice(-1))] : [symbol]);

/** 1, 2 or 5 times a power of ten, at most the value. @param {number} value */
function grainOf(value) {
  const unit = 10 ** Math.floor(Math.log10(value) + 1e-9);
  return unit * (value >= 5 * unit * 0.999 ? 5 : value >= 2 * unit * 0.999 ? 2 : 1);
}

/** Some choices of which one holds. @param {string} key @param {string} name @param {[value: string, text: string][]} options @param {(raw: unknown) => void} set */
export function choice(key, name, options, set) {
  const group = `eos-${Math.random().toString(36).slice(2)}`;   // radio buttons of other widgets, from other modules too, must not share it
  const inputs = options.map(([value]) => h("input", { type: "radio", name: group, value, "data-key": key }));
  const row = h("div", { class: "eos-choice", role: "radiogroup", "aria-label": name }, ...options.map(([, text], i) => h("label", {}, inputs[i], h("span", {}, text))));
  for (const input of inputs) input.addEventListener("change", () => set(input.value));
  return { key, row, inputs, show(/** @type {string} */ value) { for (const input of inputs) input.checked = input.value === value; } };
}

/** A list to choose from. @param {string} key @param {string} name @param {[value: string, text: string][]} options @param {(raw: unknown) => void} set */
export function list(key, name, options, set) {
  const input = h("select", { "aria-label": name, "data-key": key }, ...options.map(([value, text]) => h("option", { value }, text)));
  input.addEventListener("change", () => set(input.value));
  return { key, row: input, show(/** @type {string} */ value) { input.value = value; } };
}

/** The row of numbers. @param {Record<string, [name: string, line?: string]>} names  by what they are called in show() */
export function readings(names) {
  const values = Object.fromEntries(Object.keys(names).map((key) => [key, h("dd", {}, "–")]));
  const titles = Object.fromEntries(Object.entries(names).map(([key, [name]]) => [key, h("dt", {}, name)]));
  const row = h("dl", { class: "eos-readings" }, ...Object.entries(names).map(([key, [, line]]) =>
    h("div", line ? { class: "eos-key", "data-line": line } : {}, titles[key], values[key])));
  return {
    row,
    /** @param {Record<string, string>} texts */
    show(texts) { for (const [key, text] of Object.entries(texts)) if (values[key].textContent !== text) values[key].textContent = text; },
    /** @param {string} key @param {string} text */
    rename(key, text) { titles[key].textContent = text; },
  };
}

/** A folded table of at most 50 rows, filled only while it is open. @param {string} caption @param {() => { head: string[], rows: string[][] }} rows */
export function table(caption, rows) {
  const head = h("tr"), body = h("tbody");
  const box = h("details", { class: "eos-data" }, h("summary", {}, "Show data"), h("div", { class: "eos-scroll", tabindex: "0", role: "group", "aria-label": "data table" },
    h("table", {}, h("caption", {}, caption), h("thead", {}, head), body)));
  const show = () => {
    if (!box.open) return;
    const data = rows();
    head.replaceChildren(...data.head.map((text) => h("th", { scope: "col" }, text)));
    body.replaceChildren(...data.rows.map(([first, ...rest]) => h("tr", {}, h("th", { scope: "row" }, first), ...rest.map((text) => h("td", {}, text)))));
  };
  box.addEventListener("toggle", show);
  return { box, show };
}

/** At most `most` whole numbers from 0 to last, evenly spread, both ends among them. @param {number} last @param {number} [most] */
export const spread = (last, most = 50) => (last < most ? Array.from({ length: last + 1 }, (_, i) => i) : Array.from({ length: most }, (_, i) => Math.round((i * last) / (most - 1))));

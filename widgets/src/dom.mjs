// @ts-check
// Making elements.

/** A new element. @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag @param {Record<string, string>} [attributes] @param {(Node | string)[]} children */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** Adds the option if the list lacks it, and selects it. @param {HTMLSelectElement} select @param {string} value @param {string} [text] */
export function choose(select, value, text = value) {
  if (![...select.options].some((option) => option.value === value)) select.append(h("option", { value }, text));
  select.value = value;
}

/** @param {string} name @param {[string, string][]} options  value, text */
export const select = (name, options) => h("select", { "data-key": name }, ...options.map(([value, text]) => h("option", { value }, text)));
/** @param {string} text @param {HTMLElement} control */
export const field = (text, control) => h("label", { class: "eos-field" }, h("span", {}, text), control);

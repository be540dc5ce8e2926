// @ts-check
// The lab: gradient descent on a small network, live, with the step size in the reader's hand.
import css from "./lab.css";
import { h } from "./dom.mjs";
import { Lab } from "./controller.mjs";
import { lecture } from "./lecture.mjs";

/** The part of anywidget's model that is used; a static page gives a small stand-in.
 * @typedef {object} Model
 * @property {(key: string) => unknown} get
 * @property {(key: string, value: unknown) => void} [set]
 * @property {() => void} [save_changes]
 * @property {(content: unknown) => void} [send]
 * @property {(event: string, listener: (...told: any[]) => void) => void} [on]
 * @property {(event: string, listener: (...told: any[]) => void) => void} [off] */

/** @param {{ model: Model, el: HTMLElement }} context  @returns {() => void} cleanup */
function render({ model, el }) {
  const lab = new Lab(model, el);
  const style = h("style", {}, css);
  el.append(style, lab.view.root);
  lab.start();
  lecture(lab);
  return () => {
    lab.destroy();
    style.remove();
  };
}

export default { render };

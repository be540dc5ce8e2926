// @ts-check
// Lecture mode: a page opened with ?lecture or #lecture shows one lab alone, as large as the window, with η as its only
// control. It stands in a modal dialog, so that neither the keyboard nor a screen reader meets the page behind it.
import css from "./lecture.css";
import { groundOf } from "./chart.mjs";
import { h } from "./dom.mjs";
import { asked } from "./state.mjs";

/** @typedef {import("./controller.mjs").Lab} Lab */

/** Opens the lab if it is the one. @param {Lab} lab */
export function lecture(lab) {
  const { view, el } = lab, id = asked(location), first = document.querySelector("[data-eos-module=lab]") === el;
  if (!lab.linkable || id === null || !(id === "" ? first : id === lab.settings.id)) return;
  const { root, lr, lrBox } = view, dialog = h("dialog", { class: "eos-lecture", "aria-label": "lecture mode" }, h("style", {}, css));
  const grow = () => root.style.setProperty("--eos-scale", String(Math.max(1, Math.min(innerWidth / 720, innerHeight / 440))));
  dialog.style.background = groundOf(el);
  root.before(dialog);
  dialog.append(root);
  lrBox.disabled = true;                                     // here it only says what η is
  grow();
  window.addEventListener("resize", grow);
  dialog.addEventListener("keydown", (event) => {
    if (event.key === " ") { event.preventDefault(); lab.setRunning(!lab.running); }
    if (event.key === "r") again(lab);
  });
  lr.addEventListener("input", () => { if (dialog.open && lab.end) again(lab); });   // η is the only control: it also starts the next run
  dialog.addEventListener("close", () => {
    window.removeEventListener("resize", grow);
    root.style.removeProperty("--eos-scale");
    lrBox.disabled = false;
    dialog.replaceWith(root);
  });
  dialog.showModal();                                        // which gives the slider the focus
  if (!lab.still.matches) lab.setRunning(true);
}

/** From step 0, running. @param {Lab} lab */
function again(lab) {
  lab.reset();
  lab.setRunning(true);
}

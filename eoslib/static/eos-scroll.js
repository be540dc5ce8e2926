// A formula, a table or code wider than a phone scrolls sideways in a box of its own. The keyboard can scroll a box only
// when the box can have the focus, and then a screen reader should say what has it: so a box is a tab stop with a name
// while there is something to scroll, and only then. A formula that is too wide by little is set a little smaller instead.
(() => {
  "use strict";

  const BOXES = [
    ['mjx-container[display="true"]', "Formula"],
    [".pst-scrollable-table-container", "Table"],
    [".cell_output > .output", "Result"],
    ["pre", "Code"],                                        // the theme, too, makes it a tab stop, but gives no name
  ];

  const SMALLEST = 0.8;                                     // of its size: below that a formula scrolls

  /** Sets a formula just small enough to be seen whole, if that leaves it readable. */
  function fit(box) {
    const formula = box.querySelector("mjx-math");
    formula.style.zoom = "";
    const share = Math.floor((100 * box.clientWidth) / box.scrollWidth) / 100;
    if (SMALLEST <= share && share < 1) formula.style.zoom = String(share);
  }

  const scrolls = (box) => box.scrollWidth > box.clientWidth && getComputedStyle(box).overflowX !== "visible";

  /** What a box is while it scrolls. A group, not a region: a page full of formulas is no list of landmarks. */
  const marks = (name) => ({ tabindex: "0", role: "group", "aria-label": `${name}, scrolls sideways` });

  function mark(box, name, wide) {
    for (const [attribute, value] of Object.entries(marks(name))) {
      if (wide) box.setAttribute(attribute, value);
      else box.removeAttribute(attribute);
    }
  }

  async function start() {
    await window.MathJax?.startup?.promise;                 // only then are there boxes of formulas
    const names = new Map();
    const watch = new ResizeObserver((entries) => requestAnimationFrame(() => {   // also when the page turns, or a folded answer opens
      entries.filter(({ target }) => names.get(target) === "Formula").forEach(({ target }) => fit(target));
      const found = entries.map(({ target }) => [target, names.get(target), scrolls(target)]);
      for (const [box, name, wide] of found) if (wide !== (box.getAttribute("role") === "group")) mark(box, name, wide);
    }));
    for (const [selector, name] of BOXES) for (const box of document.querySelectorAll(`.bd-article ${selector}`)) {
      names.set(box, name);
      watch.observe(box);
    }
  }

  addEventListener("load", start);
})();

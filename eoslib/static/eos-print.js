// Paper is white: a page is printed in its light colours, whichever the reader has on the screen.
(() => {
  "use strict";

  const root = document.documentElement, paper = matchMedia("print");
  let onScreen = null;

  function turn(printing) {
    if (printing && onScreen === null) {
      onScreen = root.dataset.theme ?? "";
      root.dataset.theme = "light";
    } else if (!printing && onScreen !== null) {
      root.dataset.theme = onScreen;
      onScreen = null;
    }
  }

  paper.addEventListener("change", () => turn(paper.matches));
  addEventListener("beforeprint", () => turn(true));
  addEventListener("afterprint", () => turn(false));
})();

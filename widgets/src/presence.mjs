// @ts-check
// Is the widget worth computing for? Not on a hidden page, not far outside the window.

/** @param {HTMLElement} element @param {{ seen: () => void, away: () => void, back: () => void }} on
 *   seen: half of it is in the window for the first time; away / back: no longer, or again, near the window
 * @returns {() => void} stop watching */
export function watchPresence(element, on) {
  let near = true, here = true;
  const update = (/** @type {boolean} */ nowNear) => {
    near = nowNear;
    const now = near && !document.hidden;
    if (now !== here) { here = now; (now ? on.back : on.away)(); }
  };
  const far = new IntersectionObserver((entries) => update(entries[entries.length - 1].isIntersecting), { rootMargin: "100% 0px" });
  const first = new IntersectionObserver((entries) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    first.disconnect();
    on.seen();
  }, { threshold: 0.5 });
  const hidden = () => update(near);
  document.addEventListener("visibilitychange", hidden);
  far.observe(element);
  first.observe(element);
  return () => {
    document.removeEventListener("visibilitychange", hidden);
    far.disconnect();
    first.disconnect();
  };
}

/** JupyterLab's own key handler prevents the default of arrow keys on a focused slider. Seen first, in the capture
 * phase of the window, the event is kept from it; but then our own listeners must be called from here too.
 * @param {HTMLElement} element @param {(event: KeyboardEvent) => void} onKey  @returns {() => void} */
export function keepKeys(element, onKey) {
  const keys = /^(Arrow|Page|Home$|End$|Escape$)/;
  const listen = (/** @type {KeyboardEvent} */ event) => {
    const target = event.composedPath()[0];
    if (!(target instanceof Node && element.contains(target) && keys.test(event.key))) return;
    event.stopPropagation();
    onKey(event);
  };
  window.addEventListener("keydown", listen, true);
  return () => window.removeEventListener("keydown", listen, true);
}

/** Calls `redraw` when the theme of the book, of JupyterLab or of the system changes. @param {() => void} redraw  @returns {() => void} */
export function watchTheme(redraw) {
  const observer = new MutationObserver(redraw), system = matchMedia("(prefers-color-scheme: dark)");
  const filter = { attributes: true, attributeFilter: ["data-theme", "data-jp-theme-light", "data-jp-theme-name"] };
  observer.observe(document.documentElement, filter);
  observer.observe(document.body, filter);
  system.addEventListener("change", redraw);
  return () => {
    observer.disconnect();
    system.removeEventListener("change", redraw);
  };
}

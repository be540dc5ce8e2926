// Mounts widget modules on the static page: no kernel, no network, works from file://.
// A page loads this classic script and, for each widget, one that puts the module's source into window.eosModules.
// (A page opened from file:// may not import modules by address; a Blob URL of the source is allowed everywhere.)
(() => {
  "use strict";

  /** The part of an anywidget model that the modules use, backed by a Map. */
  function makeModel(state) {
    const values = new Map(Object.entries(state));
    const listeners = new Map();
    const emit = (name, ...rest) => [...(listeners.get(name) ?? [])].forEach((call) => call(...rest));
    return {
      get: (key) => values.get(key),
      set(key, value) {
        if (JSON.stringify(values.get(key)) === JSON.stringify(value)) return;
        values.set(key, value);
        emit(`change:${key}`, this, value);
        emit("change", this);
      },
      save_changes() {},
      send() {},
      on(name, call) {
        if (!listeners.has(name)) listeners.set(name, new Set());
        listeners.get(name).add(call);
      },
      off(name, call) {
        if (call) listeners.get(name)?.delete(call);
        else if (name) listeners.delete(name);
        else listeners.clear();
      },
    };
  }

  const loaded = new Map();
  function load(name) {
    if (!loaded.has(name)) {
      const source = window.eosModules?.[name];
      if (!source) return Promise.reject(new Error(`the page does not carry the module "${name}"`));
      const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
      loaded.set(name, import(url).then((module) => module.default).finally(() => URL.revokeObjectURL(url)));
    }
    return loaded.get(name);
  }

  /** The state in the page; one that cannot be read is named, and the widget shows its default setting. */
  function readState(el) {
    try {
      const state = JSON.parse(el.dataset.eosState);
      if (state && typeof state === "object" && !Array.isArray(state)) return state;
    } catch { /* said below */ }
    const sentence = document.createElement("p");
    sentence.setAttribute("role", "alert");
    sentence.textContent = `The setting stored in this page cannot be read (“${String(el.dataset.eosState).slice(0, 40)}”). The widget shows its default setting.`;
    el.before(sentence);
    return {};
  }

  async function mount(el) {
    const fallback = [...el.childNodes];
    try {
      const module = await load(el.dataset.eosModule);
      const model = makeModel(readState(el));
      await module.initialize?.({ model });
      el.replaceChildren();
      await module.render({ model, el });
      el.dataset.eosReady = "true";
    } catch (error) {
      console.error("This widget could not start:", error);
      el.replaceChildren(...fallback);
    }
  }

  const start = () => document.querySelectorAll(".eos-mount:not([data-eos-started])").forEach((el) => {
    el.dataset.eosStarted = "true";
    mount(el);
  });
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();

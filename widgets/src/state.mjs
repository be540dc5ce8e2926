// @ts-check
// Settings in the page's fragment, so that a setting can be linked: #lab:lr=0.2&task=chebyshev-4&hidden=30-20
// Several widgets share the fragment; each writes only its own part: #lab:lr=0.2;other:lr=0.5

/** Names in the fragment and the settings they stand for: the lab's. @type {[string, string][]} */
export const LINKED = [["lr", "lr"], ["task", "task"], ["hidden", "hidden"], ["act", "activation"], ["loss", "loss"], ["seed", "seed"]];

/** The rest of the lab's, in a link only where they differ from the page's own. @type {[string, string][]} */
export const FURTHER = [["opt", "optimizer"], ["beta", "momentum"], ["beta1", "beta1"], ["beta2", "beta2"], ["rho", "rho"], ["batch", "batch"], ["schedule", "schedule"], ["show", "measures"]];
export const ALL = [...LINKED, ...FURTHER];
/** Settings that a run goes on with. @type {(keyof import("./settings.mjs").Settings)[]} */
export const MID_RUN = ["lr", "momentum", "beta1", "beta2", "rho"];

/** Whether a fragment has a part for the widget `id`. @param {string} hash @param {string} id */
export const hasPart = (hash, id) => parts(hash).some((text) => text.startsWith(`${id}:`));

/** The parts of a fragment that are widgets' (a plain anchor has no colon), and lecture mode. @param {string} hash */
const parts = (hash) => hash.replace(/^#/, "").split(";").filter((part) => /^(lecture$|[A-Za-z][\w-]*:)/.test(part));

/** Raw text values, by setting name, of the widget `id` in a fragment; empty when it has none.
 * @param {string} hash @param {string} id @param {[string, string][]} [linked]  @returns {Record<string, string>} */
export function readFragment(hash, id, linked = ALL) {
  const part = parts(hash).find((text) => text.startsWith(`${id}:`));
  /** @type {Record<string, string>} */
  const raw = {};
  for (const [name, value] of new URLSearchParams(part ? part.slice(id.length + 1) : "")) {
    const known = linked.find(([short]) => short === name);
    if (known) raw[known[1]] = value;
  }
  return raw;
}

/** The fragment with this widget's part replaced and the others' kept.
 * @param {string} hash @param {string} id @param {Record<string, unknown>} settings @param {[string, string][]} [linked] */
export function writeFragment(hash, id, settings, linked = LINKED) {
  const own = linked.map(([short, name]) => {
    const value = settings[name];
    return `${short}=${encodeURIComponent(Array.isArray(value) ? value.join("-") : String(value))}`;
  });
  return `#${[...parts(hash).filter((text) => !text.startsWith(`${id}:`)), `${id}:${own.join("&")}`].join(";")}`;
}

/** The lab that an address asks to see in lecture mode: its id, "" for the page's first, or null for none.
 * @param {{ search: string, hash: string }} address */
export function asked({ search, hash }) {
  const named = new URLSearchParams(search).get("lecture");
  return named ?? (hash.slice(1).split(";").includes("lecture") ? "" : null);
}

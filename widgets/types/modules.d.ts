// Modules that build.mjs provides.
declare module "eos:engine" {
  /** src/engine.mjs with all it imports, as one self-contained function: called here, or printed into a worker. */
  const engine: () => typeof import("../src/engine.mjs");
  export default engine;
}
declare module "*.css" {
  const text: string;
  export default text;
}
interface HTMLElement {
  /** The running lab in this element, for tests and curious readers. */
  eos?: {
    state: () => Record<string, unknown>;
    history: () => Record<string, number[]>;
    set: (key: string, value: unknown) => void;
  };
}

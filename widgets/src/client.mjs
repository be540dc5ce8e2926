// @ts-check
// Starts the engine in a Web Worker made from its own source text; where the host refuses such workers (a strict
// content security policy), on this thread instead. Commands sent before that is known are not lost.
import engine from "eos:engine";

/** @typedef {import("./engine.mjs").Command} Command */
/** @typedef {import("./engine.mjs").Batch} Batch */

/** @param {(batch: Batch) => void} receive  @returns {{ send: (command: Command) => void, stop: () => void, where: () => string }} */
export function connect(receive) {
  let stopped = false, answered = false;
  /** @type {Command[]} */
  const sent = [];
  /** @type {Worker | null} */
  let worker = null;
  /** @type {((command: Command) => void) | null} */
  let local = null;
  const deliver = (/** @type {Batch} */ batch) => { if (!stopped) receive(batch); };

  function fallBack() {
    if (answered || local || stopped) return;
    worker?.terminate();
    worker = null;
    local = engine().startEngine(deliver);
    for (const command of sent) local(command);
  }

  try {
    const source = `const engine = ${engine}; const handle = engine().startEngine(b => postMessage(b)); onmessage = e => handle(e.data);`;
    const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
    worker = new Worker(url);
    worker.onmessage = (event) => {
      if (!answered) URL.revokeObjectURL(url);
      answered = true;
      sent.length = 0;
      deliver(event.data);
    };
    worker.onerror = (event) => { event.preventDefault(); fallBack(); };
  } catch {
    fallBack();
  }
  return {
    send(command) {
      if (!answered) sent.push(command);
      if (local) local(command);
      else worker?.postMessage(command);
    },
    stop() {
      stopped = true;
      worker?.terminate();
      local?.({ kind: "pause" });
    },
    where: () => (local ? "page" : "worker"),
  };
}

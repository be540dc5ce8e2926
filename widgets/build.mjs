// @ts-check
// Bundles the widget into one self-contained ES module, eoslib/static/lab.js, which is committed.
// Usage: node widgets/build.mjs          write the bundle
//        node widgets/build.mjs --check  fail if the committed bundle is not what the sources make
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const here = fileURLToPath(new URL(".", import.meta.url));
const target = fileURLToPath(new URL("../eoslib/static/lab.js", import.meta.url));
const common = /** @type {const} */ ({ absWorkingDir: here, bundle: true, write: false, minify: true, charset: "utf8", target: "es2022", legalComments: "none", logLevel: "warning" });

/** The engine as one function without outside references, so that it can be called on the page and, as its own source
 * text, started in a worker: one copy serves both. @param {Record<string, string>} [alias] */
async function engineFunction(alias = {}) {
  const plugin = { name: "alias", setup: (/** @type {import("esbuild").PluginBuild} */ b) => b.onLoad({ filter: /digits-data\.mjs$/ },
    () => (alias.digits ? { contents: alias.digits } : undefined)) };
  const result = await build({ ...common, entryPoints: ["src/engine.mjs"], format: "iife", globalName: "engine", plugins: [plugin] });
  return `export default function () {${result.outputFiles[0].text}; return engine;}`;
}

/** @param {string} engine  @returns {Promise<string>} */
async function bundle(engine) {
  /** @type {import("esbuild").Plugin} */
  const plugin = {
    name: "eos",
    setup(b) {
      b.onResolve({ filter: /^eos:engine$/ }, () => ({ path: "engine", namespace: "eos" }));
      b.onLoad({ filter: /.*/, namespace: "eos" }, () => ({ contents: engine, loader: "js" }));
      b.onLoad({ filter: /\.css$/ }, async ({ path }) => {
        const css = await build({ ...common, entryPoints: [path], bundle: false });
        return { contents: css.outputFiles[0].text.trim(), loader: "text" };
      });
    },
  };
  const result = await build({ ...common, entryPoints: ["src/lab.mjs"], format: "esm", plugins: [plugin] });
  const notice = readFileSync(`${here}src/mathfns.mjs`, "utf8").match(/\/\*[\s\S]*?\*\//)?.[0] ?? "";   // fdlibm's, which must stay with it
  return `/* Built by widgets/build.mjs from widgets/src; do not edit. */\n${notice}\n${result.outputFiles[0].text}`;
}

const text = await bundle(await engineFunction());
if (process.argv.includes("--check")) {
  if (readFileSync(target, "utf8") !== text) {
    console.error("eoslib/static/lab.js is not what widgets/src makes. Run: node widgets/build.mjs");
    process.exit(1);
  }
  console.log("eoslib/static/lab.js is up to date");
} else {
  writeFileSync(target, text);
  const bare = await bundle(await engineFunction({ digits: 'export const DIGIT_LABELS = "", DIGIT_PIXELS = "";' }));
  const size = (/** @type {string} */ s) => `${(Buffer.byteLength(s) / 1024).toFixed(1)} KiB, gzip ${(gzipSync(s, { level: 9 }).length / 1024).toFixed(1)} KiB`;
  console.log(`eoslib/static/lab.js: ${size(text)}; without the digits: ${size(bare)}`);
}

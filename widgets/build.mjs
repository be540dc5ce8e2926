// @ts-check
// Bundles each widget into one self-contained ES module, eoslib/static/<name>.js, which is committed.
// Usage: node widgets/build.mjs          write the bundles
//        node widgets/build.mjs --check  fail if a committed bundle is not what the sources make
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { minify } from "terser";

const here = fileURLToPath(new URL(".", import.meta.url));
const common = /** @type {const} */ ({ absWorkingDir: here, bundle: true, write: false, minify: true, charset: "utf8", target: "es2022", legalComments: "none", logLevel: "warning" });
/** Each widget's module and where its source begins. @type {[name: string, entry: string][]} */
const WIDGETS = [["lab", "src/lab.mjs"], ["quadratic", "src/quadratic/widget.mjs"], ["landscape", "src/landscape/widget.mjs"], ["stabilisation", "src/stabilisation/widget.mjs"], ["sketch", "src/sketch/widget.mjs"], ["replay", "src/replay/widget.mjs"], ["live", "src/live/widget.mjs"]];

/** The engine as one function without outside references, so that it can be called on the page and, as its own source
 * text, started in a worker: one copy serves both. @param {Record<string, string>} [alias] */
async function engineFunction(alias = {}) {
  const plugin = { name: "alias", setup: (/** @type {import("esbuild").PluginBuild} */ b) => b.onLoad({ filter: /digits-data\.mjs$/ },
    () => (alias.digits ? { contents: alias.digits } : undefined)) };
  const result = await build({ ...common, entryPoints: ["src/engine.mjs"], format: "iife", globalName: "engine", plugins: [plugin] });
  return `export default function () {${result.outputFiles[0].text}; return engine;}`;
}

/** @param {string} entry @param {string} engine  @returns {Promise<string>} */
async function bundle(entry, engine) {
  let math = false;
  /** @type {import("esbuild").Plugin} */
  const plugin = {
    name: "eos",
    setup(b) {
      b.onResolve({ filter: /^eos:engine$/ }, () => ({ path: "engine", namespace: "eos" }));
      b.onLoad({ filter: /.*/, namespace: "eos" }, () => { math = true; return { contents: engine, loader: "js" }; });
      b.onLoad({ filter: /mathfns\.mjs$/ }, () => { math = true; return undefined; });
      b.onLoad({ filter: /\.css$/ }, async ({ path }) => {
        const css = await build({ ...common, entryPoints: [path], bundle: false });
        return { contents: css.outputFiles[0].text.trim(), loader: "text" };
      });
    },
  };
  const result = await build({ ...common, entryPoints: [entry], format: "esm", plugins: [plugin] });
  const notice = math ? `${readFileSync(`${here}src/mathfns.mjs`, "utf8").match(/\/\*[\s\S]*?\*\//)?.[0] ?? ""}\n` : "";   // fdlibm's, which must stay with it
  const { code } = await minify(result.outputFiles[0].text, { module: true, ecma: 2020, compress: { passes: 3 } });   // 3 % less than esbuild alone
  return `/* Built by widgets/build.mjs from widgets/src; do not edit. */\n${notice}${code}\n`;
}

const size = (/** @type {string} */ s) => `${(Buffer.byteLength(s) / 1024).toFixed(1)} KiB, gzip ${(gzipSync(s, { level: 9 }).length / 1024).toFixed(1)} KiB`;
const check = process.argv.includes("--check"), engine = await engineFunction();
for (const [name, entry] of WIDGETS) {
  const target = fileURLToPath(new URL(`../eoslib/static/${name}.js`, import.meta.url)), text = await bundle(entry, engine);
  if (!check) {
    writeFileSync(target, text);
    console.log(`eoslib/static/${name}.js: ${size(text)}`);
  } else if (readFileSync(target, "utf8") === text) {
    console.log(`eoslib/static/${name}.js is up to date`);
  } else {
    console.error(`eoslib/static/${name}.js is not what widgets/src makes. Run: node widgets/build.mjs`);
    process.exitCode = 1;
  }
}
if (!check) {
  const bare = await bundle("src/lab.mjs", await engineFunction({ digits: 'export const DIGIT_LABELS = "", DIGIT_PIXELS = "";' }));
  console.log(`lab.js without the digits: ${size(bare)}`);
}

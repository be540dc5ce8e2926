// @ts-check
// Compiles kernels.c to WebAssembly and writes it, as hexadecimal text (gzip makes it smaller than base64), to src/wasm-bytes.mjs, which is committed.
// Needs clang with its wasm32 target, and wasm-ld. Usage: node widgets/kernels/build.mjs
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";

const path = (/** @type {string} */ name) => fileURLToPath(new URL(name, import.meta.url));
const out = `${mkdtempSync(`${tmpdir()}/kernels-`)}/kernels.wasm`;
const line = `clang --target=wasm32 -Os -msimd128 -ffp-contract=off -fno-builtin -nostdlib -Wl,--no-entry,--export-dynamic,--import-memory,--strip-all -o ${out} ${path("kernels.c")}`;
execFileSync("clang", line.split(" ").slice(1), { stdio: "inherit" });
const bytes = readFileSync(out), version = execFileSync("clang", ["--version"], { encoding: "utf8" }).split("\n")[0];
writeFileSync(path("../src/wasm-bytes.mjs"), `// @ts-check
// kernels/kernels.c compiled by kernels/build.mjs with ${version}; do not edit.
export const MODULE = "${bytes.toString("hex")}";
`);
console.log(`src/wasm-bytes.mjs: ${bytes.length} bytes of WebAssembly`);

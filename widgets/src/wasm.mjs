// @ts-check
// The kernels of kernels.mjs compiled from kernels/kernels.c, two numbers at a time. Same operations, same order, same
// bits. Where WebAssembly or its SIMD is missing, or a content security policy forbids it, there are none.
import { MODULE } from "./wasm-bytes.mjs";

const FIRST = 131072;  // bytes; the compiler's own stack lies below

/** @type {WebAssembly.Module | null | undefined} null: cannot be had here */
let module;

/** @returns {WebAssembly.Module | null} */
function compiled() {
  if (module === undefined) {
    try {
      module = new WebAssembly.Module(Uint8Array.from(MODULE.match(/../g) ?? [], (byte) => parseInt(byte, 16)));
    } catch {                                                // missing, without SIMD, or forbidden: plain JavaScript serves
      module = null;
    }
  }
  return module;
}

/** Kernels with memory of their own for `room` numbers, or null where there can be none. Only arrays that came from
 * `array` may be given to them. @param {number} room  @returns {import("./kernels.mjs").Kernels | null} */
export function wasmKernels(room) {
  const code = compiled();
  if (!code) return null;
  let memory, run;
  try {
    memory = new WebAssembly.Memory({ initial: Math.ceil((FIRST + 8 * room) / 65536) });
    run = /** @type {Record<string, (...values: number[]) => number>} */ (/** @type {unknown} */ (new WebAssembly.Instance(code, { env: { memory } }).exports));
  } catch {                                                  // no memory of that size here
    return null;
  }
  let next = FIRST;
  return {
    name: "webassembly",
    array(length) {
      const at = next;
      next += Math.ceil(length / 2) * 16;
      return new Float64Array(memory.buffer, at, length);
    },
    gemm(m, n, k, A, ar, ac, B, b0, br, C, c0, add) { run.gemm(m, n, k, A.byteOffset, ar, ac, B.byteOffset + 8 * b0, br, C.byteOffset + 8 * c0, Number(add)); },
    dot: (a, b) => run.dot(a.length, a.byteOffset, b.byteOffset),
    add(a, s, b) { run.add(a.length, a.byteOffset, s, b.byteOffset); },
    transpose(rows, columns, a, from, out) { run.transpose(rows, columns, a.byteOffset + 8 * from, out.byteOffset); },
    repeat(n, width, a, from, out) { run.repeat(n, width, a.byteOffset + 8 * from, out.byteOffset); },
    columnSums(n, width, a, out, to) { run.columnSums(n, width, a.byteOffset, out.byteOffset + 8 * to); },
    multiply(a, b, out) { run.multiply(out.length, a.byteOffset, b.byteOffset, out.byteOffset); },
    bend(out, a, b, c) { run.bend(out.length, out.byteOffset, a.byteOffset, b.byteOffset, c.byteOffset); },
    activations: {
      tanh(z, value, first, second, n) { run.bendTanh(n, z.byteOffset, value.byteOffset, first.byteOffset, second.byteOffset); },
    },
  };
}

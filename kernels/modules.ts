// Copyright 2026 the Convlab authors. MIT license.

/**
 * The kernels' WebAssembly modules, compiled when they are first asked for.
 *
 * Their bytes are text in TypeScript: that needs no permission to read files,
 * and every bundler takes it along into a page.
 *
 * @module
 */

import { JOINED } from "./joined.ts";
import { RELAXED } from "./relaxed.ts";
import { STRICT } from "./strict.ts";
import { WIDE } from "./wide.ts";

/** A compiled variant of the kernels; `build.ts` tells how they differ. */
export type KernelModule = "relaxed" | "strict" | "wide" | "joined";

const BASE64: Readonly<Record<KernelModule, string>> = {
  ...{ relaxed: RELAXED, strict: STRICT, wide: WIDE, joined: JOINED },
};

const compiled = new Map<KernelModule, WebAssembly.Module>();

/** The bytes of a module. */
export function kernelBytes(name: KernelModule): Uint8Array<ArrayBuffer> {
  return Uint8Array.fromBase64(BASE64[name]);
}

/** A module, compiled once for a program. */
export function kernelModule(name: KernelModule): WebAssembly.Module {
  let module = compiled.get(name);
  if (!module) {
    module = new WebAssembly.Module(kernelBytes(name));
    compiled.set(name, module);
  }
  return module;
}

// Copyright 2026 the Convlab authors. MIT license.

/** The rasteriser's code, compiled. */
declare const wasm: WebAssembly.Module;
export default wasm;

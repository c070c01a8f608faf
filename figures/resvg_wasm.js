// Copyright 2026 the Convlab authors. MIT license.
// @ts-self-types="./resvg_wasm.d.ts"

/**
 * The rasteriser's code, compiled. Imported as a source, which needs no
 * permission and which TypeScript cannot express yet.
 *
 * @module
 */

import source wasm from "@resvg/resvg-wasm/index_bg.wasm";

export default wasm;

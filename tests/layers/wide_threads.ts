// Copyright 2026 the Convlab authors. MIT license.

/**
 * The tests of threads with wide register tiles, which tests/kernels/turbo_test.ts
 * runs in an engine that is fast with them: nowhere else are they used.
 */

import { instructions, setTileWidth } from "../../kernels/runtime.ts";

if (instructions === "relaxed") {
  setTileWidth("wide");
  await import("./threads_tiles_test.ts");
}

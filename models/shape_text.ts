// Copyright 2026 the Convlab authors. MIT license.

/**
 * Shapes of examples in words.
 *
 * @module
 */

import type { ExampleShape } from "./plan_model.ts";

/** What a layer takes or gives: `images of 3 x 32 x 32` or `10 features`. */
export function shapeText(shape: ExampleShape): string {
  return shape.length === 3
    ? `images of ${shape.join(" x ")}`
    : `${shape[0]} ${shape[0] === 1 ? "feature" : "features"}`;
}

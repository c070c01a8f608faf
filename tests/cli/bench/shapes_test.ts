// Copyright 2026 the Convlab authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { convolutionPasses } from "../../../cli/bench/convolution.ts";
import {
  CONVOLUTIONS,
  selectShapes,
  SHAPE_NAMES,
  STEPS,
} from "../../../cli/bench/shapes.ts";
import { stepPass } from "../../../cli/bench/step.ts";
import { UsageError } from "../../../cli/exit.ts";

describe("selectShapes()", () => {
  const known = ["document", "block2", "block3"];

  it("takes names one by one and in lists, and all where there is none", () => {
    const select = (...typed: string[]) => [
      ...selectShapes(typed, "layers", known),
    ];
    assertEquals(select(), known);
    assertEquals(select("block3"), ["block3"]);
    assertEquals(select("block2,document", "block2"), ["block2", "document"]);
    assertEquals(select("block2, document"), ["block2", "document"]);
  });

  it("names a shape that is unknown, and one that is elsewhere", () => {
    assertThrows(
      () => selectShapes(["blok2"], "layers", known),
      UsageError,
      'Unknown shape "blok2": did you mean "block2"?',
    );
    assertThrows(
      () => selectShapes(["block2", ""], "layers", known),
      UsageError,
      'Expected --shape to be document, block2 or block3 with layers but found ""',
    );
    assertThrows(
      () => selectShapes(["hidden-100"], "layers", known),
      UsageError,
      'Expected --shape to be document, block2 or block3 with layers but found "hidden-100"',
    );
  });
});

describe("SHAPE_NAMES", () => {
  it("names each shape once", () => {
    assertEquals(SHAPE_NAMES, [
      ...["document", "three-layer", "block2", "block3", "overlapping"],
      ...["hidden-100", "hidden-500", "power-of-two"],
    ]);
  });
});

describe("passes", () => {
  it("count a multiply-add as two operations", () => {
    const [document] = CONVOLUTIONS.map((shape) =>
      convolutionPasses(shape)("float32")
    );
    // 100 images of 25 planes of 16 x 16, 27 products each.
    const forward = 2 * 100 * 25 * 16 * 16 * 27;
    assertEquals(document?.forward.flops, forward);
    assertEquals(document?.backward.flops, 2 * forward);
    assertEquals(document?.filterGradient.flops, forward);
    const [small] = STEPS.map((shape) => stepPass(shape)("float32"));
    const first = 50 * 32 * 32 * 32 * 147;
    const second = 50 * 8192 * 100;
    const third = 50 * 100 * 10;
    assertEquals(small?.flops, 2 * (2 * first + 3 * second + 3 * third));
  });
});

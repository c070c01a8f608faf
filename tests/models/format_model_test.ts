// Copyright 2026 the Convlab authors. MIT license.

import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { formatLayer, formatModel } from "../../models/format_model.ts";
import { parseModel } from "../../models/parse_model.ts";
import { layerSpecs } from "./random_spec.ts";

describe("formatModel()", () => {
  it("leaves out all that is as by default", () => {
    for (
      const [text, short] of [
        ["conv32k3s1p1d1g1", "conv32"],
        ["conv32g2d2p2s2k3", "conv32s2d2g2"],
        ["conv32k5p2", "conv32k5"],
        ["conv32k5p0", "conv32k5p0"],
        ["conv32k4p1", "conv32k4p1"],
        ["pool2s2-avgpool3s3 pool3s2", "pool avgpool3 pool3s2"],
        ["pool2s1 avgpool2s3", "pool2s1 avgpool2s3"],
        ["leaky0.01-leaky.010-leaky0.2", "leaky leaky leaky0.2"],
        ["dropout", "dropout0.5"],
        ["res[ relu|]", "res[relu]"],
        ["res[conv8-bn|conv8k1 -bn]\nfc010", "res[conv8 bn | conv8k1 bn] fc10"],
      ] as const
    ) {
      assertEquals(formatModel(parseModel(text)), short);
    }
  });

  it("writes any fraction without an exponent, and with all its digits", () => {
    for (
      const [slope, text] of [
        [1e-7, "leaky0.0000001"],
        [1.25e-10, "leaky0.000000000125"],
        [0, "leaky0"],
        [0.1 + 0.2, "leaky0.30000000000000004"],
        [1 - 2 ** -53, "leaky0.9999999999999999"],
      ] as const
    ) {
      assertEquals(formatLayer({ kind: "leaky", slope }), text);
    }
    const least = formatLayer({ kind: "dropout", p: Number.MIN_VALUE });
    assertEquals(parseModel(least), [{ kind: "dropout", p: Number.MIN_VALUE }]);
  });

  it("gives the same again when it was read", () => {
    fc.assert(fc.property(layerSpecs(), (layers) => {
      const text = formatModel(layers);
      assertEquals(formatModel(parseModel(text)), text);
    }));
  });
});

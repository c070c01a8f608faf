// Copyright 2026 the Convlab authors. MIT license.

/** Model texts that can be read, and those that cannot. */

import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import type { LayerSpec } from "../../models/layer_spec.ts";
import { formatModel } from "../../models/format_model.ts";
import { parseModel } from "../../models/parse_model.ts";
import { layerSpecs } from "./random_spec.ts";

const CONV = {
  kind: "conv",
  ...{ filters: 32, size: 3, stride: 1, pad: 1, dilation: 1, groups: 1 },
} as const;

/** What each text says. */
const READ: readonly (readonly [string, LayerSpec])[] = [
  ["conv32", CONV],
  ["conv032k03", CONV],
  ["conv32k5", { ...CONV, size: 5, pad: 2 }],
  ["conv32k1", { ...CONV, size: 1, pad: 0 }],
  ["conv32s2", { ...CONV, stride: 2 }],
  ["conv32p0", { ...CONV, pad: 0 }],
  ["conv32d2", { ...CONV, dilation: 2, pad: 2 }],
  ["conv32k4d2", { ...CONV, size: 4, dilation: 2, pad: 3 }],
  ["conv32g4", { ...CONV, groups: 4 }],
  ["conv32g4p3k2s5", { ...CONV, size: 2, stride: 5, pad: 3, groups: 4 }],
  ["bn", { kind: "bn" }],
  ["ln", { kind: "ln" }],
  ["gn8", { kind: "gn", groups: 8 }],
  ["relu", { kind: "relu" }],
  ["gelu", { kind: "gelu" }],
  ["leaky", { kind: "leaky", slope: 0.01 }],
  ["leaky0.2", { kind: "leaky", slope: 0.2 }],
  ["leaky.2", { kind: "leaky", slope: 0.2 }],
  ["leaky0", { kind: "leaky", slope: 0 }],
  ["pool", { kind: "pool", size: 2, stride: 2 }],
  ["pool3", { kind: "pool", size: 3, stride: 3 }],
  ["pool3s2", { kind: "pool", size: 3, stride: 2 }],
  ["avgpool", { kind: "avgpool", size: 2, stride: 2 }],
  ["avgpool3s1", { kind: "avgpool", size: 3, stride: 1 }],
  ["gap", { kind: "gap" }],
  ["dropout", { kind: "dropout", p: 0.5 }],
  ["dropout0.25", { kind: "dropout", p: 0.25 }],
  ["fc10", { kind: "fc", units: 10 }],
  ["res[relu]", { kind: "res", body: [{ kind: "relu" }], shortcut: [] }],
  ["res[relu|bn]", {
    kind: "res",
    body: [{ kind: "relu" }],
    shortcut: [{ kind: "bn" }],
  }],
  ["res[relu | ]", { kind: "res", body: [{ kind: "relu" }], shortcut: [] }],
];

/** Texts that are none, and what is said of each. */
const REFUSED: readonly (readonly [string, ErrorConstructor, string])[] = [
  ["", SyntaxError, 'layers such as "conv32-relu pool fc10" but found none'],
  [" \n ", SyntaxError, "but found none"],
  ["-", SyntaxError, 'expected a layer but found "-"'],
  ["-relu", SyntaxError, 'expected a layer but found "-"'],
  ["relu--bn", SyntaxError, 'expected a layer but found "-"'],
  ["relu-", SyntaxError, 'expected a layer after "-" but found the end'],
  ["res[relu-]", SyntaxError, 'expected a layer after "-" but found "]"'],
  ["relu]", SyntaxError, 'expected a layer but found "]"'],
  ["relu | bn", SyntaxError, 'expected a layer but found "|"'],
  ["res[relu", SyntaxError, 'a "]" for each "res[" but found the end'],
  ["res[relu|bn|ln]", SyntaxError, 'a "]" for each "res[" but found "|"'],
  ["res[]", SyntaxError, 'expected layers in "res[…]" but found none'],
  ["res[|relu]", SyntaxError, 'expected layers in "res[…]" but found none'],
  ["res", SyntaxError, 'in brackets, as in "res[conv32-relu]"'],
  ["res2[relu]", SyntaxError, "in brackets"],
  ["conv", SyntaxError, 'number of filters, as in "conv32" but found "conv"'],
  ["convk3", SyntaxError, 'but found "convk3"; did you mean "conv"?'],
  ["conv32x", SyntaxError, 'a form such as "conv64k5s2p2d1g1"'],
  ["conv32k", SyntaxError, 'a form such as "conv64k5s2p2d1g1"'],
  ["conv32k3k5", SyntaxError, 'a form such as "conv64k5s2p2d1g1"'],
  ["conv32.5", SyntaxError, 'a form such as "conv64k5s2p2d1g1"'],
  ["conv32u2", SyntaxError, 'a form such as "conv64k5s2p2d1g1"'],
  ["conv0", RangeError, 'from 1 to 1048576 but found 0 in "conv0"'],
  ["conv32k0", RangeError, 'but found 0 in "conv32k0"'],
  ["conv32s0", RangeError, 'but found 0 in "conv32s0"'],
  ["conv1048577", RangeError, "but found 1048577"],
  ["conv32p1048577", RangeError, "from 0 to 1048576"],
  ["conv32k4", RangeError, 'as in "conv32k4p0", since none keeps the size'],
  ["pool3x2", SyntaxError, 'a form such as "pool3s2" but found "pool3x2"'],
  ["avgpool2k2", SyntaxError, 'a form such as "avgpool3s2"'],
  ["pools1", SyntaxError, 'but found "pools1"; did you mean "pool"?'],
  ["pool0", RangeError, 'but found 0 in "pool0"'],
  ["fc", SyntaxError, 'a number of outputs, as in "fc10" but found "fc"'],
  ["fc10k3", SyntaxError, 'a form such as "fc8"'],
  ["fc0", RangeError, "from 1 to 1048576 but found 0"],
  ["gn", SyntaxError, 'a number of groups, as in "gn8" but found "gn"'],
  ["bn2", SyntaxError, 'expected "bn" but found "bn2"'],
  ["relu6", SyntaxError, 'expected "relu" but found "relu6"'],
  ["gap2", SyntaxError, 'expected "gap" but found "gap2"'],
  ["dropout1", RangeError, 'at least 0 and below 1 but found "1" in "dropout1'],
  ["dropout50%", RangeError, 'but found "50%" in "dropout50%"'],
  ["dropout1e-3", RangeError, 'but found "1e" in "dropout1e"'],
  ["leaky1.5", RangeError, 'but found "1.5" in "leaky1.5"'],
  ["cnov32", SyntaxError, 'but found "cnov32"; did you mean "conv"?'],
  ["Conv32", SyntaxError, 'but found "Conv32"; did you mean "conv"?'],
  ["gleu", SyntaxError, 'did you mean "gelu"?'],
  ["maxpool2", SyntaxError, 'did you mean "pool"?'],
  ["linear10", SyntaxError, 'did you mean "fc"?'],
  ["32", SyntaxError, "(conv, bn, ln, gn, relu, leaky, gelu, pool, avgpool, g"],
  ["constructor", SyntaxError, 'but found "constructor"'],
  ["conv32,relu", SyntaxError, 'a form such as "conv64k5s2p2d1g1"'],
  ["conv32[relu]", SyntaxError, 'but found "conv32[relu"'],
];

describe("parseModel()", () => {
  for (const [text, layer] of READ) {
    it(`reads ${text}`, () => assertEquals(parseModel(text), [layer]));
  }

  for (const [text, type, message] of REFUSED) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      const error = assertThrows(() => parseModel(text), type, message);
      assert(error.constructor === type);
    });
  }

  it("takes white space, - and both together for the same", () => {
    const [first, ...others] = [
      "conv32-bn-relu pool res[conv32-relu|bn] fc10",
      "conv32 bn relu pool res[ conv32 relu | bn ] fc10",
      "\tconv32 -\nbn - relu-pool-res[conv32-relu |bn]-fc10\r\n",
    ].map(parseModel);
    assertEquals(others, [first, first]);
  });

  it("refuses what is no text", () => {
    assertThrows(
      () => parseModel([] as unknown as string),
      TypeError,
      "expected a text but found object",
    );
  });

  it("reads what formatModel() writes, for any layers", () => {
    fc.assert(fc.property(layerSpecs(), (layers) => {
      assertEquals(parseModel(formatModel(layers)), layers);
    }));
  });

  it("gives layers or a SyntaxError or RangeError of one short line for any text", () => {
    const piece = fc.constantFrom(
      ..."conv bn ln gn relu leaky gelu pool avgpool gap dropout fc".split(" "),
      ..."res[ [ ] | - . 0 1 3 64 99999999999 1e9 k s p d g".split(" "),
      ...[" ", "\n", "\0", "é", "\u{1f600}", "\ud800", "__proto__"],
    );
    const texts = fc.oneof(
      fc.string({ unit: "binary", maxLength: 60 }),
      fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join("")),
    );
    fc.assert(fc.property(texts, checkOutcome), { numRuns: 2000 });
  });

  it("gives the same for texts of networks that were changed at random", () => {
    const changed = fc.tuple(
      layerSpecs().map(formatModel),
      fc.array(fc.tuple(fc.nat(), fc.constantFrom(..."-[]|k0 e.9x"))),
    ).map(([text, changes]) => {
      const letters = [...text];
      for (const [at, letter] of changes) letters[at % letters.length] = letter;
      return letters.join("");
    });
    fc.assert(fc.property(changed, checkOutcome), { numRuns: 1000 });
  });

  it("reads 20 blocks within each other, and refuses 21 and 6,000", () => {
    const nested = (depth: number) =>
      `${"res[".repeat(depth)}relu${"]".repeat(depth)}`;
    assertEquals(formatModel(parseModel(nested(20))), nested(20));
    for (const depth of [21, 2200]) {
      assertThrows(
        () => parseModel(nested(depth)),
        RangeError,
        "at most 20 blocks within each other but found more",
      );
    }
    assertThrows(() => parseModel("res[".repeat(5000)), RangeError, "20 block");
  });

  it("reads 1,000 layers, and refuses more", () => {
    assertEquals(parseModel("relu ".repeat(1000)).length, 1000);
    assertThrows(
      () => parseModel("bn-".repeat(1000) + "bn"),
      RangeError,
      "at most 1000 layers but found more",
    );
  });

  it("reads 20,000 characters, and refuses more", () => {
    assertEquals(parseModel("relu".padEnd(20_000)).length, 1);
    assertThrows(
      () => parseModel("relu".padEnd(20_001)),
      SyntaxError,
      "at most 20000 characters but found 20001",
    );
  });

  it("shortens long words in messages", () => {
    for (
      const [text, type] of [
        ["x".repeat(20_000), SyntaxError],
        ["conv".padEnd(19_999, "9"), RangeError],
        ["conv3".padEnd(19_999, "k9"), SyntaxError],
        ["dropout".padEnd(19_999, "9"), RangeError],
        ["relu".padEnd(19_999, "x"), SyntaxError],
      ] as const
    ) {
      const { message } = assertThrows(() => parseModel(text), type);
      assert(message.length < 250, message);
      assertMatch(message, /…"/);
    }
  });
});

/** Layers that can be written and read again, or an error of one short line. */
function checkOutcome(text: string): void {
  let layers: LayerSpec[];
  try {
    layers = parseModel(text);
  } catch (error) {
    assert(error instanceof SyntaxError || error instanceof RangeError);
    assertMatch(error.message, /^Cannot parse model: expected [^\n]+$/s);
    assert(error.message.length < 400);
    return;
  }
  assertEquals(parseModel(formatModel(layers)), layers);
}

// Copyright 2026 the Convlab authors. MIT license.

/** What the first notebook prints, beside what the document prints. */

import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { it } from "@std/testing/bdd";
import batchnorm from "../../fixtures/bn_spatial.json" with { type: "json" };
import cell03 from "../../fixtures/cell03_conv_forward.json" with {
  type: "json",
};
import cell05 from "../../fixtures/cell05_conv_backward.json" with {
  type: "json",
};
import cell06 from "../../fixtures/cell06_pool_forward.json" with {
  type: "json",
};
import cell07 from "../../fixtures/cell07_pool_backward.json" with {
  type: "json",
};
import cell13 from "../../fixtures/cell13_sanity_loss.json" with {
  type: "json",
};
import cell16 from "../../fixtures/cell16_overfit.json" with { type: "json" };
import cell18 from "../../fixtures/cell18_epoch.json" with { type: "json" };
import { formatG12 } from "../../numerics/format.ts";
import { describePermitted } from "../permitted.ts";
import { codeOf, pathOf, printed, readNotebook } from "./notebook.ts";

/** `name: value` a line. */
const lines = (values: Record<string, string>) =>
  Object.entries(values).map(([name, value]) => `${name}: ${value}\n`).join("");

describePermitted("convolutional_networks.ipynb beside the document", () => {
  const text = new Map(
    codeOf(readNotebook(pathOf("convolutional_networks")))
      .map((cell) => [cell.id, printed(cell)]),
  );
  const numbersOf = (id: string) =>
    [...text.get(id)!.matchAll(/(?<=[ :])-?\d+(\.\d+(e-?\d+)?)?$/gm)]
      .map(([number]) => Number(number));

  it("prints its digits, layer by layer", () => {
    const expected: Record<string, Record<string, string>> = {
      "conv-forward-compare": cell03.printed,
      "conv-backward": cell05.printed,
      "pool-forward": cell06.printed,
      "pool-backward": cell07.printed,
      "fast-pool-inputs": { "out difference": "0.0", "dx difference": "0.0" },
      sanity: {
        "initial loss, no regularisation": formatG12(cell13.loss_noreg),
        "initial loss, with regularisation": formatG12(cell13.loss_reg),
        "log(10)": formatG12(Math.log(10)),
      },
      "gradient-check": {
        "W1 max relative error": "1.380104e-04",
        "W2 max relative error": "1.822723e-02",
        "W3 max relative error": "3.064049e-04",
        "b1 max relative error": "3.477652e-05",
        "b2 max relative error": "2.516375e-03",
        "b3 max relative error": "7.945660e-10",
      },
    };
    for (const [id, values] of Object.entries(expected)) {
      assertEquals(text.get(id), lines(values), id);
    }
  });

  it("stays within its order of magnitude where it prints rounding noise", () => {
    const expected: Record<string, number[]> = {
      "fast-compare": [
        4.92640785149e-11,
        1.94976477535e-11,
        3.681156828e-13,
        0,
      ],
      "sandwich-pool": [
        9.59113262192e-09,
        5.80239113733e-09,
        1.01463434118e-09,
      ],
      "sandwich-relu": [1.52186199803e-09, 2.7020226461e-10, 1.45127239359e-10],
      "bn-backward": [
        batchnorm.backward["dx error"],
        batchnorm.backward["dgamma error"],
        batchnorm.backward["dbeta error"],
      ],
    };
    for (const [id, values] of Object.entries(expected)) {
      const ours = numbersOf(id);
      assertEquals(ours.length, values.length, id);
      ours.forEach((value, i) => assert(value <= 10 * values[i]!, id));
    }
  });

  it("prints its shapes", () => {
    assertEquals(
      text.get("data-load"),
      [
        "CIFAR-10",
        "x_train: (49000, 3, 32, 32)",
        "y_train: (49000,)",
        "x_val: (1000, 3, 32, 32)",
        "y_val: (1000,)",
        "x_test: (1000, 3, 32, 32)",
        "y_test: (1000,)",
        "",
      ].join("\n"),
    );
  });

  it("overfits in the same 46 lines", () => {
    assertEquals(
      text.get("overfit-train")!.trimEnd().split("\n"),
      cell16.lines,
    );
  });

  it("trains in the same 8 lines, and gets above 40 %", () => {
    const printed = text.get("train")!.trimEnd().split("\n");
    assertEquals(printed.slice(0, 8), cell18.lines);
    const [, accuracy] = /\(Epoch 1 \/ 1\) train acc: ([\d.]+)/
      .exec(printed.at(-1)!)!;
    assert(Number(accuracy) > 0.4);
  });

  it("normalises batches as NumPy does", () => {
    const { forward_train, forward_test } = batchnorm;
    const rows = (id: string) =>
      text.get(id)!.split("\n").filter((line) => line.startsWith("  "))
        .map((line) =>
          line.replace(/^.*?:/, "").trim().split(/ +/).map(Number)
        );
    const near = (id: string, expected: number[][]) =>
      rows(id).forEach((row, i) =>
        row.forEach((value, c) =>
          assertAlmostEquals(value, expected[i]![c]!, 6e-9)
        )
      );
    near("bn-train", [
      forward_train.before_means.data,
      forward_train.before_stds.data,
      forward_train.after_means.data,
      forward_train.after_stds.data,
      forward_train.gb_means.data,
      forward_train.gb_stds.data,
    ]);
    near("bn-test", [forward_test.means.data, forward_test.stds.data]);
  });
});

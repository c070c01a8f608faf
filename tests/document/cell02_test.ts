// Copyright 2026 the Convlab authors. MIT license.

/** Cell 2 of the document: the data and the shapes it prints. */

import { assertEquals } from "@std/assert";
import { describe } from "@std/testing/bdd";
import { getCifar10Data } from "../../data/get_cifar10_data.ts";
import { formatShape } from "../../numerics/tensor.ts";
import expected from "../../fixtures/cifar10.json" with { type: "json" };
import { itWithCifar10 } from "../data/find_cifar10.ts";

describe("cell 2", () => {
  itWithCifar10(
    "prints the document's shapes, of the course's pixels",
    (directory) => {
      const data = getCifar10Data(directory);
      const lines = [
        `X_val:  ${formatShape(data.xVal.shape)}`,
        `X_train:  ${formatShape(data.xTrain.shape)}`,
        `X_test:  ${formatShape(data.xTest.shape)}`,
        `y_val:  ${formatShape([data.yVal.length])}`,
        `y_train:  ${formatShape([data.yTrain.length])}`,
        `y_test:  ${formatShape([data.yTest.length])}`,
      ];
      assertEquals(lines, [
        "X_val:  (1000, 3, 32, 32)",
        "X_train:  (49000, 3, 32, 32)",
        "X_test:  (1000, 3, 32, 32)",
        "y_val:  (1000,)",
        "y_train:  (49000,)",
        "y_test:  (1000,)",
      ]);
      assertEquals(
        [...data.xTrain.data.subarray(0, 4)],
        expected.X_train_0_chw_first4,
      );
      assertEquals([...data.yTrain.subarray(0, 20)], expected.labels_first20);
      assertEquals([...data.yVal.subarray(0, 20)], expected.val_labels_first20);
    },
  );
});

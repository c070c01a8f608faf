// Copyright 2026 the Convlab authors. MIT license.

import { assertAlmostEquals, assertEquals } from "@std/assert";
import { loadCifar10 } from "../../data/cifar10.ts";
import { getCifar10Data } from "../../data/get_cifar10_data.ts";
import expected from "../../fixtures/cifar10.json" with { type: "json" };
import { itWithCifar10 } from "./find_cifar10.ts";
import { describePermitted } from "../permitted.ts";

function countClasses(labels: Int32Array): number[] {
  const counts = new Array<number>(10).fill(0);
  for (const label of labels) counts[label]!++;
  return counts;
}

describePermitted("loadCifar10()", () => {
  itWithCifar10("equals the course's loader on the release", (directory) => {
    const { classNames, train, validation } = loadCifar10(directory);
    assertEquals(classNames, [
      "airplane",
      "automobile",
      "bird",
      "cat",
      "deer",
      "dog",
      "frog",
      "horse",
      "ship",
      "truck",
    ]);
    assertEquals([...train.labels.subarray(0, 20)], expected.labels_first20);
    assertEquals(
      [...validation.labels.subarray(0, 20)],
      expected.val_labels_first20,
    );
    assertEquals(
      countClasses(train.labels),
      expected.class_counts_train49000,
    );
    assertEquals(countClasses(validation.labels), expected.class_counts_val);
    for (
      const [channel, pixels] of expected.image0_first_pixels_chw.entries()
    ) {
      const plane = train.bytes.subarray(channel * 1024);
      assertEquals([...plane.subarray(0, 4)], pixels);
      assertEquals(
        train.mean?.[channel * 1024],
        expected.mean_image_hwc_0_0[channel],
      );
    }
    const meanSum = train.mean?.reduce((sum, value) => sum + value) ?? NaN;
    assertAlmostEquals(meanSum, expected.mean_image_sum, 1e-7);
  });
});

describePermitted("getCifar10Data()", () => {
  itWithCifar10("rounds the float64 pixels for float32", (directory) => {
    const sizes = { numTraining: 50, numValidation: 20, numTest: 10 };
    const wide = getCifar10Data(directory, sizes);
    const narrow = getCifar10Data(directory, { ...sizes, dtype: "float32" });
    assertEquals(narrow.xTrain, wide.xTrain.astype("float32"));
    assertEquals(narrow.xVal, wide.xVal.astype("float32"));
    assertEquals(narrow.xTest, wide.xTest.astype("float32"));
    assertEquals(narrow.xTest.shape, [10, 3, 32, 32]);
    assertEquals(narrow.yTest.length, 10);
  });

  itWithCifar10(
    "leaves the pixels whole numbers without the mean",
    (directory) => {
      const { xTrain } = getCifar10Data(directory, {
        numTraining: 50,
        numValidation: 0,
        numTest: 0,
        subtractMean: false,
      });
      assertEquals(
        [...xTrain.data.subarray(0, 4)],
        expected.image0_first_pixels_chw[0],
      );
    },
  );
});

// Copyright 2026 the Convlab authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { afterAll, beforeAll, it } from "@std/testing/bdd";
import { findCifar10, loadCifar10 } from "../../data/cifar10.ts";
import { DataError } from "../../data/data_error.ts";
import type { SplitOptions } from "../../data/data_set.ts";
import { FILE_BYTES, IMAGE_FILES, makeCifar10, poke } from "./make_cifar10.ts";
import { runScript } from "./run_script.ts";
import { describePermitted } from "../permitted.ts";

let temporary = "";
let folder = "";

/** Few images, so that one training file and the test file are read. */
const few = { numTraining: 5, numValidation: 2, numTest: 3 };

beforeAll(() => {
  temporary = Deno.makeTempDirSync();
  folder = join(temporary, "cifar-10-batches-bin");
  makeCifar10(folder);
});

afterAll(() => Deno.removeSync(temporary, { recursive: true }));

/** Runs `test` with a change to a file, which is undone afterwards. */
function withChanged(
  file: string,
  change: (path: string) => void,
  test: (path: string) => void,
) {
  const path = join(folder, file);
  const kept = `${path}.kept`;
  Deno.copyFileSync(path, kept);
  try {
    change(path);
    test(path);
  } finally {
    Deno.removeSync(path, { recursive: true });
    Deno.renameSync(kept, path);
  }
}

function assertDataError(message: string): void {
  const error = assertThrows(() => loadCifar10(folder, few), DataError);
  assertEquals(error.message, message);
}

describePermitted("loadCifar10()", () => {
  it("takes 49,000, 1,000 and 1,000 images in file order", () => {
    const data = loadCifar10(folder);
    assertEquals(data.name, "cifar10");
    assertEquals(data.title, "CIFAR-10");
    assertEquals(data.classNames[9], "class 9");
    assertEquals(
      [data.train.length, data.validation.length, data.test.length],
      [49_000, 1000, 1000],
    );
    for (let k = 1; k <= 5; k++) {
      const first = (k - 1) * 10_000;
      assertEquals(data.train.labels[first], k);
      assertEquals(data.train.bytes[first * 3072], k);
      if (k === 5) continue;
      assertEquals(data.train.labels[first + 9999], k + 3);
      assertEquals(data.train.bytes[(first + 10_000) * 3072 - 1], 10 * k);
    }
    assertEquals(data.validation.labels[999], 8);
    assertEquals(data.validation.bytes.at(-1), 50);
    assertEquals(data.test.labels[0], 6);
    assertEquals(data.test.bytes[0], 6);
    const mean = data.train.mean!;
    assertEquals(mean[0], (1 + 2 + 3 + 4 + 5) / 49_000);
    assertEquals(mean[3071], (10 + 20 + 30 + 40) / 49_000);
    assertEquals(data.validation.mean, mean);
    assertEquals(data.test.mean, mean);
  });

  it("reads only the files it needs", () => {
    const other = join(temporary, "few");
    Deno.mkdirSync(other);
    for (const file of ["batches.meta.txt", "data_batch_1.bin"]) {
      Deno.copyFileSync(join(folder, file), join(other, file));
    }
    const data = loadCifar10(other, { ...few, numTest: 0 });
    assertEquals(data.train.length, 5);
    assertEquals(data.test.length, 0);
    Deno.removeSync(other, { recursive: true });
  });

  it("takes the validation images after the training images, across files", () => {
    const data = loadCifar10(folder, { numTraining: 9999, numValidation: 2 });
    assertEquals(data.validation.labels, Int32Array.of(4, 2));
  });

  it("subtracts no mean when told so", () => {
    const data = loadCifar10(folder, { ...few, subtractMean: false });
    assertEquals(data.train.mean, undefined);
    assertEquals(data.train.toTensor().data[0], 1);
  });

  it("accepts the folder that holds cifar-10-batches-bin", () => {
    assertEquals(findCifar10(temporary), folder);
    assertEquals(findCifar10(folder), folder);
    assertEquals(loadCifar10(temporary, few), loadCifar10(folder, few));
  });

  it("names a truncated and an oversized file, and both sizes", () => {
    for (const file of ["data_batch_1.bin", "test_batch.bin"]) {
      for (const size of [0, FILE_BYTES - 1, FILE_BYTES + 1]) {
        withChanged(
          file,
          (path) => Deno.truncateSync(path, size),
          (path) =>
            assertDataError(
              `Cannot read ${path}: expected ${FILE_BYTES} bytes but found ${size}`,
            ),
        );
      }
    }
  });

  it("names a missing file", () => {
    for (
      const file of ["batches.meta.txt", "data_batch_1.bin", "test_batch.bin"]
    ) {
      withChanged(
        file,
        (path) => {
          Deno.removeSync(path);
          Deno.mkdirSync(`${path}.other`);
        },
        (path) => {
          Deno.removeSync(`${path}.other`);
          assertDataError(
            `Cannot read ${path}: expected a file but found none`,
          );
          Deno.mkdirSync(path);
          assertDataError(
            `Cannot read ${path}: expected a file but found a folder`,
          );
        },
      );
    }
  });

  it("names a mislabelled image", () => {
    withChanged(
      "data_batch_1.bin",
      (path) => poke(path, 4711 * 3073, 10),
      (path) =>
        assertDataError(
          `Cannot read ${path}: expected labels from 0 to 9 but found 10 for image 4711`,
        ),
    );
  });

  it("names a file of class names that are not ten", () => {
    withChanged(
      "batches.meta.txt",
      (path) => Deno.writeTextFileSync(path, "cat\ndog\n"),
      (path) =>
        assertDataError(
          `Cannot read ${path}: expected 10 class names but found 2`,
        ),
    );
  });

  it("says what is missing in a folder without CIFAR-10", () => {
    const empty = join(temporary, "empty");
    Deno.mkdirSync(empty);
    const expected =
      `Cannot find CIFAR-10 in ${empty}: expected data_batch_1.bin there or in its folder cifar-10-batches-bin but found `;
    const message = () =>
      assertThrows(() => loadCifar10(empty), DataError).message;
    assertEquals(message(), `${expected}neither`);
    Deno.writeTextFileSync(join(empty, "cifar-10-binary.tar.gz"), "");
    assertEquals(
      message(),
      `${expected}only cifar-10-binary.tar.gz, which is to be unpacked`,
    );
    const none = join(empty, "none");
    assertThrows(
      () => loadCifar10(none),
      DataError,
      `Cannot read ${none}: expected a folder but found none`,
    );
  });

  it("leaves to training or validation what the other does not take", () => {
    const lengths = (options: SplitOptions) => {
      const data = loadCifar10(folder, { numTest: 0, ...options });
      return [data.train.length, data.validation.length, data.test.length];
    };
    assertEquals(lengths({ numTraining: 49_500 }), [49_500, 500, 0]);
    assertEquals(lengths({ numValidation: 5000 }), [45_000, 5000, 0]);
    assertEquals(
      lengths({ numTraining: 50_000, numTest: 10_000 }),
      [50_000, 0, 10_000],
    );
    assertEquals(lengths({ numValidation: 0 }), [49_000, 0, 0]);
  });

  it("refuses to split more images than there are", () => {
    for (
      const [options, message] of [
        [
          { numTraining: 0 },
          "numTraining to be an integer from 1 to 50000 but found 0",
        ],
        [
          { numTraining: 50_001 },
          "numTraining to be an integer from 1 to 50000 but found 50001",
        ],
        [{ numTraining: 1.5 }, "but found 1.5"],
        [
          { numTraining: 49_500, numValidation: 501 },
          "numValidation to be an integer from 0 to 500 but found 501",
        ],
        [
          { numValidation: 50_000 },
          "numValidation to be an integer from 0 to 49999 but found 50000",
        ],
        [
          { numTest: 10_001 },
          "numTest to be an integer from 0 to 10000 but found 10001",
        ],
        [{ numTest: NaN }, "but found NaN"],
      ] as const
    ) assertThrows(() => loadCifar10(folder, options), RangeError, message);
  });

  it("needs permission to read the folder and nothing else", async () => {
    const code = `
      import { loadCifar10 } from "./data/cifar10.ts";
      try {
        const data = loadCifar10(${JSON.stringify(folder)});
        console.log(data.train.length);
      } catch (error) {
        console.log(error.name, error.message);
      }`;
    const flags = [`--allow-read=${folder}`];
    const allowed = await runScript(code, { flags });
    assertEquals([allowed.stdout, allowed.stderr], ["49000\n", ""]);
    const denied = await runScript(code);
    assertEquals(
      denied.stdout,
      `DataError Cannot read ${folder}: expected permission to read it but found none; grant it with --allow-read\n`,
    );
  });

  it("found no file left out of the tests", () => {
    assertEquals(
      [...Deno.readDirSync(folder)].map((entry) => entry.name).toSorted(),
      ["batches.meta.txt", ...IMAGE_FILES],
    );
  });
});

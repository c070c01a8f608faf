// Copyright 2026 the Convlab authors. MIT license.

import { assertEquals, assertLess, assertRejects } from "@std/assert";
import { dirname, fromFileUrl, join } from "@std/path";
import { afterAll, beforeAll, it } from "@std/testing/bdd";
import fc from "fast-check";
import { gzipSync } from "node:zlib";
import { DataError } from "../../data/data_error.ts";
import { encodeIdx } from "../../data/encode_idx.ts";
import {
  decodeFashionMnist,
  findFashionMnist,
  loadFashionMnist,
  loadFashionMnistSample,
} from "../../data/fashion_mnist.ts";
import { readIdx } from "../../data/idx.ts";
import {
  selectBalanced,
  TEST_PARTS,
  TRAINING_PARTS,
} from "../../fixtures/fashion-mnist/make.ts";
import { runScript } from "./run_script.ts";
import { describePermitted } from "../permitted.ts";

const sampleFolder = fromFileUrl(
  new URL("../../fixtures/fashion-mnist", import.meta.url),
);
const FULL = "/usr/share/datasets/fashion-mnist";
const FILES = [
  "train-images-idx3-ubyte",
  "train-labels-idx1-ubyte",
  "t10k-images-idx3-ubyte",
  "t10k-labels-idx1-ubyte",
];

type Bytes = Uint8Array<ArrayBuffer>;

let folder = "";

/** Writes four files: 12 and 5 images, in which image i has the label and all pixels i % 10. */
beforeAll(() => {
  folder = Deno.makeTempDirSync();
  for (const [prefix, count] of [["train", 12], ["t10k", 5]] as const) {
    const labels = Uint8Array.from({ length: count }, (_, i) => i % 10);
    const images = Uint8Array.from(
      { length: count * 784 },
      (_, i) => Math.floor(i / 784) % 10,
    );
    write(`${prefix}-labels-idx1-ubyte.gz`, [count], labels);
    write(`${prefix}-images-idx3-ubyte.gz`, [count, 28, 28], images);
  }
});

afterAll(() => Deno.removeSync(folder, { recursive: true }));

function write(
  file: string,
  shape: number[],
  data: Uint8Array<ArrayBuffer>,
): void {
  const bytes = encodeIdx({ shape, data });
  Deno.writeFileSync(
    join(folder, file),
    file.endsWith(".gz") ? gzipSync(bytes) : bytes,
  );
}

/** Loads with the bytes of one file changed, and puts them back. */
async function loadChanged(
  file: string,
  change: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array | undefined,
) {
  const path = join(folder, file);
  const bytes = Deno.readFileSync(path);
  const changed = change(bytes.slice());
  try {
    if (changed === undefined) Deno.removeSync(path);
    else Deno.writeFileSync(path, changed);
    return await loadFashionMnist(folder, { numValidation: 2 });
  } finally {
    Deno.writeFileSync(path, bytes);
  }
}

async function assertChangedRejects(
  file: string,
  change: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array | undefined,
  reason: string,
): Promise<void> {
  const error = await assertRejects(
    () => loadChanged(file, change),
    DataError,
  );
  assertEquals(error.message, `Cannot read ${join(folder, file)}: ${reason}`);
}

function idx(shape: number[]): () => Uint8Array<ArrayBuffer> {
  const size = shape.reduce((n, d) => n * d, 1);
  return () => encodeIdx({ shape, data: new Uint8Array(size) });
}

describePermitted("loadFashionMnist()", () => {
  it("splits the validation images off the end of the training files", async () => {
    const data = await loadFashionMnist(folder, { numValidation: 2 });
    assertEquals([...data.train.labels], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assertEquals([...data.validation.labels], [0, 1]);
    assertEquals([...data.test.labels], [0, 1, 2, 3, 4]);
    assertEquals(data.train.imageShape, [1, 28, 28]);
    assertEquals(data.train.mean, new Float64Array(784).fill(4.5));
    assertEquals(data.test.mean, data.train.mean);
    assertEquals(
      data.train.slice(7, 8).toTensor().data,
      new Float64Array(784).fill(2.5),
    );
    const fewer = await loadFashionMnist(folder, {
      numTraining: 3,
      numValidation: 2,
      numTest: 1,
      subtractMean: false,
    });
    assertEquals([...fewer.train.labels], [0, 1, 2]);
    assertEquals(fewer.validation.labels, data.validation.labels);
    assertEquals([...fewer.test.labels], [0]);
    assertEquals(fewer.train.mean, undefined);
  });

  it("decodeFashionMnist() gives the same for the files' bytes, and names what is wrong by its file", async () => {
    const [trainImages, trainLabels, testImages, testLabels] = FILES.map(
      (file) => Deno.readFileSync(join(folder, `${file}.gz`)),
    ) as [Bytes, Bytes, Bytes, Bytes];
    const files = { trainImages, trainLabels, testImages, testLabels };
    assertEquals(
      await decodeFashionMnist(files, { numValidation: 2 }),
      await loadFashionMnist(folder, { numValidation: 2 }),
    );
    await assertRejects(
      () => decodeFashionMnist({ ...files, trainLabels: testLabels }),
      DataError,
      "Cannot read train-labels-idx1-ubyte: expected labels of shape (12,), one for each image, but found (5,)",
    );
    await assertRejects(
      () => decodeFashionMnist({ ...files, testImages: testImages.slice(9) }),
      DataError,
      "Cannot read t10k-images-idx3-ubyte: expected it to begin with",
    );
  });

  it("reads files that are not compressed", async () => {
    const compressed = await loadFashionMnist(folder, { numValidation: 2 });
    for (const file of FILES) {
      const { shape, data } = await readIdx(join(folder, `${file}.gz`));
      write(file, [...shape], data);
    }
    assertEquals(
      await loadFashionMnist(folder, { numValidation: 2 }),
      compressed,
    );
    for (const file of FILES) Deno.removeSync(join(folder, file));
  });

  it("refuses to split more images than there are", async () => {
    for (
      const [options, message] of [
        [{}, "numValidation to be an integer from 0 to 11 but found 1000"],
        [
          { numValidation: 2, numTraining: 11 },
          "numTraining to be an integer from 1 to 10 but found 11",
        ],
        [
          { numValidation: 2, numTest: 6 },
          "numTest to be an integer from 0 to 5 but found 6",
        ],
      ] as const
    ) {
      await assertRejects(
        () => loadFashionMnist(folder, options),
        RangeError,
        message,
      );
    }
  });

  it("names a missing file and a missing folder", async () => {
    for (const file of FILES) {
      await assertChangedRejects(
        `${file}.gz`,
        () => undefined,
        "expected a file but found none",
      );
    }
    const none = join(folder, "none");
    await assertRejects(
      () => loadFashionMnist(none),
      DataError,
      `Cannot read ${none}: expected a folder but found none`,
    );
  });

  it("names a file of the wrong shape", async () => {
    await assertChangedRejects(
      "train-images-idx3-ubyte.gz",
      idx([12, 32, 32]),
      "expected images of shape (N, 28, 28) but found (12, 32, 32)",
    );
    await assertChangedRejects(
      "train-images-idx3-ubyte.gz",
      idx([60_001, 784]),
      "expected at most 47040000 elements but found shape (60001, 784)",
    );
    await assertChangedRejects(
      "train-labels-idx1-ubyte.gz",
      idx([11]),
      "expected labels of shape (12,), one for each image, but found (11,)",
    );
    await assertChangedRejects(
      "t10k-labels-idx1-ubyte.gz",
      idx([5, 1]),
      "expected labels of shape (5,), one for each image, but found (5, 1)",
    );
  });

  it("names a mislabelled image", async () => {
    await assertChangedRejects(
      "t10k-labels-idx1-ubyte.gz",
      () => encodeIdx({ shape: [5], data: Uint8Array.of(0, 1, 2, 10, 4) }),
      "expected labels from 0 to 9 but found 10 for image 3",
    );
  });

  it("returns nothing from files that are cut off or changed", async () => {
    const original = await loadFashionMnist(folder, { numValidation: 2 });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...FILES),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        fc.boolean(),
        async (file, at, value, cut) => {
          const change = (bytes: Uint8Array<ArrayBuffer>) => {
            const position = at % bytes.length;
            if (cut) return bytes.subarray(0, position);
            bytes[position]! ^= value;
            return bytes;
          };
          try {
            // A change in gzip's own header, such as its time, does no harm.
            const data = await loadChanged(`${file}.gz`, change);
            assertEquals([cut, data], [false, original]);
          } catch (error) {
            if (!(error instanceof DataError)) throw error;
            assertEquals(error.message.split("\n").length, 1);
            assertEquals(error.message.includes(`${file}.gz: expected `), true);
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});

describePermitted("loadFashionMnistSample()", () => {
  it("holds as many images of each class", async () => {
    const data = await loadFashionMnistSample();
    assertEquals(data.name, "fashion-mnist");
    assertEquals(data.title, "Fashion-MNIST sample");
    assertEquals(data.classNames.length, 10);
    for (
      const [images, each] of [
        [data.train, 1000],
        [data.validation, 100],
        [data.test, 100],
      ] as const
    ) {
      const counts = new Array<number>(10).fill(0);
      for (const label of images.labels) counts[label]!++;
      assertEquals(counts, new Array(10).fill(each));
    }
  });

  it("says what is missing in one line without permission to read", async () => {
    const result = await runScript(`
      import { loadFashionMnistSample } from "./data/fashion_mnist.ts";
      await loadFashionMnistSample().catch((e) => console.log(e.name, e.message));
    `);
    assertEquals(
      result.stdout,
      `DataError Cannot read ${sampleFolder}: expected permission to read it but found none; grant it with --allow-read\n`,
    );
    assertEquals([result.code, result.stderr], [0, ""]);
  });
});

describePermitted("findFashionMnist()", () => {
  it("finds the folder with the training images, itself or the one in it", () => {
    assertEquals(findFashionMnist(folder), folder);
    const fixtures = dirname(sampleFolder);
    assertEquals(findFashionMnist(fixtures), join(fixtures, "fashion-mnist"));
    assertEquals(findFashionMnist(join(folder, "none")), undefined);
  });
});

describePermitted("fixtures/fashion-mnist", () => {
  it("is smaller than 6 MB", () => {
    const sizes = [...Deno.readDirSync(sampleFolder)]
      .map(({ name }) => Deno.statSync(join(sampleFolder, name)).size);
    assertLess(sizes.reduce((sum, size) => sum + size), 6_000_000);
  });

  it("has the sums that its README states", async () => {
    const readme = Deno.readTextFileSync(join(sampleFolder, "README.md"));
    const stated = [...readme.matchAll(/^([0-9a-f]{64}) {2}(\S+)$/gm)];
    assertEquals(
      stated.map((match) => match[2]),
      FILES.map((file) => `${file}.gz`),
    );
    for (const [, sum, file = ""] of stated) {
      const bytes = Deno.readFileSync(join(sampleFolder, file));
      const digest = await crypto.subtle.digest("SHA-256", bytes);
      assertEquals(new Uint8Array(digest).toHex(), sum, file);
    }
  });

  const hasFull = findFashionMnist(FULL) !== undefined;
  const itWithFull = hasFull ? it : it.skip;
  const suffix = hasFull ? "" : " (skipped: dataset-fashion-mnist is missing)";

  itWithFull(`is what make.ts selects from the full set${suffix}`, async () => {
    for (
      const [prefix, parts] of [
        ["train", TRAINING_PARTS],
        ["t10k", TEST_PARTS],
      ] as const
    ) {
      const file = (folder: string, kind: string) =>
        readIdx(join(folder, `${prefix}-${kind}-ubyte.gz`));
      const images = await file(FULL, "images-idx3");
      const labels = await file(FULL, "labels-idx1");
      const sampleImages = await file(sampleFolder, "images-idx3");
      const sampleLabels = await file(sampleFolder, "labels-idx1");
      const selected = selectBalanced(labels.data, parts);
      assertEquals(sampleImages.shape, [selected.length, 28, 28]);
      const wrong = selected.findIndex((index, i) =>
        labels.data[index] !== sampleLabels.data[i] ||
        imageText(images.data, index) !== imageText(sampleImages.data, i)
      );
      assertEquals(wrong, -1);
    }
  });

  itWithFull(`the full set loads whole${suffix}`, async () => {
    const data = await loadFashionMnist(FULL);
    assertEquals(
      [data.train.length, data.validation.length, data.test.length],
      [59_000, 1000, 10_000],
    );
    assertEquals(data.title, "Fashion-MNIST");
  });
});

describePermitted("selectBalanced()", () => {
  it("fills the parts class by class, in order", () => {
    const labels = Uint8Array.of(1, 1, 0, 1, 0, 1, 0, 0, 1);
    assertEquals(selectBalanced(labels, [2, 1]), [0, 1, 2, 4, 3, 6]);
  });
});

function imageText(pixels: Uint8Array, index: number): string {
  return pixels.subarray(index * 784, (index + 1) * 784).join();
}

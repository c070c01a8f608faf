// Copyright 2026 the Convlab authors. MIT license.

import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { afterEach, beforeEach, it } from "@std/testing/bdd";
import jpeg from "jpeg-js";
import { DataError } from "../../data/data_error.ts";
import { loadImageFolder } from "../../data/image_folder.ts";
import type { ImageSet } from "../../data/image_set.ts";
import { encodePng } from "../../data/png.ts";
import { describePermitted } from "../permitted.ts";
import { makeImageFolder } from "./make_image_folder.ts";

let folder = "";

beforeEach(() => {
  folder = Deno.makeTempDirSync();
});

afterEach(() => Deno.removeSync(folder, { recursive: true }));

const lengths = (data: Awaited<ReturnType<typeof loadImageFolder>>) => [
  data.train.length,
  data.validation.length,
  data.test.length,
];

/** The images as text, to compare sets of them. */
const imagesOf = ({ bytes, labels, length }: ImageSet) =>
  Array.from(labels, (label, i) => {
    const size = bytes.length / length;
    return `${label} ${bytes.subarray(i * size, (i + 1) * size)}`;
  });

/** A grey image whose pixels are `value`. */
const grey = (width: number, height: number, value: number) =>
  encodePng({
    width,
    height,
    channels: 1,
    pixels: new Uint8Array(width * height).fill(value),
  });

describePermitted("loadImageFolder()", () => {
  it("takes sorted folders as classes and splits each by the fractions", async () => {
    makeImageFolder(folder, { zebra: 20, ape: 10, lion: 10 });
    const data = await loadImageFolder(folder, { valFraction: 0.2 });
    assertEquals(data.classNames, ["ape", "lion", "zebra"]);
    assertEquals(data.train.imageShape, [3, 32, 32]);
    assertEquals(lengths(data), [28, 8, 4]);
    assertEquals([...data.validation.labels].sort(), [0, 0, 1, 1, 2, 2, 2, 2]);
    const all = [data.train, data.validation, data.test].flatMap(imagesOf);
    assertEquals(new Set(all).size, 40);
    // The colours of makeImageFolder() are those of the classes in its order.
    for (const [i, label] of data.train.labels.entries()) {
      const at = i * 3 * 1024;
      const color = [0, 1, 2].map((c) => data.train.bytes[at + c * 1024]!);
      const brightest = color.indexOf(Math.max(...color));
      assertEquals(brightest, [1, 2, 0][label]);
    }
  });

  it("gives the same split for the same seed, and another for another", async () => {
    makeImageFolder(folder, { a: 12, b: 12 });
    const [first, same, other] = await Promise.all(
      [7, 7, 8].map((seed) => loadImageFolder(folder, { seed, imageSize: 4 })),
    );
    assertEquals(first, same);
    assert(`${imagesOf(first!.train)}` !== `${imagesOf(other!.train)}`);
  });

  it("takes the folders train, val and test as parts, and splits off what has none", async () => {
    makeImageFolder(join(folder, "train"), { a: 10, b: 10 });
    makeImageFolder(join(folder, "test"), { a: 3, b: 2 });
    const options = { imageSize: 4 };
    assertEquals(lengths(await loadImageFolder(folder, options)), [18, 2, 5]);
    makeImageFolder(join(folder, "val"), { b: 4 });
    const data = await loadImageFolder(folder, options);
    assertEquals(lengths(data), [20, 4, 5]);
    assertEquals(data.validation.labels, Int32Array.of(1, 1, 1, 1));
    await assertRejects(
      () => loadImageFolder(folder, { testFraction: 0.1 }),
      RangeError,
      `expected no testFraction, since ${folder} has test images of its own, but found 0.1`,
    );
    makeImageFolder(join(folder, "val"), { cat: 1 });
    await assertRejects(
      () => loadImageFolder(folder),
      DataError,
      `Cannot read ${join(folder, "val")}: expected the classes of ${
        join(folder, "train")
      } but found cat`,
    );
  });

  it("takes train as a class if there are other classes", async () => {
    makeImageFolder(folder, { bus: 3, train: 3 });
    const { classNames } = await loadImageFolder(folder);
    assertEquals(classNames, ["bus", "train"]);
  });

  it("crops to the centred square, averages areas, and turns grey only if all are", async () => {
    makeImageFolder(folder, { a: 0, b: 0 });
    const pixels = Uint8Array.of(9, 10, 20, 9, 9, 30, 40, 9);
    const wide = encodePng({ width: 4, height: 2, channels: 1, pixels });
    for (const i of [1, 2, 3]) {
      Deno.writeFileSync(join(folder, "a", `${i}.png`), wide);
      Deno.writeFileSync(join(folder, "b", `${i}.PNG`), grey(3, 5, 77));
    }
    const options = { imageSize: 1, normalize: "none" } as const;
    const data = await loadImageFolder(folder, options);
    assertEquals(data.train.imageShape, [1, 1, 1]);
    assertEquals(imagesOf(data.train).sort(), ["0 25", "1 77"]);
    makeImageFolder(folder, { b: 1 });
    const colored = await loadImageFolder(folder, options);
    assertEquals(colored.train.imageShape, [3, 1, 1]);
    assert(imagesOf(colored.validation).includes("0 25,25,25"));
    const again = await loadImageFolder(folder, {
      ...options,
      grayscale: true,
    });
    assertEquals(again.train.imageShape, [1, 1, 1]);
  });

  it("reads JPEG files, folders within a class, and passes over what is no image", async () => {
    makeImageFolder(folder, { a: 2, b: 2, ".hidden": 1 });
    const data = new Uint8Array(16 * 16 * 4).fill(200);
    const bytes = jpeg.encode({ width: 16, height: 16, data }, 95).data;
    Deno.mkdirSync(join(folder, "a", "more", "deep"), { recursive: true });
    Deno.writeFileSync(join(folder, "a", "more", "deep", "x.JPG"), bytes);
    Deno.writeTextFileSync(join(folder, "a", "notes.txt"), "none");
    Deno.writeTextFileSync(join(folder, "b", ".DS_Store"), "none");
    Deno.writeTextFileSync(join(folder, "readme.md"), "none");
    const set = await loadImageFolder(folder, { strict: true });
    assertEquals(set.classNames, ["a", "b"]);
    assertEquals(lengths(set), [2, 2, 1]);
  });

  it("leaves out what cannot be decoded and names it, or ends with strict", async () => {
    makeImageFolder(folder, { a: 4, b: 4 });
    const cut = Deno.readFileSync(join(folder, "a", "0.png")).subarray(0, 50);
    Deno.writeFileSync(join(folder, "a", "cut.png"), cut);
    Deno.writeTextFileSync(join(folder, "b", "fake.webp"), "RIFF....WEBP");
    const messages: string[] = [];
    const progress: number[] = [];
    const data = await loadImageFolder(folder, {
      onUnreadable: (message) => messages.push(message),
      onProgress: (done, total) => progress.push(done / total),
    });
    assertEquals(lengths(data), [4, 2, 2]);
    assertEquals(messages.length, 2);
    assert(
      messages[0]!.startsWith(
        `Cannot decode ${join(folder, "a", "cut.png")}: `,
      ),
    );
    assertEquals(
      messages[1],
      `Cannot decode ${
        join(folder, "b", "fake.webp")
      }: expected a PNG or JPEG file but found a WebP file`,
    );
    assertEquals(progress.at(-1), 1);
    await assertRejects(
      () => loadImageFolder(folder, { strict: true }),
      DataError,
      `Cannot decode ${join(folder, "a", "cut.png")}`,
    );
  });

  it("keeps the first images of each part, and says how many there are", async () => {
    makeImageFolder(folder, { a: 10, b: 10 });
    const options = { numTraining: 5, numValidation: 1, numTest: 0 };
    const data = await loadImageFolder(folder, options);
    assertEquals(lengths(data), [5, 1, 0]);
    await assertRejects(
      () => loadImageFolder(folder, { numTraining: 17 }),
      RangeError,
      "expected numTraining to be an integer from 1 to 16 but found 17",
    );
  });

  it("says what a folder lacks", async () => {
    const expected =
      `Cannot read ${folder}: expected a folder of images for each of 2 or more classes but found`;
    await assertRejects(
      () => loadImageFolder(folder),
      DataError,
      `${expected} no folders`,
    );
    makeImageFolder(folder, { a: 1 });
    await assertRejects(
      () => loadImageFolder(folder),
      DataError,
      `${expected} only a`,
    );
    makeImageFolder(folder, { b: 0 });
    const empty = join(folder, "b");
    await assertRejects(
      () => loadImageFolder(folder),
      DataError,
      `Cannot read ${empty}: expected PNG or JPEG images but found none`,
    );
    Deno.writeTextFileSync(join(empty, "x.png"), "no");
    await assertRejects(
      () => loadImageFolder(folder),
      DataError,
      `found none that can be decoded (Cannot decode ${join(empty, "x.png")}: `,
    );
    await assertRejects(
      () => loadImageFolder(join(folder, "none")),
      DataError,
      "expected a folder but found none",
    );
    for (const imageSize of [0, 1.5, 1025, NaN]) {
      await assertRejects(
        () => loadImageFolder(folder, { imageSize }),
        RangeError,
        `expected imageSize to be an integer from 1 to 1024 but found ${imageSize}`,
      );
    }
  });

  it("keeps decoded images in cacheDir until a file changes", async () => {
    const cacheDir = join(folder, ".cache", "images");
    makeImageFolder(folder, { a: 4, b: 4 });
    const broken = join(folder, "b", "broken.png");
    Deno.writeTextFileSync(broken, "no");
    const load = async (options = {}) => {
      let decoded = 0;
      const messages: string[] = [];
      const data = await loadImageFolder(folder, {
        ...{ cacheDir, imageSize: 4, ...options },
        onProgress: (done) => decoded = done,
        onUnreadable: (message) => messages.push(message),
      });
      return { data, decoded, messages };
    };
    const first = await load();
    const second = await load();
    assertEquals([first.decoded, second.decoded], [9, 0]);
    assertEquals(second.data, first.data);
    assertEquals(second.messages, first.messages);
    assertEquals(second.messages.length, 1);
    await assertRejects(() => load({ strict: true }), DataError, broken);
    assertEquals((await load({ imageSize: 5 })).decoded, 9);
    assertEquals((await load({ seed: 3, valFraction: 0.5 })).decoded, 0);

    const names = () => [...Deno.readDirSync(cacheDir)].map(({ name }) => name);
    assertEquals(names().length, 3);
    for (const name of names()) {
      Deno.writeTextFileSync(join(cacheDir, name), "damaged");
    }
    assertEquals((await load()).decoded, 9);
    assertEquals((await load()).decoded, 0);
    Deno.utimeSync(join(folder, "a", "0.png"), 1, 1);
    assertEquals((await load()).decoded, 9);
    Deno.removeSync(broken);
    assertEquals((await load()).decoded, 8);
    assertEquals(names().length, 3);
  });

  it("keeps the images of the last 16 folders and sizes", async () => {
    const cacheDir = join(folder, ".cache");
    makeImageFolder(folder, { a: 2, b: 2 });
    for (let imageSize = 1; imageSize <= 18; imageSize++) {
      await loadImageFolder(folder, { cacheDir, imageSize });
    }
    const files = [...Deno.readDirSync(cacheDir)]
      .filter(({ name }) => name.endsWith(".npz"));
    assertEquals(files.length, 16);
  });

  it("does without a cache that cannot be written", async () => {
    makeImageFolder(folder, { a: 4, b: 4 });
    const file = join(folder, "file");
    Deno.writeTextFileSync(file, "");
    const cacheDir = join(file, "images");
    assertEquals(lengths(await loadImageFolder(folder, { cacheDir })), [
      4,
      2,
      2,
    ]);
  });
});

// Copyright 2026 the Convlab authors. MIT license.

/**
 * Tells what a file or folder of data holds.
 *
 * @module
 */

import { join } from "@std/path";
import { findCifar10, loadCifar10 } from "./cifar10.ts";
import { decodeCifar10, RECORD_BYTES } from "./cifar10_format.ts";
import { DataError } from "./data_error.ts";
import type { DataPart, DataSet } from "./data_set.ts";
import { decodeImage } from "./decode_image.ts";
import { findFashionMnist, loadFashionMnist } from "./fashion_mnist.ts";
import { checkFolder, readDataFile } from "./files.ts";
import { isGzip } from "./gunzip.ts";
import { decodeIdx } from "./idx.ts";
import { listImageFolder } from "./image_folder_files.ts";
import { isJpeg } from "./jpeg.ts";
import { decodeNpy } from "./npy.ts";
import { decodeNpz } from "./npz.ts";
import { isPng } from "./png.ts";

/** A class, and how many images it has for what. */
export interface ClassDescription {
  /** Its name. */
  readonly name: string;
  /** Images to train on, and to validate and test on where these are set apart. */
  readonly images: Readonly<Partial<Record<DataPart, number>>>;
}

/** An array in a file. */
export interface ArrayDescription {
  /** Its name; empty where the file holds no other. */
  readonly name: string;
  /** Its element type, as NumPy calls it. */
  readonly dtype: string;
  /** Length of each dimension. */
  readonly shape: readonly number[];
}

/** What {@linkcode describeData} tells. */
export interface DataDescription {
  /** The file or folder. */
  readonly path: string;
  /** What it is. */
  readonly kind:
    | "CIFAR-10"
    | "CIFAR-10 records"
    | "Fashion-MNIST"
    | "folder of images"
    | "IDX array"
    | "image"
    | "NumPy archive"
    | "NumPy array";
  /** Bytes of its files. */
  readonly bytes: number;
  /** Channels, height and width of its images, if they are all the same. */
  readonly imageShape?: readonly [number, number, number];
  /** Its classes, if it is a data set. */
  readonly classes?: readonly ClassDescription[];
  /** Its arrays, if it holds such. */
  readonly arrays?: readonly ArrayDescription[];
}

const MAX_BYTES = 2 ** 32;

/**
 * Tells what is in a folder of CIFAR-10, Fashion-MNIST or images by class, or in
 * a `.npz`, `.npy`, IDX, PNG, JPEG or CIFAR-10 file, which is told by its bytes.
 * Images in folders are counted, not decoded.
 *
 * @throws {DataError} If it cannot be read, is damaged, or is nothing of these.
 *
 * @example An array of NumPy
 * ```ts
 * import { describeData, encodeNpy, zeros } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const path = Deno.makeTempFileSync({ suffix: ".npy" });
 * Deno.writeFileSync(path, encodeNpy(zeros([2, 3], "float32")));
 * const { kind, arrays } = await describeData(path);
 * assertEquals(kind, "NumPy array");
 * assertEquals(arrays, [{ name: "", dtype: "float32", shape: [2, 3] }]);
 * Deno.removeSync(path);
 * ```
 */
export async function describeData(path: string): Promise<DataDescription> {
  if (!isFolder(path)) return await describeFile(path);
  const cifar10 = findCifar10(path);
  if (cifar10 !== undefined) {
    const data = loadCifar10(cifar10, {
      ...{ numTraining: 50_000, numTest: 10_000, normalize: "none" },
    });
    return describeDataSet(cifar10, "CIFAR-10", data);
  }
  const fashion = findFashionMnist(path);
  if (fashion !== undefined) {
    const data = await loadFashionMnist(fashion, {
      ...{ numValidation: 0, normalize: "none" },
    });
    return describeDataSet(fashion, "Fashion-MNIST", data);
  }
  const { classNames, files } = listImageFolder(path);
  const classes = classNames.map((name, label) => {
    const images: Partial<Record<DataPart, number>> = {};
    for (const file of files) {
      if (file.label !== label) continue;
      images[file.part] = (images[file.part] ?? 0) + 1;
    }
    return { name, images };
  });
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  return { path, kind: "folder of images", bytes, classes };
}

function describeDataSet(
  path: string,
  kind: "CIFAR-10" | "Fashion-MNIST",
  { classNames, train, test }: DataSet,
): DataDescription {
  const count = (labels: Int32Array, wanted: number) =>
    labels.reduce((n, label) => label === wanted ? n + 1 : n, 0);
  const bytes = [...Deno.readDirSync(path)]
    .map(({ name }) => Deno.statSync(join(path, name)).size)
    .reduce((sum, size) => sum + size, 0);
  return {
    ...{ path, kind, bytes, imageShape: train.imageShape },
    classes: classNames.map((name, label) => ({
      name,
      images: {
        train: count(train.labels, label),
        test: count(test.labels, label),
      },
    })),
  };
}

async function describeFile(path: string): Promise<DataDescription> {
  const bytes = readDataFile(path, { minBytes: 0, maxBytes: MAX_BYTES });
  const what = { path, bytes: bytes.length };
  const text = String.fromCharCode(...bytes.subarray(0, 6));
  if (text === "\x93NUMPY") {
    const array = asData(() => decodeNpy(bytes, { name: path }));
    const { dtype, shape } = array;
    const arrays = [{ name: "", dtype, shape }];
    return { ...what, kind: "NumPy array", arrays };
  }
  if (text.startsWith("PK")) {
    const arrays = Object.entries(
      asData(() => decodeNpz(bytes, { name: path })),
    ).map(([name, { dtype, shape }]) => ({ name, dtype, shape }));
    return { ...what, kind: "NumPy archive", arrays };
  }
  if (isPng(bytes) || isJpeg(bytes)) {
    const { width, height, channels } = decodeImage(bytes, path);
    return { ...what, kind: "image", imageShape: [channels, height, width] };
  }
  if (text.startsWith("\0\0\b") || isGzip(bytes)) {
    const { shape } = await decodeIdx(bytes, { name: path });
    const arrays = [{ name: "", dtype: "uint8", shape }];
    return { ...what, kind: "IDX array", arrays };
  }
  if (bytes.length > 0 && bytes.length % RECORD_BYTES === 0) {
    const { imageShape, length } = decodeCifar10(bytes, path);
    const arrays = [{
      name: "",
      dtype: "uint8",
      shape: [length, ...imageShape],
    }];
    return { ...what, kind: "CIFAR-10 records", imageShape, arrays };
  }
  throw new DataError(
    `Cannot tell what is in ${path}: expected a .npz, .npy, IDX, PNG, JPEG or CIFAR-10 file but found other bytes`,
  );
}

function asData<T>(decode: () => T): T {
  try {
    return decode();
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new DataError(cause.message, { cause });
  }
}

function isFolder(path: string): boolean {
  try {
    if (Deno.statSync(path).isFile) return false;
  } catch {
    // What is wrong with it is told in the same words as elsewhere.
  }
  checkFolder(path);
  return true;
}

// Copyright 2026 the Convlab authors. MIT license.

/**
 * Data sets in NumPy's `.npz` files.
 *
 * @module
 */

import { basename } from "@std/path";
import { formatShape, sizeOf } from "../numerics/tensor.ts";
import { DataError } from "./data_error.ts";
import type { DataPart, DataSet, SplitOptions } from "./data_set.ts";
import { readDataFile } from "./files.ts";
import { makeDataSet } from "./make_data_set.ts";
import type { NpyArray } from "./npy.ts";
import { decodeNpz } from "./npz.ts";
import type { FractionOptions } from "./split_by_class.ts";

/** Options of {@linkcode loadNpzDataSet}. */
export interface NpzDataSetOptions extends SplitOptions, FractionOptions {}

/** How the arrays of each part end. */
const SUFFIXES: readonly (readonly [suffix: string, part: DataPart])[] = [
  ["train", "train"],
  ["val", "validation"],
  ["test", "test"],
];
const MAX_BYTES = 2 ** 32;
const MAX_CLASSES = 10_000;

/**
 * Loads a data set from a `.npz` file with the arrays `x_train` and `y_train`,
 * and, if it has them, `x_val`, `y_val`, `x_test`, `y_test` and `class_names`.
 *
 * Images are of uint8 and of shape (N, H, W), (N, H, W, C) or (N, C, H, W) with
 * 1 or 3 channels. Four dimensions are taken as (N, H, W, C) if the last is 1
 * or 3, and else as (N, C, H, W). Labels are integers from 0 of shape (N,) or
 * (N, 1). Where there are no `class_names`, the classes are named `"0"` to the
 * greatest label.
 *
 * A part that is missing is split off the training images at random, class by
 * class, as {@linkcode splitByClass} does. All parts are shuffled by the seed;
 * `numTraining`, `numValidation` and `numTest` keep the first of each.
 *
 * @param path The file.
 * @throws {RangeError} If an option is out of range or more images are asked for than there are.
 * @throws {DataError} If the file cannot be read, or its arrays are not as above.
 *
 * @example Ten grey images of two classes
 * ```ts
 * import { encodeNpz, loadNpzDataSet } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const path = Deno.makeTempFileSync({ suffix: ".npz" });
 * Deno.writeFileSync(
 *   path,
 *   encodeNpz({
 *     x_train: { shape: [10, 4, 4], dtype: "uint8", data: new Uint8Array(160) },
 *     y_train: { shape: [10], dtype: "uint8", data: Uint8Array.of(0, 1, 0, 1, 0, 1, 0, 1, 0, 1) },
 *     class_names: { shape: [2], dtype: "string", data: ["even", "odd"] },
 *   }),
 * );
 * const { classNames, train } = loadNpzDataSet(path);
 * assertEquals(classNames, ["even", "odd"]);
 * assertEquals(train.imageShape, [1, 4, 4]);
 * assertEquals(train.length, 6);
 * Deno.removeSync(path);
 * ```
 */
export function loadNpzDataSet(
  path: string,
  options: NpzDataSetOptions = {},
): DataSet {
  const arrays = readArrays(path);
  const sets = SUFFIXES.flatMap(([suffix, part]) => {
    const [x, y] = [arrays[`x_${suffix}`], arrays[`y_${suffix}`]];
    if (x === undefined && y === undefined && suffix !== "train") return [];
    if (x === undefined || y === undefined) {
      throw new DataError(
        `Cannot read ${path}: expected x_${suffix} and y_${suffix} but found ${
          Object.keys(arrays).join(", ") || "no arrays"
        }`,
      );
    }
    const { imageShape, bytes } = imagesOf(x, `x_${suffix} in ${path}`);
    const labels = labelsOf(y, x.shape[0]!, `y_${suffix} in ${path}`);
    return [{ part, imageShape, bytes, labels }];
  });
  const [{ imageShape }] = sets as [typeof sets[0]];
  const other = sets.find((set) => `${set.imageShape}` !== `${imageShape}`);
  if (other !== undefined) {
    throw new DataError(
      `Cannot read ${path}: expected ${other.part} images of shape ${
        formatShape(imageShape)
      } as those to train on but found ${formatShape(other.imageShape)}`,
    );
  }
  const labels = Int32Array.from(sets.flatMap((set) => [...set.labels]));
  return makeDataSet({
    name: path,
    title: basename(path),
    classNames: classNamesOf(arrays.class_names, labels, path),
    bytes: concatenate(sets.map(({ bytes }) => bytes)),
    labels,
    imageShape,
    parts: sets.flatMap(({ part, labels }) => Array.from(labels, () => part)),
    given: new Set(sets.map(({ part }) => part)),
  }, options);
}

function readArrays(path: string): Record<string, NpyArray> {
  const bytes = readDataFile(path, { minBytes: 0, maxBytes: MAX_BYTES });
  try {
    return decodeNpz(bytes, { name: path });
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new DataError(cause.message, { cause });
  }
}

function imagesOf({ shape, dtype, data }: NpyArray, name: string) {
  const isChannels = (length?: number) => length === 1 || length === 3;
  const [count = 0, a = 0, b = 0, c = 0] = shape;
  const isLast = shape.length === 4 && isChannels(c);
  if (
    shape.length !== 3 && !isLast && !(shape.length === 4 && isChannels(a)) ||
    shape.slice(1).includes(0)
  ) {
    throw new DataError(
      `Cannot read ${name}: expected shape (N, H, W), (N, H, W, C) or (N, C, H, W) with 1 or 3 channels but found ${
        formatShape(shape)
      }`,
    );
  }
  if (dtype !== "uint8") {
    throw new DataError(
      `Cannot read ${name}: expected pixels of uint8, from 0 to 255, but found ${dtype}`,
    );
  }
  const bytes = data as Uint8Array;
  if (shape.length === 3) return { imageShape: [1, a, b] as const, bytes };
  return isLast
    ? {
      imageShape: [c, a, b] as const,
      bytes: toPlanes(bytes, count, a * b, c),
    }
    : { imageShape: [a, b, c] as const, bytes };
}

/** Pixels in the order (N, C, H, W), of those in the order (N, H, W, C). */
function toPlanes(
  pixels: Uint8Array,
  count: number,
  area: number,
  channels: number,
): Uint8Array {
  if (channels === 1) return pixels;
  const planes = new Uint8Array(pixels.length);
  for (let image = 0, from = 0; image < count; image++) {
    const start = image * area * channels;
    for (let i = 0; i < area; i++) {
      for (let c = 0; c < channels; c++) {
        planes[start + c * area + i] = pixels[from++]!;
      }
    }
  }
  return planes;
}

function labelsOf(
  { shape, dtype, data }: NpyArray,
  count: number,
  name: string,
): Int32Array {
  const isColumn = shape.length === 2 && shape[1] === 1;
  if (shape[0] !== count || (shape.length !== 1 && !isColumn)) {
    throw new DataError(
      `Cannot read ${name}: expected a label for each image, of shape (${count},), but found ${
        formatShape(shape)
      }`,
    );
  }
  if (!/^u?int/.test(dtype)) {
    throw new DataError(
      `Cannot read ${name}: expected labels of an integer type but found ${dtype}`,
    );
  }
  const labels = data as Exclude<NpyArray["data"], readonly string[]>;
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i]!;
    if (label >= 0 && label < MAX_CLASSES) continue;
    throw new DataError(
      `Cannot read ${name}: expected labels from 0 to ${
        MAX_CLASSES - 1
      } but found ${label} for image ${i}`,
    );
  }
  return Int32Array.from(labels);
}

function classNamesOf(
  array: NpyArray | undefined,
  labels: Int32Array,
  path: string,
): readonly string[] {
  const count = labels.reduce((most, label) => Math.max(most, label + 1), 0);
  if (array === undefined) {
    if (count >= 2) return Array.from({ length: count }, (_, i) => `${i}`);
    throw new DataError(
      `Cannot read ${path}: expected 2 or more classes but found ${count}`,
    );
  }
  const { shape, dtype, data } = array;
  if (
    dtype !== "string" || shape.length !== 1 ||
    sizeOf(shape) < Math.max(2, count)
  ) {
    throw new DataError(
      `Cannot read class_names in ${path}: expected ${
        Math.max(2, count)
      } or more strings but found ${dtype} of shape ${formatShape(shape)}`,
    );
  }
  return data as readonly string[];
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const [first] = parts;
  if (parts.length === 1 && first) return first;
  const all = new Uint8Array(
    parts.reduce((sum, { length }) => sum + length, 0),
  );
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

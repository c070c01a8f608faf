// Copyright 2026 the Convlab authors. MIT license.

/**
 * The records of CIFAR-10's official binary layout: one label byte and then
 * 3 × 32 × 32 pixels, red, green and blue planes, each row by row.
 *
 * Source of the layout: {@link https://www.cs.toronto.edu/~kriz/cifar.html}.
 *
 * @module
 */

import { DataError } from "./data_error.ts";
import { ImageSet } from "./image_set.ts";

/** Channels, height and width of an image. */
export const IMAGE_SHAPE = [3, 32, 32] as const;
/** Number of classes. */
export const NUM_CLASSES = 10;
/** Bytes of a record, the label's included. */
export const RECORD_BYTES: number = 1 + 3 * 32 * 32;

const IMAGE_BYTES = RECORD_BYTES - 1;

/**
 * Splits records of CIFAR-10's binary layout into labels and pixels.
 *
 * @param records Any number of 3073-byte records.
 * @param name What the records are called in errors.
 * @returns The images, of shape (3, 32, 32).
 * @throws {DataError} If a record is cut off or a label is not in 0 to 9.
 *
 * @example One white ship
 * ```ts
 * import { decodeCifar10 } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const record = new Uint8Array(3073).fill(255);
 * record[0] = 8;
 * const images = decodeCifar10(record);
 * assertEquals(images.imageShape, [3, 32, 32]);
 * assertEquals(images.labels, Int32Array.of(8));
 * ```
 */
export function decodeCifar10(
  records: Uint8Array,
  name = "CIFAR-10 records",
): ImageSet {
  return decodeCifar10Files([{ name, read: () => records }], records.length);
}

/**
 * Splits the records of several files into one set of images. A file is read
 * only once those before it are decoded, so that one at a time is in memory.
 *
 * @param files The files, with a name for errors and a way to read them.
 * @param totalBytes Size of all files together.
 * @throws {DataError} As {@linkcode decodeCifar10}.
 */
export function decodeCifar10Files(
  files: readonly { readonly name: string; readonly read: () => Uint8Array }[],
  totalBytes: number,
): ImageSet {
  const count = Math.floor(totalBytes / RECORD_BYTES);
  const bytes = new Uint8Array(count * IMAGE_BYTES);
  const labels = new Int32Array(count);
  let image = 0;
  for (const { name, read } of files) {
    const records = read();
    if (records.length % RECORD_BYTES !== 0) {
      throw new DataError(
        `Cannot read ${name}: expected a multiple of ${RECORD_BYTES} bytes but found ${records.length}`,
      );
    }
    for (let at = 0; at < records.length; at += RECORD_BYTES, image++) {
      const label = records[at]!;
      if (label >= NUM_CLASSES) {
        throw new DataError(
          `Cannot read ${name}: expected labels from 0 to ${
            NUM_CLASSES - 1
          } but found ${label} for image ${at / RECORD_BYTES}`,
        );
      }
      labels[image] = label;
      bytes.set(
        records.subarray(at + 1, at + RECORD_BYTES),
        image * IMAGE_BYTES,
      );
    }
  }
  return new ImageSet({ bytes, labels, imageShape: IMAGE_SHAPE });
}

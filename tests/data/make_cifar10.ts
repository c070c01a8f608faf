// Copyright 2026 the Convlab authors. MIT license.

/**
 * Files in CIFAR-10's layout for tests that do not need its images.
 *
 * @module
 */

import { join } from "@std/path";

/** Bytes of each file of images. */
export const FILE_BYTES = 10_000 * 3073;

/** The files of images, in order. */
export const IMAGE_FILES: readonly string[] = [
  "data_batch_1.bin",
  "data_batch_2.bin",
  "data_batch_3.bin",
  "data_batch_4.bin",
  "data_batch_5.bin",
  "test_batch.bin",
];

/**
 * Writes CIFAR-10's seven files into `folder`. All images are black and of class
 * 0, except that in file number k (1 to 6) the first image is of class k, with
 * its first pixel k, and the last image of class k + 3, with its last pixel 10 k.
 */
export function makeCifar10(folder: string): void {
  Deno.mkdirSync(folder, { recursive: true });
  const names = Array.from({ length: 10 }, (_, i) => `class ${i}`);
  Deno.writeTextFileSync(
    join(folder, "batches.meta.txt"),
    names.join("\n") + "\n\n",
  );
  for (const [i, file] of IMAGE_FILES.entries()) {
    const k = i + 1;
    const path = join(folder, file);
    Deno.writeFileSync(path, Uint8Array.of(k, k));
    Deno.truncateSync(path, FILE_BYTES);
    poke(path, FILE_BYTES - 3073, k + 3);
    poke(path, FILE_BYTES - 1, 10 * k);
  }
}

/** Sets the byte at `offset` of the file at `path`. */
export function poke(path: string, offset: number, value: number): void {
  using file = Deno.openSync(path, { write: true });
  file.seekSync(offset, Deno.SeekMode.Start);
  file.writeSync(Uint8Array.of(value));
}

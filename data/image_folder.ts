// Copyright 2026 the Convlab authors. MIT license.

/**
 * Data sets of the user's own images: a folder with one folder a class.
 *
 * @module
 */

import { basename, join, resolve } from "@std/path";
import { DataError } from "./data_error.ts";
import type { DataSet, SplitOptions } from "./data_set.ts";
import { type DecodedImages, decodeImageFiles } from "./decode_image_files.ts";
import {
  type ImageFolderFiles,
  listImageFolder,
} from "./image_folder_files.ts";
import {
  type CacheSubject,
  readImageCache,
  writeImageCache,
} from "./image_cache.ts";
import { makeDataSet } from "./make_data_set.ts";
import type { FractionOptions } from "./split_by_class.ts";

/** How a folder of images becomes a data set. */
export interface ImageFolderOptions extends SplitOptions, FractionOptions {
  /** Height and width to which images are resized, 1 to 1024. @default {32} */
  readonly imageSize?: number | undefined;
  /** Whether all images become grey; otherwise only if all files are. @default {false} */
  readonly grayscale?: boolean | undefined;
  /** Whether a file that cannot be decoded is an error; otherwise it is left out. @default {false} */
  readonly strict?: boolean | undefined;
  /** Folder in which decoded images are kept for the next time, such as {@linkcode imageCacheFolder}; by default none. */
  readonly cacheDir?: string | undefined;
  /** Called for each file that is left out, with one line that names it and says why. */
  readonly onUnreadable?: ((message: string) => void) | undefined;
  /** Called while files are decoded. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

const MAX_IMAGE_SIZE = 1024;

/**
 * Loads PNG and JPEG images of any size from a folder that has one folder a
 * class, named as the class: `cats/1.jpg`, `dogs/2.png`. The classes are sorted
 * by name, as torchvision's `ImageFolder` sorts them.
 *
 * Each image is turned upright, cropped to its largest centred square and
 * resized by area averaging. The set is grey if all files are, or if
 * `grayscale` is set, and otherwise of three channels.
 *
 * If the folder holds a folder `train` and no others than `val` (or `valid`, or
 * `validation`) and `test`, each with the classes' folders, these are the
 * parts. A part without a folder is split off the training images at random,
 * class by class, as {@linkcode splitByClass} does. All parts are shuffled by
 * the seed; `numTraining`, `numValidation` and `numTest` keep the first of each.
 *
 * @param directory The folder.
 * @throws {RangeError} If an option is out of range or more images are asked for than there are.
 * @throws {DataError} If the folder cannot be read, has fewer than two classes or one without images, or, if `strict` is set, if a file cannot be decoded.
 *
 * @example Two classes of two images
 * ```ts
 * import { encodePng, loadImageFolder } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const folder = Deno.makeTempDirSync();
 * for (const [name, grey] of [["dark", 10], ["light", 240]] as const) {
 *   Deno.mkdirSync(`${folder}/${name}`);
 *   const pixels = new Uint8Array(50 * 40).fill(grey);
 *   const png = encodePng({ width: 50, height: 40, channels: 1, pixels });
 *   for (const i of [1, 2, 3]) Deno.writeFileSync(`${folder}/${name}/${i}.png`, png);
 * }
 * const data = await loadImageFolder(folder, { imageSize: 8 });
 * assertEquals(data.classNames, ["dark", "light"]);
 * assertEquals(data.train.imageShape, [1, 8, 8]);
 * assertEquals([data.train.length, data.validation.length, data.test.length], [2, 2, 2]);
 * Deno.removeSync(folder, { recursive: true });
 * ```
 */
export async function loadImageFolder(
  directory: string,
  options: ImageFolderOptions = {},
): Promise<DataSet> {
  const { imageSize = 32, grayscale = false, strict = false } = options;
  if (
    !Number.isInteger(imageSize) || imageSize < 1 || imageSize > MAX_IMAGE_SIZE
  ) {
    throw new RangeError(
      `Cannot load images: expected imageSize to be an integer from 1 to ${MAX_IMAGE_SIZE} but found ${imageSize}`,
    );
  }
  const list = listImageFolder(directory);
  const { files } = list;
  const images = await decodeOnce({ directory, files, imageSize, grayscale }, {
    ...options,
    strict,
  });
  for (const message of images.failures) options.onUnreadable?.(message);
  checkClasses(directory, list, images);
  return makeDataSet({
    name: directory,
    title: basename(resolve(directory)),
    classNames: list.classNames,
    bytes: images.bytes,
    labels: images.decoded.map((i) => list.files[i]!.label),
    imageShape: [images.channels, imageSize, imageSize],
    parts: Array.from(images.decoded, (i) => list.files[i]!.part),
    given: list.parts,
  }, options);
}

/** Decodes the files, or takes what was decoded and kept before. */
async function decodeOnce(
  subject: CacheSubject,
  options: ImageFolderOptions & { readonly strict: boolean },
): Promise<DecodedImages> {
  const { strict, cacheDir, onProgress } = options;
  const kept = cacheDir === undefined
    ? undefined
    : readImageCache(cacheDir, subject);
  if (kept !== undefined) {
    const [failure] = kept.failures;
    if (strict && failure !== undefined) throw new DataError(failure);
    return kept;
  }
  const { files, imageSize, grayscale } = subject;
  const images = await decodeImageFiles(
    files.map(({ path }) => path),
    { imageSize, grayscale, strict, onProgress },
  );
  if (cacheDir !== undefined) writeImageCache(cacheDir, subject, images);
  return images;
}

/** Each class needs an image to be learnt from. */
function checkClasses(
  directory: string,
  { classNames, files, parts }: ImageFolderFiles,
  { decoded, failures }: DecodedImages,
): void {
  const seen = new Set<number>();
  for (const i of decoded) {
    if (files[i]!.part === "train") seen.add(files[i]!.label);
  }
  const empty = classNames.find((_, label) => !seen.has(label));
  if (empty === undefined) return;
  const folder = join(directory, parts.size > 0 ? "train" : "", empty);
  const failure = failures.find((message) => message.includes(folder));
  throw new DataError(
    failure === undefined
      ? `Cannot read ${folder}: expected PNG or JPEG images but found none`
      : `Cannot read ${folder}: expected PNG or JPEG images but found none that can be decoded (${failure})`,
  );
}

// Copyright 2026 the Convlab authors. MIT license.

/**
 * Loads CIFAR-10 from its official binary files: `data_batch_1.bin` to
 * `data_batch_5.bin` and `test_batch.bin`, 10,000 records each, and
 * `batches.meta.txt` with the names of the classes.
 *
 * @module
 */

import { join } from "@std/path";
import {
  decodeCifar10Files,
  NUM_CLASSES,
  RECORD_BYTES,
} from "./cifar10_format.ts";
import { DataError } from "./data_error.ts";
import type { DataSet, SplitOptions } from "./data_set.ts";
import { checkFolder, isFile, readDataFile } from "./files.ts";
import type { ImageSet } from "./image_set.ts";
import { checkCount, normalizationOf, splitDataSet } from "./split_data_set.ts";

/** Name of the official archive. */
export const CIFAR10_ARCHIVE = "cifar-10-binary.tar.gz";

const FOLDER = "cifar-10-batches-bin";
const TRAINING_FILES = [1, 2, 3, 4, 5].map((i) => `data_batch_${i}.bin`);
const TEST_FILE = "test_batch.bin";
const NAMES_FILE = "batches.meta.txt";
const IMAGES_PER_FILE = 10_000;
const FILE_BYTES = IMAGES_PER_FILE * RECORD_BYTES;

/**
 * Loads CIFAR-10: the first `numTraining` images of the training files (by
 * default 49,000), the `numValidation` images after them (1,000), and the first
 * `numTest` of the test file (1,000). Where only one of the first two is given
 * and leaves less than the other's default, the other is what it leaves:
 * `{ numTraining: 50_000, numTest: 10_000 }` is the whole set, with no images
 * to validate.
 *
 * @param directory The folder with the files, or one that holds it as `cifar-10-batches-bin`.
 * @throws {RangeError} If more images are asked for than the 50,000 and 10,000 there are.
 * @throws {DataError} If a file that is needed is missing, unreadable, of the wrong size or mislabelled.
 *
 * @example Look at the first image
 * ```ts ignore
 * import { loadCifar10 } from "@convlab/convlab";
 *
 * const { classNames, train } = loadCifar10("data/cifar-10-batches-bin");
 * console.log(classNames[train.labels[0]!]); // frog
 * ```
 */
export function loadCifar10(
  directory: string,
  options: SplitOptions = {},
): DataSet {
  const available = TRAINING_FILES.length * IMAGES_PER_FILE;
  checkCount("numValidation", options.numValidation ?? 0, 0, available - 1);
  const {
    numTest = 1000,
    numTraining = Math.min(49_000, available - (options.numValidation ?? 1000)),
    numValidation = Math.min(1000, Math.max(0, available - numTraining)),
  } = options;
  checkCount("numTraining", numTraining, 1, available);
  checkCount("numValidation", numValidation, 0, available - numTraining);
  checkCount("numTest", numTest, 0, IMAGES_PER_FILE);

  checkFolder(directory);
  const folder = findCifar10(directory);
  if (folder === undefined) throw notFoundIn(directory);
  const filesNeeded = Math.ceil(
    (numTraining + numValidation) / IMAGES_PER_FILE,
  );
  return splitDataSet({
    name: "cifar10",
    title: "CIFAR-10",
    classNames: readClassNames(join(folder, NAMES_FILE)),
    trainingImages: readImages(folder, TRAINING_FILES.slice(0, filesNeeded)),
    testImages: readImages(folder, numTest > 0 ? [TEST_FILE] : []),
    train: [0, numTraining],
    validation: [numTraining, numTraining + numValidation],
    test: [0, numTest],
    normalize: normalizationOf(options),
  });
}

/**
 * The folder in which CIFAR-10 lies: `directory` itself or the folder
 * `cifar-10-batches-bin` in it, or `undefined` if it is in neither.
 *
 * A folder counts as soon as it holds one of the images' files, so that what is
 * missing in it is reported when it is loaded, and not passed over.
 */
export function findCifar10(directory: string): string | undefined {
  return [directory, join(directory, FOLDER)].find((folder) =>
    [...TRAINING_FILES, TEST_FILE].some((file) => isFile(join(folder, file)))
  );
}

function readImages(folder: string, names: readonly string[]): ImageSet {
  const files = names.map((file) => {
    const name = join(folder, file);
    const limits = { minBytes: FILE_BYTES, maxBytes: FILE_BYTES };
    return { name, read: () => readDataFile(name, limits) };
  });
  return decodeCifar10Files(files, files.length * FILE_BYTES);
}

function readClassNames(path: string): string[] {
  const bytes = readDataFile(path, { minBytes: 0, maxBytes: 4096 });
  const names = new TextDecoder().decode(bytes).split("\n")
    .map((line) => line.trim()).filter((line) => line !== "");
  if (names.length !== NUM_CLASSES) {
    throw new DataError(
      `Cannot read ${path}: expected ${NUM_CLASSES} class names but found ${names.length}`,
    );
  }
  return names;
}

function notFoundIn(directory: string): DataError {
  const archive = join(directory, CIFAR10_ARCHIVE);
  return new DataError(
    `Cannot find CIFAR-10 in ${directory}: expected ${
      TRAINING_FILES[0]
    } there or in its folder ${FOLDER} but found ${
      isFile(archive)
        ? `only ${CIFAR10_ARCHIVE}, which is to be unpacked`
        : "neither"
    }`,
  );
}

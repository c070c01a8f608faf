// Copyright 2026 the Convlab authors. MIT license.

/**
 * Fashion-MNIST: grey images of 28 × 28 pixels of ten kinds of clothing, from
 * Zalando's four IDX files or from the sample of them that comes with Convlab.
 *
 * Source: {@link https://github.com/zalandoresearch/fashion-mnist}, MIT licence.
 *
 * @module
 */

import { fromFileUrl, join } from "@std/path";
import { formatShape } from "../numerics/tensor.ts";
import { DataError } from "./data_error.ts";
import type { DataSet, SplitOptions } from "./data_set.ts";
import { checkFolder, isFile } from "./files.ts";
import { decodeIdx, type IdxArray, readIdx } from "./idx.ts";
import { ImageSet } from "./image_set.ts";
import { checkCount, normalizationOf, splitDataSet } from "./split_data_set.ts";

const CLASS_NAMES = [
  "T-shirt/top",
  "Trouser",
  "Pullover",
  "Dress",
  "Coat",
  "Sandal",
  "Shirt",
  "Sneaker",
  "Bag",
  "Ankle boot",
];
const TRAINING_IMAGES = "train-images-idx3-ubyte";
const TRAINING_LABELS = "train-labels-idx1-ubyte";
const TEST_IMAGES = "t10k-images-idx3-ubyte";
const TEST_LABELS = "t10k-labels-idx1-ubyte";
const FOLDER = "fashion-mnist";
const MAX_IMAGES = 60_000;
const SIDE = 28;

/** The four files of Fashion-MNIST, each plain or gzipped. */
export interface FashionMnistFiles {
  /** What `train-images-idx3-ubyte` holds. */
  readonly trainImages: Uint8Array<ArrayBuffer>;
  /** What `train-labels-idx1-ubyte` holds. */
  readonly trainLabels: Uint8Array<ArrayBuffer>;
  /** What `t10k-images-idx3-ubyte` holds. */
  readonly testImages: Uint8Array<ArrayBuffer>;
  /** What `t10k-labels-idx1-ubyte` holds. */
  readonly testLabels: Uint8Array<ArrayBuffer>;
}

/**
 * Loads Fashion-MNIST from its four files, gzipped or not. The last
 * `numValidation` images of the training files (by default 1,000) are for
 * validation, the first `numTraining` (all others) for training, and the first
 * `numTest` (all) of the test files for testing.
 *
 * @param directory The folder with the files, named as Zalando names them, or one that holds it as `fashion-mnist`.
 * @throws {RangeError} If more images are asked for than there are.
 * @throws {DataError} If a file is missing, unreadable, damaged or mislabelled.
 *
 * @example Train on the whole set
 * ```ts ignore
 * import { loadFashionMnist } from "@convlab/convlab";
 *
 * const { train } = await loadFashionMnist("/usr/share/datasets/fashion-mnist");
 * console.log(train.length); // 59000
 * ```
 */
export async function loadFashionMnist(
  directory: string,
  options: SplitOptions = {},
): Promise<DataSet> {
  checkFolder(directory);
  const folder = findFashionMnist(directory) ?? directory;
  const trainingImages = await readImages(
    folder,
    TRAINING_IMAGES,
    TRAINING_LABELS,
  );
  const testImages = await readImages(folder, TEST_IMAGES, TEST_LABELS);
  return split(trainingImages, testImages, options);
}

/**
 * The data set of Fashion-MNIST's four files, for where there are no files to
 * read, as in a page that fetched them; split as
 * {@linkcode loadFashionMnist} does.
 *
 * @throws {RangeError} If more images are asked for than there are.
 * @throws {DataError} If a file is damaged or mislabelled.
 *
 * @example Fetch the files in a page
 * ```ts ignore
 * import { decodeFashionMnist } from "@convlab/convlab";
 *
 * const [trainImages, trainLabels, testImages, testLabels] = await Promise.all(
 *   ["train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"]
 *     .map(async (name) => (await fetch(`data/${name}-ubyte.gz`)).bytes()),
 * );
 * const files = { trainImages, trainLabels, testImages, testLabels };
 * const { train } = await decodeFashionMnist(files);
 * ```
 */
export async function decodeFashionMnist(
  files: FashionMnistFiles,
  options: SplitOptions = {},
): Promise<DataSet> {
  const images = (bytes: Uint8Array<ArrayBuffer>, name: string) =>
    decodeIdx(bytes, { name, maxElements: MAX_IMAGES * SIDE * SIDE });
  const labels = (bytes: Uint8Array<ArrayBuffer>, name: string) =>
    decodeIdx(bytes, { name, maxElements: MAX_IMAGES });
  const trainingImages = imageSet(
    await images(files.trainImages, TRAINING_IMAGES),
    await labels(files.trainLabels, TRAINING_LABELS),
    ...[TRAINING_IMAGES, TRAINING_LABELS] as const,
  );
  const testImages = imageSet(
    await images(files.testImages, TEST_IMAGES),
    await labels(files.testLabels, TEST_LABELS),
    ...[TEST_IMAGES, TEST_LABELS] as const,
  );
  return split(trainingImages, testImages, options);
}

/**
 * Loads the sample of Fashion-MNIST that comes with Convlab: 10,000 training,
 * 1,000 validation and 1,000 test images, as many of each class. Needs read
 * permission for Convlab's own folder `fixtures/fashion-mnist`, which tells how
 * the sample was made.
 *
 * @throws {RangeError} If more images are asked for than there are.
 * @throws {DataError} If the sample is missing, unreadable or damaged.
 *
 * @example Load the sample
 * ```ts
 * import { loadFashionMnistSample } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const { train, validation, test } = await loadFashionMnistSample();
 * assertEquals(train.imageShape, [1, 28, 28]);
 * assertEquals(
 *   [train.length, validation.length, test.length],
 *   [10_000, 1000, 1000],
 * );
 * ```
 */
export async function loadFashionMnistSample(
  options: SplitOptions = {},
): Promise<DataSet> {
  const url = new URL("../fixtures/fashion-mnist", import.meta.url);
  if (url.protocol !== "file:") {
    throw new DataError(
      `Cannot read ${url}: expected Convlab's sample of Fashion-MNIST to be on this machine`,
    );
  }
  const data = await loadFashionMnist(fromFileUrl(url), options);
  return { ...data, title: "Fashion-MNIST sample" };
}

/**
 * The folder in which Fashion-MNIST lies: `directory` itself or the folder
 * `fashion-mnist` in it, or `undefined` if its training images are in neither.
 */
export function findFashionMnist(directory: string): string | undefined {
  return [directory, join(directory, FOLDER)].find((folder) =>
    isFile(pathOf(folder, TRAINING_IMAGES))
  );
}

function split(
  trainingImages: ImageSet,
  testImages: ImageSet,
  options: SplitOptions,
): DataSet {
  const count = trainingImages.length;
  const { numValidation = 1000 } = options;
  checkCount("numValidation", numValidation, 0, count - 1);
  const { numTraining = count - numValidation, numTest = testImages.length } =
    options;
  checkCount("numTraining", numTraining, 1, count - numValidation);
  checkCount("numTest", numTest, 0, testImages.length);
  return splitDataSet({
    name: "fashion-mnist",
    title: "Fashion-MNIST",
    classNames: CLASS_NAMES,
    trainingImages,
    testImages,
    train: [0, numTraining],
    validation: [count - numValidation, count],
    test: [0, numTest],
    normalize: normalizationOf(options),
  });
}

async function readImages(
  directory: string,
  imagesFile: string,
  labelsFile: string,
): Promise<ImageSet> {
  const imagesPath = pathOf(directory, imagesFile);
  const images = await readIdx(imagesPath, {
    maxElements: MAX_IMAGES * SIDE * SIDE,
  });
  const labelsPath = pathOf(directory, labelsFile);
  const labels = await readIdx(labelsPath, { maxElements: MAX_IMAGES });
  return imageSet(images, labels, imagesPath, labelsPath);
}

/** The images of two arrays, whose names are for errors. */
function imageSet(
  images: IdxArray,
  labels: IdxArray,
  imagesName: string,
  labelsName: string,
): ImageSet {
  const [count = 0, ...imageShape] = images.shape;
  if (formatShape(imageShape) !== formatShape([SIDE, SIDE])) {
    throw new DataError(
      `Cannot read ${imagesName}: expected images of shape (N, ${SIDE}, ${SIDE}) but found ${
        formatShape(images.shape)
      }`,
    );
  }
  if (formatShape(labels.shape) !== formatShape([count])) {
    throw new DataError(
      `Cannot read ${labelsName}: expected labels of shape (${count},), one for each image, but found ${
        formatShape(labels.shape)
      }`,
    );
  }
  const wrong = labels.data.findIndex((label) => label >= CLASS_NAMES.length);
  if (wrong !== -1) {
    throw new DataError(
      `Cannot read ${labelsName}: expected labels from 0 to ${
        CLASS_NAMES.length - 1
      } but found ${labels.data[wrong]} for image ${wrong}`,
    );
  }
  return new ImageSet({
    bytes: images.data,
    labels: labels.data,
    imageShape: [1, SIDE, SIDE],
  });
}

/** The file as it is where it lies unpacked, and its gzipped name otherwise. */
function pathOf(directory: string, file: string): string {
  const plain = join(directory, file);
  return isFile(plain) ? plain : `${plain}.gz`;
}

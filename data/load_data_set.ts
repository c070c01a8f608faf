// Copyright 2026 the Convlab authors. MIT license.

/**
 * Loads the data set that was asked for, or the best one that is there.
 *
 * @module
 */

import { findCifar10, loadCifar10 } from "./cifar10.ts";
import { DataError } from "./data_error.ts";
import type { DataSet, DataSetName, SplitOptions } from "./data_set.ts";
import {
  findFashionMnist,
  loadFashionMnist,
  loadFashionMnistSample,
} from "./fashion_mnist.ts";
import { checkFolder, isFile } from "./files.ts";
import { type ImageFolderOptions, loadImageFolder } from "./image_folder.ts";
import { loadNpzDataSet } from "./npz_data_set.ts";
import {
  cacheFolderForPeople,
  dataFolders,
  locateCifar10,
  locateFashionMnist,
  processEnvironment,
} from "./locate.ts";

/** Options of {@linkcode loadDataSet}. */
export interface LoadDataSetOptions extends ImageFolderOptions {
  /**
   * Which data set: a {@linkcode DataSetName}, the path of a folder with one
   * folder of images a class, or that of a `.npz` file. By default the one in
   * `dataDir`, CIFAR-10 if it is found, or the sample of Fashion-MNIST.
   */
  readonly dataset?: string | undefined;
  /** The folder with the files of a data set that is known by name; by default it is looked for. */
  readonly dataDir?: string | undefined;
}

/** What {@linkcode loadDataSet} returns. */
export interface LoadedDataSet {
  /** The data set. */
  readonly data: DataSet;
  /** If Convlab chose it, one line that says which it is and how to get CIFAR-10. */
  readonly notice?: string;
}

const DATA_SETS: readonly DataSetName[] = ["cifar10", "fashion-mnist"];

/**
 * Loads a data set.
 *
 * - CIFAR-10 is looked for in `dataDir`, or else in `$CONVLAB_DATA` and then in
 *   the user's cache folder, each as the folder itself and as
 *   `cifar-10-batches-bin` in it.
 * - Fashion-MNIST likewise, as the folder itself and as `fashion-mnist` in it;
 *   without `dataDir`, where it is not found, it is the sample that comes with
 *   Convlab.
 * - A path is that of a folder of images ({@linkcode loadImageFolder}), of a
 *   `.npz` file ({@linkcode loadNpzDataSet}), or of a folder with the files of
 *   one of the two.
 *
 * @throws {RangeError} If there is nothing of that name, more images are asked for than there are, or an option does not go with the data set.
 * @throws {DataError} If the data set that was asked for is missing or damaged.
 *
 * @example A data set by its name
 * ```ts
 * import { loadDataSet } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const { data } = await loadDataSet({ dataset: "fashion-mnist" });
 * assertEquals(data.train.imageShape, [1, 28, 28]);
 * assertEquals(data.classNames[9], "Ankle boot");
 * ```
 */
export async function loadDataSet(
  options: LoadDataSetOptions = {},
): Promise<LoadedDataSet> {
  const { dataset, dataDir } = options;
  if (dataset !== undefined && !isDataSetName(dataset)) {
    return { data: await loadPath(dataset, options) };
  }
  refuse(options, FOR_FOLDERS, "the data sets that are known by name");
  if (dataDir !== undefined) {
    const data = (dataset ?? dataSetIn(dataDir)) === "cifar10"
      ? loadCifar10(dataDir, options)
      : await loadFashionMnist(dataDir, options);
    return { data };
  }
  if (dataset === "fashion-mnist") {
    const folder = locateFashionMnist();
    const data = folder === undefined
      ? await loadFashionMnistSample(options)
      : await loadFashionMnist(folder, options);
    return { data };
  }
  const folder = locateCifar10();
  if (folder !== undefined) {
    const data = loadCifar10(folder, options);
    return dataset === undefined
      ? { data, notice: `Data: ${data.title} from ${folder}` }
      : { data };
  }
  if (dataset === "cifar10") throw notFound();
  const data = await loadFashionMnistSample(options);
  return { data, notice: sampleNotice() };
}

/** Whether a data set is known by this name. */
export function isDataSetName(name: string): name is DataSetName {
  return DATA_SETS.some((known) => known === name);
}

async function loadPath(
  path: string,
  options: LoadDataSetOptions,
): Promise<DataSet> {
  if (options.dataDir !== undefined) {
    throw new RangeError(
      `Cannot load data set: expected no dataDir with the path of a data set but found ${options.dataDir}`,
    );
  }
  if (/\.npz$/i.test(path) && isFile(path)) {
    refuse(options, FOR_FILES, "a .npz file");
    return loadNpzDataSet(path, options);
  }
  const folder = findCifar10(path) ?? findFashionMnist(path);
  if (folder === undefined) {
    checkPath(path);
    return await loadImageFolder(path, options);
  }
  refuse(options, FOR_FOLDERS, `the data set in ${folder}`);
  return findCifar10(path) === undefined
    ? await loadFashionMnist(path, options)
    : loadCifar10(path, options);
}

type OptionName = keyof (ImageFolderOptions & SplitOptions);

/** Options for image files, */
const FOR_FILES: readonly OptionName[] = ["imageSize", "grayscale", "strict"];
/** and those for all that comes without a split. */
const FOR_FOLDERS: readonly OptionName[] = [
  ...FOR_FILES,
  "valFraction",
  "testFraction",
];

/** Refuses options that do not go with a data set, unless they ask for nothing. */
function refuse(
  options: ImageFolderOptions,
  names: readonly OptionName[],
  what: string,
): void {
  for (const name of names) {
    const value = options[name];
    if (value === undefined || value === false) continue;
    throw new RangeError(
      `Cannot load data set: expected no ${name} with ${what} but found ${value}`,
    );
  }
}

function checkPath(path: string): void {
  const isThere = (() => {
    try {
      return Deno.statSync(path).isDirectory;
    } catch (error) {
      // Other errors are told by whoever reads the folder.
      return !(error instanceof Deno.errors.NotFound);
    }
  })();
  if (isThere) return;
  throw new RangeError(
    `Cannot load data set: expected ${
      DATA_SETS.map((name) => `"${name}"`).join(", ")
    }, a folder of images or a .npz file but found ${
      isFile(path)
        ? `the file ${path}`
        : `no file or folder ${JSON.stringify(path)}`
    }`,
  );
}

function dataSetIn(directory: string): DataSetName {
  checkFolder(directory);
  return findCifar10(directory) === undefined &&
      findFashionMnist(directory) !== undefined
    ? "fashion-mnist"
    : "cifar10";
}

function sampleNotice(): string {
  const chosen = processEnvironment("CONVLAB_DATA");
  const missing = chosen === undefined
    ? ""
    : ` (CIFAR-10 was not found in CONVLAB_DATA=${chosen})`;
  return `Data: the built-in Fashion-MNIST sample${missing}; for CIFAR-10 run "deno task data download cifar10" or pass --data-dir FOLDER`;
}

function notFound(): DataError {
  const searched = dataFolders();
  return new DataError(
    `Cannot find CIFAR-10: expected it in ${
      searched.length > 0 ? searched.join(" or ") : cacheFolderForPeople()
    } but found none; run "deno task data download cifar10" or pass --data-dir FOLDER`,
  );
}

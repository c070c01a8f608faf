// Copyright 2026 the Convlab authors. MIT license.

/**
 * Loads the data set that was asked for, or the best one that is there.
 *
 * @module
 */

import { CIFAR10_ARCHIVE, findCifar10, loadCifar10 } from "./cifar10.ts";
import { DataError } from "./data_error.ts";
import type { DataSet, DataSetName, SplitOptions } from "./data_set.ts";
import {
  hasFashionMnist,
  loadFashionMnist,
  loadFashionMnistSample,
} from "./fashion_mnist.ts";
import { checkFolder } from "./files.ts";
import {
  cacheFolderForPeople,
  dataFolders,
  locateCifar10,
  processEnvironment,
} from "./locate.ts";

/** Options of {@linkcode loadDataSet}. */
export interface LoadDataSetOptions extends SplitOptions {
  /** Which data set; by default the one in `dataDir`, CIFAR-10 if it is found, or the sample of Fashion-MNIST. */
  readonly dataset?: DataSetName | undefined;
  /** The folder with its files; by default it is looked for. */
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
 * Loads a data set. CIFAR-10 is looked for in `dataDir`, or else in
 * `$CONVLAB_DATA` and then in the user's cache folder, each as the folder itself
 * and as `cifar-10-batches-bin` in it. Fashion-MNIST is read from `dataDir`, or
 * else from the sample that comes with Convlab.
 *
 * @throws {RangeError} If the name is unknown or more images are asked for than there are.
 * @throws {DataError} If the data set that was asked for is missing or damaged.
 *
 * @example The built-in sample
 * ```ts
 * import { loadDataSet } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const { data } = await loadDataSet({ dataset: "fashion-mnist" });
 * assertEquals(data.title, "Fashion-MNIST sample");
 * assertEquals(data.classNames[9], "Ankle boot");
 * ```
 */
export async function loadDataSet(
  options: LoadDataSetOptions = {},
): Promise<LoadedDataSet> {
  const { dataset, dataDir, ...split } = options;
  if (dataset !== undefined && !DATA_SETS.includes(dataset)) {
    throw new RangeError(
      `Cannot load data set: expected ${
        DATA_SETS.map((name) => `"${name}"`).join(" or ")
      } but found ${JSON.stringify(dataset)}`,
    );
  }
  if (dataDir !== undefined) {
    const data = (dataset ?? dataSetIn(dataDir)) === "cifar10"
      ? loadCifar10(dataDir, split)
      : await loadFashionMnist(dataDir, split);
    return { data };
  }
  if (dataset === "fashion-mnist") {
    return { data: await loadFashionMnistSample(split) };
  }
  const folder = locateCifar10();
  if (folder !== undefined) {
    const data = loadCifar10(folder, split);
    return dataset === undefined
      ? { data, notice: `Data: ${data.title} from ${folder}` }
      : { data };
  }
  if (dataset === "cifar10") throw notFound();
  return { data: await loadFashionMnistSample(split), notice: sampleNotice() };
}

function dataSetIn(directory: string): DataSetName {
  checkFolder(directory);
  return findCifar10(directory) === undefined && hasFashionMnist(directory)
    ? "fashion-mnist"
    : "cifar10";
}

function sampleNotice(): string {
  const chosen = processEnvironment("CONVLAB_DATA");
  const missing = chosen === undefined
    ? ""
    : ` (CIFAR-10 was not found in CONVLAB_DATA=${chosen})`;
  return `Data: the built-in Fashion-MNIST sample${missing}; for CIFAR-10 unpack ${CIFAR10_ARCHIVE} in ${cacheFolderForPeople()} or pass --data-dir FOLDER`;
}

function notFound(): DataError {
  const searched = dataFolders();
  return new DataError(
    `Cannot find CIFAR-10: expected it in ${
      searched.length > 0 ? searched.join(" or ") : cacheFolderForPeople()
    } but found none; unpack ${CIFAR10_ARCHIVE} there or pass --data-dir FOLDER`,
  );
}

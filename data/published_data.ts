// Copyright 2026 the Convlab authors. MIT license.

/**
 * Where the known data sets are published, and the checksums that their authors
 * give.
 *
 * Sources: {@link https://www.cs.toronto.edu/~kriz/cifar.html} and
 * {@link https://github.com/zalandoresearch/fashion-mnist}.
 *
 * @module
 */

import { CIFAR10_ARCHIVE } from "./cifar10.ts";
import type { DataSetName } from "./data_set.ts";

/** A data set as it is published. */
export interface PublishedData {
  /** Name for people. */
  readonly title: string;
  /** Address of the folder in which the files are. */
  readonly url: string;
  /** The files, with their MD5 checksums. */
  readonly files: Readonly<Record<string, string>>;
  /** Name of the folder that it becomes. */
  readonly folder: string;
  /** About how many bytes are downloaded. */
  readonly bytes: number;
}

/** The data sets that can be downloaded. */
export const PUBLISHED_DATA: Readonly<Record<DataSetName, PublishedData>> = {
  "cifar10": {
    title: "CIFAR-10",
    url: "https://www.cs.toronto.edu/~kriz",
    files: { [CIFAR10_ARCHIVE]: "c32a1d4ab5d03f1284b67883e8d87530" },
    folder: "cifar-10-batches-bin",
    bytes: 170_052_171,
  },
  "fashion-mnist": {
    title: "Fashion-MNIST",
    url:
      "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion",
    files: {
      "train-images-idx3-ubyte.gz": "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
      "train-labels-idx1-ubyte.gz": "25c81989df183df01b3e8a0aad5dffbe",
      "t10k-images-idx3-ubyte.gz": "bef4ecab320f06d8554ea6380940ec79",
      "t10k-labels-idx1-ubyte.gz": "bb300cfdad3c16e7a12a480ee83cd310",
    },
    folder: "fashion-mnist",
    bytes: 30_878_645,
  },
};

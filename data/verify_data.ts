// Copyright 2026 the Convlab authors. MIT license.

/**
 * Checks that data is whole.
 *
 * @module
 */

import { join } from "@std/path";
import { DataError } from "./data_error.ts";
import { decodeImageFiles } from "./decode_image_files.ts";
import { type DataDescription, describeData } from "./describe_data.ts";
import { md5Of } from "./download_file.ts";
import { isFile } from "./files.ts";
import { listImageFolder } from "./image_folder_files.ts";
import { loadNpzDataSet } from "./npz_data_set.ts";
import { PUBLISHED_DATA } from "./published_data.ts";

/** What {@linkcode verifyData} returns. */
export interface DataVerification {
  /** What was found, or `undefined` if that cannot be told. */
  readonly description: DataDescription | undefined;
  /** One line for each thing that is wrong; none if all is well. */
  readonly problems: readonly string[];
}

/** Options of {@linkcode verifyData}. */
export interface VerifyDataOptions {
  /** Called while images are decoded. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/**
 * Reads all of a data set, or any file that {@linkcode describeData} knows, and
 * tells what is wrong with it: whether files are whole, labels within range,
 * classes of the known sets of equal size, their files the published ones, and
 * all images of a folder can be decoded.
 *
 * @example A file that is cut off
 * ```ts
 * import { encodeNpy, verifyData, zeros } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const path = Deno.makeTempFileSync({ suffix: ".npy" });
 * Deno.writeFileSync(path, encodeNpy(zeros([2])).subarray(0, 140));
 * const { problems } = await verifyData(path);
 * assertEquals(problems, [
 *   `Cannot read ${path}: expected 16 bytes for shape (2,) but found 12`,
 * ]);
 * Deno.removeSync(path);
 * ```
 */
export async function verifyData(
  path: string,
  options: VerifyDataOptions = {},
): Promise<DataVerification> {
  let description: DataDescription | undefined;
  try {
    description = await describeData(path);
    return { description, problems: await problemsOf(description, options) };
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    return { description, problems: [error.message] };
  }
}

async function problemsOf(
  description: DataDescription,
  { onProgress }: VerifyDataOptions,
): Promise<readonly string[]> {
  const { path, kind } = description;
  switch (kind) {
    case "CIFAR-10":
      return unbalanced(description);
    case "Fashion-MNIST":
      return [...unbalanced(description), ...await altered(description)];
    case "folder of images": {
      const { files } = listImageFolder(path);
      const { failures } = await decodeImageFiles(
        files.map((file) => file.path),
        { imageSize: 1, grayscale: false, strict: false, onProgress },
      );
      return [...failures, ...empty(description)];
    }
    case "NumPy archive":
      if (description.arrays?.some(({ name }) => name === "x_train")) {
        loadNpzDataSet(path);
      }
      return [];
    default:
      return [];
  }
}

/** The known sets have as many images of each class. */
function unbalanced({ path, classes = [] }: DataDescription): string[] {
  return (["train", "test"] as const).flatMap((part) => {
    const counts = new Set(classes.map(({ images }) => images[part]));
    return counts.size === 1 ? [] : [
      `Cannot trust ${path}: expected as many ${part} images of each class but found ${
        classes.map(({ name, images }) => `${images[part]} of ${name}`).join(
          ", ",
        )
      }`,
    ];
  });
}

/** Files of the whole Fashion-MNIST, as they are published, have known checksums. */
async function altered(
  { path, classes = [] }: DataDescription,
): Promise<string[]> {
  const isWhole = classes.every(({ images }) => images.train === 6000);
  const { files } = PUBLISHED_DATA["fashion-mnist"];
  const problems: string[] = [];
  for (const [name, md5] of Object.entries(isWhole ? files : {})) {
    const file = join(path, name);
    const found = isFile(file) ? await md5Of(file) : md5;
    if (found === md5) continue;
    problems.push(
      `Cannot trust ${file}: expected the MD5 checksum ${md5} but found ${found}`,
    );
  }
  return problems;
}

function empty({ path, classes = [] }: DataDescription): string[] {
  return classes.filter(({ images }) => images.train === undefined)
    .map(({ name }) =>
      `Cannot train on ${path}: expected images of ${name} but found none`
    );
}

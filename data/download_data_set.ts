// Copyright 2026 the Convlab authors. MIT license.

/**
 * Downloads the known data sets to where they are looked for.
 *
 * @module
 */

import { join } from "@std/path";
import { CIFAR10_ARCHIVE, findCifar10, loadCifar10 } from "./cifar10.ts";
import { DataError } from "./data_error.ts";
import type { DataSetName } from "./data_set.ts";
import { downloadFile, type DownloadFileOptions } from "./download_file.ts";
import { findFashionMnist, loadFashionMnist } from "./fashion_mnist.ts";
import { isFile } from "./files.ts";
import { cacheFolder } from "./locate.ts";
import { PUBLISHED_DATA } from "./published_data.ts";
import { unpackTarGz } from "./unpack_tar.ts";

/** Options of {@linkcode downloadDataSet}. */
export interface DownloadDataSetOptions
  extends Omit<DownloadFileOptions, "md5" | "maxBytes" | "onProgress"> {
  /** The folder in which the data set's folder is to be; by default Convlab's folder in the user's cache. */
  readonly folder?: string | undefined;
  /** Address of a folder with the files, in place of the published one. */
  readonly url?: string | undefined;
  /** MD5 checksums by file name, where the files are not the published ones. */
  readonly checksums?: Readonly<Record<string, string>> | undefined;
  /** Called with the file that is downloaded, its bytes that are there, and how many there will be. */
  readonly onProgress?:
    | ((file: string, done: number, total?: number) => void)
    | undefined;
}

/** What {@linkcode downloadDataSet} returns. */
export interface DownloadedDataSet {
  /** The folder with the data set. */
  readonly folder: string;
  /** Whether it was there already. */
  readonly wasThere: boolean;
}

/** What is unpacked of an archive at most: all of CIFAR-10 is 184,380,000 bytes. */
const MAX_UNPACKED = 2e8;
const MAX_DOWNLOAD = 2 ** 28;

/**
 * Downloads a data set, checks it, unpacks it if need be, and only then puts it
 * where it is looked for. A download that broke off goes on when this is called
 * again. A file that was fetched by other means and put into the folder is used.
 *
 * @throws {DataError} If it cannot be had or is damaged: the message says what to do.
 *
 * @example Download CIFAR-10 once
 * ```ts ignore
 * import { downloadDataSet, loadCifar10 } from "@convlab/convlab";
 *
 * const { folder } = await downloadDataSet("cifar10");
 * const data = loadCifar10(folder);
 * ```
 */
export async function downloadDataSet(
  name: DataSetName,
  options: DownloadDataSetOptions = {},
): Promise<DownloadedDataSet> {
  const { folder = cacheFolder() } = options;
  const { title, folder: ownFolder } = PUBLISHED_DATA[name];
  if (folder === undefined) {
    throw new DataError(
      `Cannot download ${title}: expected HOME to tell where the cache folder is but found none; name a folder`,
    );
  }
  const path = join(folder, ownFolder);
  const find = name === "cifar10" ? findCifar10 : findFashionMnist;
  if (find(path) === path) return { folder: path, wasThere: true };
  if (name === "cifar10") await downloadCifar10(folder, path, options);
  else await downloadFashionMnist(path, options);
  return { folder: path, wasThere: false };
}

async function downloadCifar10(
  folder: string,
  path: string,
  options: DownloadDataSetOptions,
): Promise<void> {
  const fetchedByHand = isFile(join(folder, CIFAR10_ARCHIVE));
  const [archive = ""] = await downloadFiles("cifar10", folder, options);
  const staging = `${path}.${crypto.randomUUID().slice(0, 8)}.tmp`;
  try {
    await unpackTarGz(archive, staging, { maxBytes: MAX_UNPACKED });
    // All labels are looked at.
    loadCifar10(staging, {
      numTraining: 50_000,
      numTest: 10_000,
      normalize: "none",
    });
    Deno.renameSync(findCifar10(staging) ?? staging, path);
  } catch (error) {
    if (!fetchedByHand) removeAll(archive);
    throw error;
  } finally {
    removeAll(staging);
  }
  removeAll(archive);
}

async function downloadFashionMnist(
  path: string,
  options: DownloadDataSetOptions,
): Promise<void> {
  const staging = `${path}.part`;
  try {
    await downloadFiles("fashion-mnist", staging, options);
  } catch (error) {
    removeIfEmpty(staging);
    throw error;
  }
  try {
    await loadFashionMnist(staging, { normalize: "none" });
  } catch (error) {
    removeAll(staging);
    throw error;
  }
  Deno.renameSync(staging, path);
}

async function downloadFiles(
  name: DataSetName,
  folder: string,
  options: DownloadDataSetOptions,
): Promise<string[]> {
  const { url: published, files } = PUBLISHED_DATA[name];
  const { url = published, checksums = files, onProgress } = options;
  const paths: string[] = [];
  for (const file of Object.keys(files)) {
    const md5 = checksums[file];
    if (md5 === undefined || !/^[\da-f]{32}$/i.test(md5)) {
      throw new DataError(
        `Cannot download ${file}: expected its MD5 checksum, 32 hexadecimal digits, but found ${
          md5 ?? "none"
        }`,
      );
    }
    const path = join(folder, file);
    await downloadFile(addressOf(url, file), path, {
      ...options,
      md5,
      maxBytes: MAX_DOWNLOAD,
      onProgress: (done, total) => onProgress?.(file, done, total),
    });
    paths.push(path);
  }
  return paths;
}

function addressOf(url: string, file: string): URL {
  const address = URL.parse(file, url.endsWith("/") ? url : `${url}/`);
  if (address !== null && /^https?:$/.test(address.protocol)) return address;
  throw new DataError(
    `Cannot download ${file}: expected an address that begins with http:// or https:// but found ${url}`,
  );
}

function removeAll(path: string): void {
  try {
    Deno.removeSync(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

function removeIfEmpty(folder: string): void {
  try {
    Deno.removeSync(folder);
  } catch {
    // It holds files, or is not there.
  }
}

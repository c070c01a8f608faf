// Copyright 2026 the Convlab authors. MIT license.

/**
 * Keeps decoded images between runs: a file for each folder and way to decode
 * it, which is written anew when the folder's files change. Whatever goes wrong
 * here costs time and nothing else.
 *
 * @module
 */

import { join } from "@std/path";
import type { DecodedImages } from "./decode_image_files.ts";
import type { ImageFile } from "./image_folder_files.ts";
import { cacheFolder } from "./locate.ts";
import { nodeCrypto } from "./node_builtins.ts";
import { decodeNpz, encodeNpz } from "./npz.ts";

/** Changes when images come out differently. */
const VERSION = 1;
/** Folders and ways to decode them that are kept, the last ones. */
const MAX_FILES = 16;
/** More is decoded again rather than kept twice. */
const MAX_BYTES = 2 ** 31;

/** What images are decoded from, and how. */
export interface CacheSubject {
  /** The folder. */
  readonly directory: string;
  /** Its files. */
  readonly files: readonly ImageFile[];
  /** Height and width of the results. */
  readonly imageSize: number;
  /** Whether all images become grey. */
  readonly grayscale: boolean;
}

/**
 * A folder in which decoded images can be kept without asking for a permission:
 * `images` in the user's cache folder, or else `.convlab-cache` in the current
 * folder. `undefined` if neither may be written to.
 *
 * @example Load a folder of images faster from the second time on
 * ```ts ignore
 * import { imageCacheFolder, loadImageFolder } from "@convlab/convlab";
 *
 * const data = await loadImageFolder("photos", { cacheDir: imageCacheFolder() });
 * ```
 */
export function imageCacheFolder(): string | undefined {
  const cache = cacheFolder();
  return [
    ...cache === undefined ? [] : [join(cache, "images")],
    ".convlab-cache",
  ].find(mayUse);
}

function mayUse(path: string): boolean {
  return (["read", "write"] as const).every((name) =>
    Deno.permissions.querySync({ name, path }).state === "granted"
  );
}

/** The images of an earlier run, or `undefined` if there are none or the files have changed. */
export function readImageCache(
  cacheDir: string,
  subject: CacheSubject,
): DecodedImages | undefined {
  try {
    const path = join(cacheDir, nameOf(subject));
    const { key, images, decoded, failures } = decodeNpz(
      Deno.readFileSync(path),
    );
    const channels = images?.shape[1];
    if (
      key?.data[0] !== keyOf(subject) || !decoded || !failures || !images ||
      (channels !== 1 && channels !== 3)
    ) return undefined;
    return {
      bytes: images.data as Uint8Array<ArrayBuffer>,
      channels,
      decoded: decoded.data as Int32Array,
      failures: failures.data as readonly string[],
    };
  } catch {
    return undefined;
  }
}

/** Keeps the images for the next run, if that can be done. */
export function writeImageCache(
  cacheDir: string,
  subject: CacheSubject,
  { bytes, channels, decoded, failures }: DecodedImages,
): void {
  // A file that could not be read, for whatever reason, may be readable next time.
  if (failures.some((message) => message.startsWith("Cannot read"))) return;
  if (bytes.length > MAX_BYTES) return;
  const { imageSize } = subject;
  const shape = [decoded.length, channels, imageSize, imageSize];
  try {
    const file = encodeNpz({
      key: { shape: [1], dtype: "string", data: [keyOf(subject)] },
      decoded: { shape: [decoded.length], dtype: "int32", data: decoded },
      failures: { shape: [failures.length], dtype: "string", data: failures },
      images: { shape, dtype: "uint8", data: bytes },
    });
    makeFolder(cacheDir);
    const path = join(cacheDir, nameOf(subject));
    const temporary = `${path}.${crypto.randomUUID()}.tmp`;
    try {
      Deno.writeFileSync(temporary, file);
      Deno.renameSync(temporary, path);
    } catch {
      Deno.removeSync(temporary);
    }
    removeOldest(cacheDir);
  } catch {
    // The next run decodes again.
  }
}

/** Makes the folder, and keeps Git from adding what is in it. */
function makeFolder(path: string): void {
  Deno.mkdirSync(path, { recursive: true });
  Deno.writeTextFileSync(join(path, ".gitignore"), "*\n");
}

/** Folders come and go; what was decoded of them is not to pile up. */
function removeOldest(cacheDir: string): void {
  const files = [...Deno.readDirSync(cacheDir)]
    .filter(({ name }) => name.endsWith(".npz"))
    .map(({ name }) => {
      const path = join(cacheDir, name);
      return { path, written: Deno.statSync(path).mtime?.getTime() ?? 0 };
    })
    .sort((a, b) => b.written - a.written);
  for (const { path } of files.slice(MAX_FILES)) Deno.removeSync(path);
}

/** One file for a folder, as it is named in messages, and a way to decode it. */
function nameOf({ directory, imageSize, grayscale }: CacheSubject): string {
  const path = Deno.realPathSync(directory);
  const hash = hashOf([path, directory, imageSize, grayscale]);
  return `${hash.slice(0, 24)}.npz`;
}

function keyOf({ files }: CacheSubject): string {
  return hashOf([
    VERSION,
    files.map(({ path, size, modified }) => [path, size, modified]),
  ]);
}

function hashOf(value: unknown): string {
  return nodeCrypto().createHash("sha256").update(JSON.stringify(value)).digest(
    "hex",
  );
}

// Copyright 2026 the Convlab authors. MIT license.

/**
 * Writes files so that nothing half-written is ever left under a final name.
 *
 * @module
 */

import { basename, dirname, join } from "@std/path";

/**
 * Writes `data` to the file at `path`, whole or not at all: into a new file
 * beside it, flushed to the disk, which then takes its place. Whoever reads
 * `path` finds the old contents or the new ones, also after a crash.
 *
 * A symbolic link is followed. What is no regular file, such as `/dev/stdout`,
 * is written to directly. No folder is created. Needs permission to read and
 * write the folder.
 *
 * @param path Where to write.
 * @param data Bytes, or text to be encoded as UTF-8.
 * @throws {Error} If the file cannot be written; it is then as it was, and no other file is left behind.
 *
 * @example Replace a file
 * ```ts
 * import { writeFileAtomically } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const path = Deno.makeTempFileSync();
 * writeFileAtomically(path, "loss 2.302586\n");
 * assertEquals(Deno.readTextFileSync(path), "loss 2.302586\n");
 * Deno.removeSync(path);
 * ```
 */
export function writeFileAtomically(
  path: string,
  data: Uint8Array | string,
): void {
  const bytes = typeof data === "string"
    ? new TextEncoder().encode(data)
    : data;
  try {
    const existing = statOf(path);
    if (existing === undefined) {
      replaceFile(path, bytes);
    } else if (existing.isFile) {
      const isLink = Deno.lstatSync(path).isSymlink;
      replaceFile(isLink ? Deno.realPathSync(path) : path, bytes);
    } else {
      Deno.writeFileSync(path, bytes, { create: false });
    }
  } catch (cause) {
    throw new Error(`Cannot write ${path}: ${reasonOf(cause, path)}`, {
      cause,
    });
  }
}

/** The names of files that {@linkcode writeFileAtomically} writes before they are renamed. */
const TEMPORARY = /^\..+\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.tmp$/;

/**
 * Removes what a process left in a folder that was killed while it wrote there.
 * Nobody may be writing there now. A folder that is not there is empty.
 *
 * @example After a crash
 * ```ts
 * import { removeTemporaryFiles } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const folder = Deno.makeTempDirSync();
 * Deno.writeTextFileSync(`${folder}/.a.txt.${crypto.randomUUID()}.tmp`, "half");
 * removeTemporaryFiles(folder);
 * assertEquals([...Deno.readDirSync(folder)], []);
 * Deno.removeSync(folder);
 * ```
 */
export function removeTemporaryFiles(folder: string): void {
  if (statOf(folder) === undefined) return;
  for (const { name, isFile } of Deno.readDirSync(folder)) {
    if (isFile && TEMPORARY.test(name)) removeIfThere(join(folder, name));
  }
}

function replaceFile(path: string, bytes: Uint8Array): void {
  const temporary = join(
    dirname(path),
    `.${basename(path).slice(0, 50)}.${crypto.randomUUID()}.tmp`,
  );
  try {
    writeNewFile(temporary, bytes);
    Deno.renameSync(temporary, path);
    flushFolder(dirname(path));
  } catch (error) {
    removeIfThere(temporary);
    throw error;
  }
}

function writeNewFile(path: string, bytes: Uint8Array): void {
  using file = Deno.openSync(path, { write: true, createNew: true });
  for (let written = 0; written < bytes.length;) {
    written += file.writeSync(bytes.subarray(written));
  }
  file.syncSync();
}

/** Writes the folder's list of names to the disk, so that a renaming outlasts a power failure. */
function flushFolder(path: string): void {
  try {
    using folder = Deno.openSync(path);
    folder.syncSync();
  } catch {
    // Windows does not open folders, and not every file system flushes them.
  }
}

function statOf(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.statSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // It was never made, or is out of reach: the first error is the one to report.
  }
}

function reasonOf(error: unknown, path: string): string {
  if (error instanceof Deno.errors.NotFound) {
    return `expected the folder ${dirname(path)} to exist but found none`;
  }
  if (error instanceof Deno.errors.NotCapable) {
    return `expected permission to read and write ${
      dirname(path)
    } but found none; grant it with --allow-read and --allow-write`;
  }
  if (error instanceof Deno.errors.PermissionDenied) {
    return `expected ${
      dirname(path)
    } to be writable but the system denies access`;
  }
  if (error instanceof Deno.errors.IsADirectory) {
    return "expected a file but found a folder";
  }
  return error instanceof Error ? error.message : String(error);
}

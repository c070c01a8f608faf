// Copyright 2026 the Convlab authors. MIT license.

/**
 * Files that a subcommand is to write, checked before the work begins rather
 * than after it.
 *
 * @module
 */

import { dirname, extname } from "@std/path";
import { UsageError } from "./exit.ts";
import { oneOf } from "./words.ts";

/**
 * Checks the name of a file to be written and makes its folder.
 *
 * @param path Where the file is to be written.
 * @param formats Formats that can be written, named as files end: `png`.
 * @returns The format that the name asks for.
 * @throws {UsageError} If the name has another ending, or names a folder.
 * @throws {Error} If the folder cannot be made.
 */
export function prepareOutput<const F extends string>(
  path: string,
  formats: readonly F[],
): F {
  const ending = extname(path).slice(1).toLowerCase();
  const format = formats.find((name) => name === ending);
  if (format === undefined) {
    throw new UsageError(
      `Expected ${path} to end in ${oneOf(formats.map((name) => `.${name}`))}`,
    );
  }
  makeFolder(dirname(path));
  if (isFolder(path)) {
    throw new UsageError(`Expected ${path} to be a file but found a folder`);
  }
  return format;
}

/** Makes a folder, and those above it, where there is none. */
export function makeFolder(path: string): void {
  try {
    Deno.mkdirSync(path, { recursive: true });
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable || !(error instanceof Error)) {
      throw error;
    }
    throw new Error(`Cannot make folder ${path}: ${error.message}`, {
      cause: error,
    });
  }
}

function isFolder(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

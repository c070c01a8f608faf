// Copyright 2026 the Convlab authors. MIT license.

/**
 * Reads data files whose size is known or bounded, and turns whatever goes
 * wrong into one clear line.
 *
 * @module
 */

import { DataError } from "./data_error.ts";

/** How many bytes a data file may have. */
export interface SizeLimits {
  /** At least so many. */
  readonly minBytes: number;
  /** At most so many. */
  readonly maxBytes: number;
}

/**
 * The bytes of the file at `path`. A file of another size than `limits` allow
 * is refused before it is read.
 *
 * @throws {DataError} If the file is missing, unreadable, no file, or of another size.
 */
export function readDataFile(
  path: string,
  limits: SizeLimits,
): Uint8Array<ArrayBuffer> {
  const info = attempt(path, "a file", () => Deno.statSync(path));
  if (!info.isFile) {
    throw new DataError(
      `Cannot read ${path}: expected a file but found ${
        info.isDirectory ? "a folder" : "a device"
      }`,
    );
  }
  checkSize(path, info.size, limits);
  const bytes = attempt(path, "a file", () => Deno.readFileSync(path));
  checkSize(path, bytes.length, limits);
  return bytes;
}

/**
 * Checks that there is a folder at `path`.
 *
 * @throws {DataError} If it is missing, unreadable or no folder.
 */
export function checkFolder(path: string): void {
  const info = attempt(path, "a folder", () => Deno.statSync(path));
  if (!info.isDirectory) {
    throw new DataError(
      `Cannot read ${path}: expected a folder but found a file`,
    );
  }
}

/** Whether there is a file at `path` that can be seen. */
export function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

function checkSize(path: string, size: number, limits: SizeLimits): void {
  const { minBytes, maxBytes } = limits;
  if (minBytes <= size && size <= maxBytes) return;
  const expected = minBytes === maxBytes
    ? `${minBytes}`
    : size < minBytes
    ? `at least ${minBytes}`
    : `at most ${maxBytes}`;
  throw new DataError(
    `Cannot read ${path}: expected ${expected} bytes but found ${size}`,
  );
}

function attempt<T>(path: string, expected: string, action: () => T): T {
  try {
    return action();
  } catch (cause) {
    const reason = cause instanceof Deno.errors.NotFound
      ? `expected ${expected} but found none`
      : cause instanceof Deno.errors.NotCapable
      ? "expected permission to read it but found none; grant it with --allow-read"
      : cause instanceof Error
      ? cause.message
      : String(cause);
    throw new DataError(`Cannot read ${path}: ${reason}`, { cause });
  }
}

// Copyright 2026 the Convlab authors. MIT license.

/**
 * The pictures that arguments name.
 *
 * @module
 */

import { join } from "@std/path";
import { UsageError } from "./exit.ts";

const IMAGE = /\.(png|jpe?g)$/i;

/**
 * The files that paths name: a folder stands for the PNG and JPEG files in it,
 * sorted by name, and every other path for itself, whether it is there or not.
 *
 * @throws {UsageError} If a folder holds no such file.
 */
export function imagePaths(paths: readonly string[]): string[] {
  return paths.flatMap((path) => {
    if (!isFolder(path)) return [path];
    const files = [...Deno.readDirSync(path)]
      .filter(({ name, isDirectory }) => !isDirectory && IMAGE.test(name))
      .map(({ name }) => join(path, name)).sort();
    if (files.length === 0) {
      throw new UsageError(
        `Expected PNG or JPEG files in the folder ${path} itself, not in others within it, but found none`,
      );
    }
    return files;
  });
}

function isFolder(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return false;
  }
}

// Copyright 2026 the Convlab authors. MIT license.

/**
 * Finds the images of a folder that has one folder a class, as torchvision's
 * `ImageFolder` does.
 *
 * @module
 */

import { join } from "@std/path";
import { DataError } from "./data_error.ts";
import type { DataPart } from "./data_set.ts";
import { checkFolder } from "./files.ts";

/** An image file and its class. */
export interface ImageFile {
  /** Where it is. */
  readonly path: string;
  /** Index of its class. */
  readonly label: number;
  /** The part whose folder it is in; `"train"` if parts have no folders. */
  readonly part: DataPart;
  /** Bytes. */
  readonly size: number;
  /** When it was last written, in milliseconds; 0 where that is not known. */
  readonly modified: number;
}

/** What {@linkcode listImageFolder} finds. */
export interface ImageFolderFiles {
  /** Names of the classes' folders, sorted. */
  readonly classNames: readonly string[];
  /** The files, part by part and class by class, sorted by name. */
  readonly files: readonly ImageFile[];
  /** The parts that have folders of their own; none if classes lie directly in the folder. */
  readonly parts: ReadonlySet<DataPart>;
}

/** Names of the parts' folders. */
const PARTS: Readonly<Record<string, DataPart>> = {
  train: "train",
  val: "validation",
  valid: "validation",
  validation: "validation",
  test: "test",
};
/** Endings of image files; those that cannot be decoded are to be reported, not overlooked. */
const IMAGE =
  /\.(png|jpe?g|jpe|jfif|gif|bmp|tiff?|webp|hei[cf]|avif|ppm|pgm)$/i;
/** Folders within a class's folder that are looked into. */
const MAX_DEPTH = 16;

/**
 * Lists the images in the folders of `directory`, whose names are the classes.
 * If it holds a folder `train` and no others than `val` (or `valid`, or
 * `validation`) and `test`, the classes are the folders in these.
 *
 * Images in folders within a class's folder belong to the class. Hidden files
 * and folders, and files that do not end as images do, are passed over.
 *
 * @throws {DataError} If the folder cannot be read, there are fewer than two classes, or a part has a class that `train` has not.
 */
export function listImageFolder(directory: string): ImageFolderFiles {
  checkFolder(directory);
  const folders = foldersIn(directory);
  if (!folders.includes("train") || folders.some((name) => !(name in PARTS))) {
    const classNames = checkClasses(directory, folders);
    const files = filesOf(directory, classNames, "train");
    return { classNames, files, parts: new Set() };
  }
  const train = join(directory, "train");
  const classNames = checkClasses(train, foldersIn(train));
  const parts = new Set<DataPart>();
  const files: ImageFile[] = [];
  for (const name of folders) {
    const part = PARTS[name]!;
    const folder = join(directory, name);
    if (parts.has(part)) {
      throw new DataError(
        `Cannot read ${folder}: expected one folder of ${part} images but found a second`,
      );
    }
    parts.add(part);
    const unknown = foldersIn(folder).find((c) => !classNames.includes(c));
    if (unknown !== undefined) {
      throw new DataError(
        `Cannot read ${folder}: expected the classes of ${train} but found ${unknown}`,
      );
    }
    files.push(...filesOf(folder, classNames, part));
  }
  return { classNames, files, parts };
}

function checkClasses(directory: string, classes: readonly string[]) {
  if (classes.length >= 2) return classes;
  throw new DataError(
    `Cannot read ${directory}: expected a folder of images for each of 2 or more classes but found ${
      classes.length === 0 ? "no folders" : `only ${classes[0]}`
    }`,
  );
}

function filesOf(
  directory: string,
  classNames: readonly string[],
  part: DataPart,
): ImageFile[] {
  return classNames.flatMap((name, label) =>
    imagesIn(join(directory, name), MAX_DEPTH).map(({ path, info }) => ({
      path,
      label,
      part,
      size: info.size,
      modified: info.mtime?.getTime() ?? 0,
    }))
  );
}

function foldersIn(directory: string): string[] {
  return entriesOf(directory)
    .filter(({ info }) => info.isDirectory).map(({ name }) => name);
}

function imagesIn(
  directory: string,
  depth: number,
): { path: string; info: Deno.FileInfo }[] {
  return entriesOf(directory).flatMap(({ name, info, isSymlink }) => {
    const path = join(directory, name);
    if (info.isFile) return IMAGE.test(name) ? [{ path, info }] : [];
    // Links to folders could lead in circles.
    return info.isDirectory && !isSymlink && depth > 0
      ? imagesIn(path, depth - 1)
      : [];
  });
}

/** What is in a folder, sorted by name, with links followed; nothing where it is not there. */
function entriesOf(directory: string) {
  try {
    return [...Deno.readDirSync(directory)]
      .filter(({ name }) => !name.startsWith("."))
      .sort((a, b) => a.name < b.name ? -1 : 1)
      .flatMap(({ name, isSymlink }) => {
        const info = statOf(join(directory, name));
        return info === undefined ? [] : [{ name, info, isSymlink }];
      });
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return [];
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DataError(`Cannot read ${directory}: ${reason}`, { cause });
  }
}

function statOf(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.statSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined; // A broken link.
    throw error;
  }
}

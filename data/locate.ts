// Copyright 2026 the Convlab authors. MIT license.

/**
 * Where data sets are looked for when no folder is named: `$CONVLAB_DATA`, then
 * Convlab's folder in the user's cache. Nothing here asks for a permission: what
 * may not be read counts as not there.
 *
 * @module
 */

import { isAbsolute, join } from "@std/path";
import { findCifar10 } from "./cifar10.ts";
import { findFashionMnist } from "./fashion_mnist.ts";

/** Reads an environment variable; `undefined` if it is not set, empty or not to be read. */
export type Environment = (name: string) => string | undefined;

/** The environment of this process, as far as there is permission for it. */
export function processEnvironment(variable: string): string | undefined {
  const { state } = Deno.permissions.querySync({ name: "env", variable });
  const value = state === "granted" ? Deno.env.get(variable) : undefined;
  return value === "" ? undefined : value;
}

/**
 * The folders in which data sets are looked for, in this order.
 *
 * @param environment Where variables are read. @default {processEnvironment}
 */
export function dataFolders(
  environment: Environment = processEnvironment,
): string[] {
  return [environment("CONVLAB_DATA"), cacheFolder(environment)]
    .filter((folder) => folder !== undefined);
}

/**
 * The folder with the files of CIFAR-10, or `undefined` if it is in none of
 * {@linkcode dataFolders} or may not be read.
 */
export function locateCifar10(): string | undefined {
  return locate(findCifar10);
}

/** The same for Fashion-MNIST, all of it and not the sample. */
export function locateFashionMnist(): string | undefined {
  return locate(findFashionMnist);
}

function locate(
  find: (folder: string) => string | undefined,
): string | undefined {
  for (const folder of dataFolders()) {
    const { state } = Deno.permissions.querySync({
      name: "read",
      path: folder,
    });
    const found = state === "granted" ? find(folder) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

/**
 * Convlab's folder in the user's cache: on Linux in `$XDG_CACHE_HOME` or
 * `~/.cache`, on macOS in `~/Library/Caches`, on Windows in `%LOCALAPPDATA%`.
 *
 * @returns The folder, which may not exist, or `undefined` if the environment does not tell.
 */
export function cacheFolder(
  environment: Environment = processEnvironment,
  os: typeof Deno.build.os = Deno.build.os,
): string | undefined {
  const base = os === "windows"
    ? environment("LOCALAPPDATA")
    : os === "darwin"
    ? within(environment("HOME"), "Library/Caches")
    : absolute(environment("XDG_CACHE_HOME")) ??
      within(environment("HOME"), ".cache");
  return within(base, "convlab");
}

/** {@linkcode cacheFolder} for people to read, with `~` where the home folder is not known. */
export function cacheFolderForPeople(): string {
  const placeholders: Environment = (name) =>
    ({ HOME: "~", LOCALAPPDATA: "%LOCALAPPDATA%" })[name];
  return cacheFolder() ?? cacheFolder(placeholders) ?? "~/.cache/convlab";
}

function within(base: string | undefined, folder: string): string | undefined {
  return base === undefined ? undefined : join(base, folder);
}

/** The XDG specification has relative paths ignored. */
function absolute(path: string | undefined): string | undefined {
  return path !== undefined && isAbsolute(path) ? path : undefined;
}

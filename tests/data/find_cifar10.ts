// Copyright 2026 the Convlab authors. MIT license.

/**
 * CIFAR-10 for the tests that need it, from `$CONVLAB_DATA` or from the folder
 * `shared/data` beside the repository.
 *
 * @module
 */

import { fromFileUrl } from "@std/path";
import { it } from "@std/testing/bdd";
import { findCifar10 } from "../../data/cifar10.ts";

/** The folder with CIFAR-10's files, or `undefined`. */
export const cifar10Directory: string | undefined = [
  mayReadEnvironment() ? Deno.env.get("CONVLAB_DATA") : undefined,
  fromFileUrl(new URL("../../../shared/data", import.meta.url)),
].map((folder) => folder ? findCifar10(folder) : undefined)
  .find((folder) => folder !== undefined);

/** A test that is given CIFAR-10's folder, and skipped where there is none. */
export function itWithCifar10(
  name: string,
  fn: (directory: string) => void | Promise<void>,
): void {
  const directory = cifar10Directory;
  if (directory === undefined) {
    it.skip(`${name} (skipped: no CIFAR-10; set CONVLAB_DATA)`, () => {});
  } else {
    it(name, () => fn(directory));
  }
}

function mayReadEnvironment(): boolean {
  const variable = "CONVLAB_DATA";
  const { state } = Deno.permissions.querySync({ name: "env", variable });
  return state === "granted";
}

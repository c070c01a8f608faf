// Copyright 2026 the Convlab authors. MIT license.

/**
 * A Python with NumPy, for tests that let NumPy read what Convlab writes.
 *
 * @module
 */

import { permitted } from "../permitted.ts";

/** Its command, or `undefined` where there is none or tests may not look for it. */
export const numpyPython: string | undefined = permitted
  ? ["/usr/bin/python3", "python3"].find(hasNumpy)
  : undefined;

function hasNumpy(command: string): boolean {
  try {
    return new Deno.Command(command, {
      args: ["-c", "import numpy"],
      stdout: "null",
      stderr: "null",
    }).outputSync().success;
  } catch {
    return false;
  }
}

// Copyright 2026 the Convlab authors. MIT license.

/**
 * A disk that is soon full.
 *
 * @module
 */

import { permitted } from "./permitted.ts";

/**
 * A folder in a file system of so many megabytes, or a word on why there is
 * none. Whoever asked for it unmounts it.
 */
export function smallDisk(megabytes: number): string {
  if (!permitted) return "needs permissions";
  if (Deno.build.os !== "linux") return "needs Linux";
  const folder = Deno.makeTempDirSync();
  const args = ["-t", "tmpfs", "-o", `size=${megabytes}m`, "tmpfs", folder];
  try {
    const { success } = new Deno.Command("mount", { args }).outputSync();
    if (success) return folder;
  } catch {
    // There is no such program.
  }
  Deno.removeSync(folder);
  return "needs to be allowed to mount a file system";
}

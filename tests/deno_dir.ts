// Copyright 2026 the Convlab authors. MIT license.

/**
 * Deno's cache, for processes whose home or cache folder a test moves: without
 * it they would download all dependencies anew.
 *
 * @module
 */

let found: string | undefined;

/** The folder of the cache that this process uses. */
export function denoDir(): string {
  if (found === undefined) {
    const { stdout } = new Deno.Command(Deno.execPath(), {
      args: ["info", "--json"],
      stderr: "null",
    }).outputSync();
    const info: { denoDir: string } = JSON.parse(
      new TextDecoder().decode(stdout),
    );
    found = info.denoDir;
  }
  return found;
}

// Copyright 2026 the Convlab authors. MIT license.

/**
 * Runs code as a process of its own, under the permissions and the environment
 * of a test's choice.
 *
 * @module
 */

import { fromFileUrl } from "@std/path";
import { denoDir } from "../deno_dir.ts";

/** What {@linkcode runScript} is given besides the code. */
export interface RunScriptOptions {
  /** Permission flags. @default {[]} */
  readonly flags?: readonly string[];
  /** The variables of the environment whose values matter. @default {{}} */
  readonly env?: Readonly<Record<string, string>>;
}

/** How a script ended. */
export interface ScriptResult {
  /** Exit code. */
  readonly code: number;
  /** What it printed. */
  readonly stdout: string;
  /** What it complained of. */
  readonly stderr: string;
}

/** Runs `code`, which imports relative to the repository's root. */
export async function runScript(
  code: string,
  options: RunScriptOptions = {},
): Promise<ScriptResult> {
  const { flags = [], env = {} } = options;
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-lock", "--no-prompt", ...flags, "-"],
    cwd: fromFileUrl(new URL("../..", import.meta.url)),
    env: { DENO_DIR: denoDir(), ...env, NO_COLOR: "1" },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = process.stdin.getWriter();
  await writer.write(new TextEncoder().encode(code));
  await writer.close();
  const output = await process.output();
  return {
    code: output.code,
    stdout: decode(output.stdout),
    stderr: decode(output.stderr),
  };
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

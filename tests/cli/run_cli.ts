// Copyright 2026 the Convlab authors. MIT license.

/**
 * Runs the command line as a process of its own.
 *
 * @module
 */

import { fromFileUrl } from "@std/path";
import { denoDir } from "../deno_dir.ts";

/** The program, with no permission but those that are named. */
export function cliCommand(
  args: readonly string[],
  permissions: readonly string[] = [],
  env: Record<string, string> = {},
): Deno.Command {
  const main = fromFileUrl(new URL("../../cli/main.ts", import.meta.url));
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--quiet", ...permissions, main, ...args],
    cwd: fromFileUrl(new URL("../..", import.meta.url)),
    env: { DENO_DIR: denoDir(), NO_COLOR: "1", ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
}

/** How a run ended, and what it wrote. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the program to its end. */
export async function runCli(
  args: readonly string[],
  permissions: readonly string[] = [],
  env: Record<string, string> = {},
): Promise<Ended> {
  const { code, stdout, stderr } = await cliCommand(args, permissions, env)
    .output();
  const decoder = new TextDecoder();
  return {
    code,
    stdout: decoder.decode(stdout),
    stderr: decoder.decode(stderr),
  };
}

/** What the tasks grant to subcommands that train, and a folder to write to. */
export function trainingPermissions(folder: string): string[] {
  return [
    "--allow-read",
    `--allow-write=${folder}`,
    "--allow-env=CONVLAB_DATA,XDG_CACHE_HOME,HOME,LOCALAPPDATA,TERM,COLORTERM",
  ];
}

/** An environment in which no data is found. */
export function noData(folder: string): Record<string, string> {
  return {
    HOME: folder,
    XDG_CACHE_HOME: folder,
    LOCALAPPDATA: folder,
    CONVLAB_DATA: folder,
  };
}

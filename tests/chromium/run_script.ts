// Copyright 2026 the Convlab authors. MIT license.

/**
 * Tests that drive Chromium: which are skipped where there is none, and how
 * their scripts are run.
 *
 * @module
 */

import { describe } from "@std/testing/bdd";
import { fromFileUrl } from "@std/path";
import { denoDir } from "../deno_dir.ts";
import { describePermitted, permitted } from "../permitted.ts";
import { CHROMIUM } from "./launch.ts";

/** `describePermitted`, or its skipping where there is no Chromium. */
export function describeChromium(
  name: string,
  body: () => void | Promise<void>,
): void {
  if (permitted && !isFile(CHROMIUM)) {
    describe.skip(`${name} (skipped: ${CHROMIUM} is missing)`, () => {});
  } else describePermitted(name, body);
}

/**
 * Runs a script that drives Chromium by `launch.ts`, in a process of its own.
 *
 * @param script Its address.
 * @param args What it finds in `Deno.args`.
 * @returns What it printed as JSON on its last line.
 * @throws {Error} If it fails.
 */
export async function runChromiumScript<T>(
  script: URL,
  args: readonly string[] = [],
): Promise<T> {
  const lock = fromFileUrl(new URL("playwright.lock", import.meta.url));
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--no-prompt", "--no-config", "--frozen"],
      ...[`--lock=${lock}`, "--allow-all"],
      ...[fromFileUrl(script), ...args],
    ],
    env: { DENO_DIR: denoDir() },
    stdin: "null",
    stderr: "inherit",
  }).output();
  if (code !== 0) throw new Error(`${script} ended with exit code ${code}`);
  const lines = new TextDecoder().decode(stdout).trim().split("\n");
  return JSON.parse(lines.at(-1)!);
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

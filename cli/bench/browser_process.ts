// Copyright 2026 the Convlab authors. MIT license.

/**
 * A browser without a window, at one address, with a profile of its own.
 *
 * @module
 */

import { join } from "@std/path";

/** A browser. It ends when it is disposed of. */
export interface BrowserProcess extends AsyncDisposable {
  /** What it calls itself, such as `Chromium 141.0`. */
  readonly name: string;
}

/**
 * No sandbox, since Chromium has none where it is started as root, as in
 * containers; it sees nothing but a page of ours on this machine.
 */
const FLAGS = [
  ...["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic"],
  ...["--no-first-run", "--no-default-browser-check", "--disable-sync"],
  ...["--disable-background-networking", "--disable-component-update"],
];

/**
 * Starts Chromium, or a browser that takes its options. Needs permission to run
 * it, and to write below `folder`.
 *
 * @param browser The program, such as `chromium`.
 * @param address What it is to open.
 * @param folder Where its profile may be, while it runs.
 * @throws {Error} If there is no such program, or it may not be run.
 */
export async function startBrowser(
  browser: string,
  address: string,
  folder: string,
): Promise<BrowserProcess> {
  const name = await nameOf(browser);
  Deno.mkdirSync(folder, { recursive: true });
  const profile = Deno.makeTempDirSync({ dir: folder, prefix: "profile-" });
  const child = new Deno.Command(browser, {
    args: [...FLAGS, `--user-data-dir=${join(profile, "data")}`, address],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  return {
    name,
    async [Symbol.asyncDispose]() {
      try {
        child.kill("SIGTERM");
      } catch (error) {
        if (!(error instanceof TypeError)) throw error; // it has ended already
      }
      await child.status;
      await removeFolder(profile);
    },
  };
}

async function nameOf(browser: string): Promise<string> {
  try {
    const { stdout } = await new Deno.Command(browser, {
      args: ["--version"],
      stdin: "null",
      stderr: "null",
    }).output();
    // Debian's says more than its version.
    return new TextDecoder().decode(stdout).trim().split(" built on ")[0]!;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      throw new Error(
        `Cannot time a browser: expected ${browser} to be Chromium but found no such program; on Debian, apt-get install chromium, or name another with --browser`,
        { cause: error },
      );
    }
    if (error instanceof Deno.errors.NotCapable) {
      throw new Error(
        `Cannot time a browser without permission to run ${browser}: add --allow-run=${browser} after "deno run"`,
        { cause: error },
      );
    }
    throw error;
  }
}

/** Removes a folder to which a process that ends may still write. */
async function removeFolder(path: string): Promise<void> {
  for (let tries = 10;; tries--) {
    try {
      return Deno.removeSync(path, { recursive: true });
    } catch (error) {
      if (tries === 0) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

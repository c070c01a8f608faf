// Copyright 2026 the Convlab authors. MIT license.

/**
 * Tests that read and write files or start processes, for which a bare
 * `deno test` has no permission: they are skipped then, and say so.
 *
 * @module
 */

import { describe } from "@std/testing/bdd";

const NEEDED = ["read", "write", "run", "env"] as const;

/** The permissions that are missing. */
const missing = NEEDED.filter((name) =>
  Deno.permissions.querySync({ name }).state !== "granted"
);

/** Whether none is. */
export const permitted: boolean = missing.length === 0;

/** `describe`, or its skipping where a permission is missing. */
export function describePermitted(
  name: string,
  body: () => void | Promise<void>,
): void {
  if (permitted) {
    describe(name, body);
  } else {
    const flags = missing.map((name) => `--allow-${name}`).join(" ");
    describe.skip(
      `${name} (skipped: needs ${flags}, as deno task test grants)`,
      () => {},
    );
  }
}

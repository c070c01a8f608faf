// Copyright 2026 the Convlab authors. MIT license.

/**
 * Tests on two hosts, which are skipped where these cannot be had.
 *
 * @module
 */

import { describe } from "@std/testing/bdd";
import { permitted } from "../permitted.ts";
import { describeMpi } from "./mpirun.ts";
import { TwoHosts } from "./namespaces.ts";

/** `describeMpi`, or its skipping where there can be no two hosts. */
export async function describeTwoHosts(
  name: string,
  body: () => void,
): Promise<void> {
  const missing = await whatIsMissing();
  if (missing === undefined || !permitted) {
    describeMpi(name, body);
  } else {
    describe.skip(
      `${name} (skipped: needs root, iproute2 and network namespaces: ${missing})`,
      () => {},
    );
  }
}

/** Why there can be no two hosts, or none with a delay; else `undefined`. */
export async function whatIsMissing(
  delayMs?: number,
): Promise<string | undefined> {
  if (!permitted) return "permissions";
  try {
    (await TwoHosts.make(delayMs)).remove();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

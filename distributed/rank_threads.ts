// Copyright 2026 the Convlab authors. MIT license.

/**
 * How many threads a rank may take without getting in the way of the others on
 * its host.
 *
 * @module
 */

import type { Communicator } from "./communicator.ts";

/**
 * The cores that this rank may run on, divided among the ranks that may run on
 * the same. A launcher that binds each rank to cores of its own has done that
 * already.
 *
 * @param cores How many this rank may run on.
 */
export function threadsOfRank(
  { sharing }: Pick<Communicator, "sharing">,
  cores: number = navigator.hardwareConcurrency,
): number {
  return Math.max(1, Math.floor(cores / sharing));
}

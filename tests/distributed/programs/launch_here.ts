// Copyright 2026 the Convlab authors. MIT license.

/**
 * What the launcher of this process tells, in the plainest of ways.
 *
 * @module
 */

import type { Launch } from "../../../distributed/launch.ts";

/** This process's place in its job. */
export function launchHere(): Launch {
  const read = (name: string) => Deno.env.get(name);
  const openMpi = read("OMPI_COMM_WORLD_RANK") !== undefined;
  return {
    launcher: openMpi ? "Open MPI" : "MPICH",
    rank: Number(openMpi ? read("OMPI_COMM_WORLD_RANK") : read("PMI_RANK")),
    size: Number(openMpi ? read("OMPI_COMM_WORLD_SIZE") : read("PMI_SIZE")),
  };
}

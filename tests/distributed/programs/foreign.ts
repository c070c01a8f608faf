// Copyright 2026 the Convlab authors. MIT license.

/**
 * Joins with MPICH, whoever started it, and prints what that says.
 *
 * @module
 */

import { Communicator } from "../../../distributed/communicator.ts";

try {
  await Communicator.join({ launcher: "MPICH", rank: 0, size: 2 });
} catch (error) {
  console.log((error as Error).message);
}

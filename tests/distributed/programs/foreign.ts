// Copyright 2026 the Convlab authors. MIT license.

/**
 * Joins with MPICH, whoever started it, and opens a library that no system of
 * this kind has; prints what both say.
 *
 * @module
 */

import { Communicator } from "../../../distributed/communicator.ts";
import { Mpi } from "../../../distributed/mpi.ts";

const foreign = Deno.build.os === "darwin" ? "linux" : "darwin";
const messages: string[] = [];
try {
  Mpi.open("Open MPI", foreign);
} catch (error) {
  messages.push((error as Error).message);
}
try {
  await Communicator.join({ launcher: "MPICH", rank: 0, size: 2 });
} catch (error) {
  messages.push((error as Error).message);
}
console.log(JSON.stringify(messages));

// Copyright 2026 the Convlab authors. MIT license.

/**
 * How a program becomes one of the ranks of an MPI job.
 *
 * @module
 */

import { DataParallel, type DataParallelOptions } from "./data_parallel.ts";
import { launchHere } from "./launch.ts";

/**
 * Joins the other ranks if a launcher such as `mpirun` or `srun` started this
 * process, with one process for each rank. Needs the permissions to use foreign
 * functions, and to read the environment and the folder of this library.
 *
 * @returns What a Solver takes as its `reducer`; `undefined` where no launcher
 * started this process, so that the same program trains alone too.
 * @throws {Error} If the launcher's MPI library is missing or fails.
 * @throws {RangeError} If an option is out of range.
 *
 * @example Train with all ranks of `mpirun -n 4 deno run -A train.ts`, or alone
 * ```ts
 * import { joinRanks, RandomState, Solver, ThreeLayerConvNet } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const ranks = await joinRanks();
 * const x = new RandomState(1).randn([12, 1, 8, 8]);
 * const y = [0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2];
 * const model = new ThreeLayerConvNet({ inputDim: [1, 8, 8], numClasses: 3 });
 * const solver = new Solver(model, { xTrain: x, yTrain: y, xVal: x, yVal: y }, {
 *   batchSize: 6, // Of all ranks together.
 *   numEpochs: 2,
 *   reducer: ranks,
 *   signal: ranks?.signal,
 *   verbose: ranks === undefined || ranks.rank === 0,
 * });
 * await solver.train();
 * await ranks?.leave();
 * assertEquals(solver.iteration, 4);
 * ```
 */
export async function joinRanks(
  options: DataParallelOptions = {},
): Promise<DataParallel | undefined> {
  const launch = launchHere();
  if (launch === undefined) return undefined;
  const { Communicator } = await import("./communicator.ts");
  return new DataParallel(await Communicator.join(launch), options);
}

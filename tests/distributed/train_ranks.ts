// Copyright 2026 the Convlab authors. MIT license.

/**
 * One rank of the small trainings, or of as many as the first argument says,
 * which prints what is left of each: the first rank all of it, the others
 * whether theirs is the same.
 *
 * @module
 */

import { Communicator } from "../../distributed/communicator.ts";
import { DataParallel } from "../../distributed/data_parallel.ts";
import { launchHere } from "../../distributed/launch.ts";
import { setThreads } from "../../kernels/runtime.ts";
import {
  FIRST_SEED,
  trainCase,
  TRAINING_CASES,
} from "../training/train_case.ts";

const communicator = await Communicator.join(launchHere()!);
const { rank } = communicator;
setThreads(1);
const cases = Number(Deno.args[0] ?? TRAINING_CASES.length);
for (const training of TRAINING_CASES.slice(0, cases)) {
  const { syncBatchnorm } = training;
  // Small enough for all ways that a gradient can go.
  const reducer = new DataParallel(communicator, {
    syncBatchnorm,
    bucketBytes: 512,
  });
  const trained = await trainCase(training, FIRST_SEED + rank, reducer);
  const text = JSON.stringify(
    trained,
    (_, value) => value instanceof Float64Array ? [...value] : value,
  );
  const [first, ...others] = communicator.gatherText(text);
  if (rank > 0) continue;
  console.log(first);
  if (others.some((other) => other !== first)) console.log("differs");
}
await communicator.leave();

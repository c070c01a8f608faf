// Copyright 2026 the Convlab authors. MIT license.

/**
 * A thread that trains as one of several, whenever it is told to.
 *
 * @module
 */

import { setThreads } from "../../kernels/runtime.ts";
import { type Meeting, ThreadReducer } from "./thread_reducer.ts";
import { FIRST_SEED, trainCase, type TrainingCase } from "./train_case.ts";

/** What a thread is told. */
export interface Order {
  readonly training: TrainingCase;
  readonly rank: number;
  readonly meeting: Meeting;
}

declare const self: {
  onmessage: (event: MessageEvent<Order>) => void;
  postMessage(message: unknown): void;
};

setThreads(1);

self.onmessage = async ({ data: { training, rank, meeting } }) => {
  const { syncBatchnorm = false } = training;
  const reducer = new ThreadReducer(meeting, rank, syncBatchnorm);
  self.postMessage(await trainCase(training, FIRST_SEED + rank, reducer));
};

// Copyright 2026 the Convlab authors. MIT license.

/**
 * What the communication thread does from the time when all ranks have joined
 * until they have left.
 *
 * @module
 */

import { Guard } from "./guard.ts";
import type { Job } from "./join_job.ts";
import { OpenRequests } from "./open_requests.ts";
import { sleepMs } from "./pace.ts";
import type { ControlBlock } from "./thread_protocol.ts";

/** Milliseconds from one exchange of heartbeats to the next, and while leaving. */
const LOOK_MS = 200;
const LEAVING_MS = 10;
/** Milliseconds after a failure of MPI in which it shows whether a rank is gone. */
const GONE_MS = 1000;
/** Seconds that leaving MPI may take. */
const LEAVE_SECONDS = 20;

/**
 * Works until all ranks have left.
 *
 * @throws {Error} If MPI fails, once the main thread knows and leaves.
 */
export function work(job: Job, block: ControlBlock): void {
  const { mpi, posix } = job;
  const guard = new Guard(job, block);
  const requests = new OpenRequests(mpi, block);
  try {
    workTogether(job, block, guard, requests);
  } catch (error) {
    giveUp(error, block, guard);
    throw error;
  }
  posix.endIn(LEAVE_SECONDS);
  guard.finish(requests.taken);
  mpi.finalize();
  posix.endIn(0);
}

function workTogether(
  { posix }: Job,
  block: ControlBlock,
  guard: Guard,
  requests: OpenRequests,
): void {
  let nextLook = 0;
  let quietSince = performance.now();
  let slept = false;
  while (true) {
    const { doorbell } = block;
    const now = performance.now();
    if (requests.take(now) || requests.drive(now, slept)) {
      quietSince = performance.now();
    }
    if (block.abortCode !== undefined) guard.end(block.abortCode);
    if (now >= nextLook) {
      const idle = requests.count === 0 && requests.taken === block.issued;
      if (guard.look(now, idle)) return;
      nextLook = now + (block.leaving ? LEAVING_MS : LOOK_MS);
    }
    const ms = sleepMs({
      open: requests.count > 0,
      awaited: block.awaited > 0,
      quietMs: now - quietSince,
      nextLookMs: nextLook - now,
    });
    slept = ms > 0;
    if (slept) block.sleep(doorbell, ms);
    else posix.yield();
  }
}

/**
 * Waits until the main thread, which is told why MPI failed, ends the job or
 * leaves. Before, it waits whether a rank of this machine turns out to be gone,
 * for then that is the cause.
 */
function giveUp(error: unknown, block: ControlBlock, guard: Guard): void {
  const until = performance.now() + GONE_MS;
  while (performance.now() < until && !block.leaving) {
    guard.checkGone();
    block.sleep(block.doorbell, 20);
  }
  block.fail(error instanceof Error ? error.message : String(error));
  while (!block.leaving) {
    if (block.abortCode !== undefined) guard.end(block.abortCode);
    block.sleep(block.doorbell, LOOK_MS);
  }
}

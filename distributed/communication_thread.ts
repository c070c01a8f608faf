// Copyright 2026 the Convlab authors. MIT license.

/**
 * The thread that alone calls MPI. It joins the job, then does what the main
 * thread asks for through the control block until both are told to leave; in
 * between it looks whether the other ranks, and its own main thread, still
 * live. It never waits inside MPI but to join and to leave.
 *
 * @module
 */

import { work } from "./engine.ts";
import { type Joined, joinJob } from "./join_job.ts";
import type { Launch } from "./launch.ts";
import { ControlBlock } from "./thread_protocol.ts";

/** What the main thread sends to begin with. */
export interface Start {
  readonly launch: Launch;
  readonly block: SharedArrayBuffer;
}

/** What the thread tells in messages. */
export type Told =
  | { readonly joined: Joined }
  | { readonly failed: string }
  | { readonly left: true };

/** A worker's own global scope, so far as it is needed. */
interface Scope {
  onmessage: ((event: MessageEvent<Start>) => void) | null;
  postMessage(message: Told): void;
  close(): void;
}

const scope = globalThis as unknown as Scope;

scope.onmessage = ({ data }) => {
  const block = new ControlBlock(data.block);
  try {
    const job = joinJob(data.launch);
    scope.postMessage({ joined: job.joined });
    work(job, block);
    scope.postMessage({ left: true });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    block.fail(message);
    scope.postMessage({ failed: message });
  }
  scope.close();
};

// Copyright 2026 the Convlab authors. MIT license.

/**
 * The thread that is told by SIGTERM that this process is to end, also while
 * the main thread waits for other ranks. A launcher sends it when it finds a
 * rank gone, and a second later ends the others for good; until then these can
 * tell who it was.
 *
 * @module
 */

import { ControlBlock } from "./thread_protocol.ts";

/** A worker's own global scope, so far as it is needed. */
interface Scope {
  onmessage: ((event: MessageEvent<SharedArrayBuffer>) => void) | null;
}

const scope = globalThis as unknown as Scope;

scope.onmessage = ({ data }) => {
  const block = new ControlBlock(data);
  Deno.addSignalListener("SIGTERM", () => block.terminate());
};

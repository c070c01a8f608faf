// Copyright 2026 the Convlab authors. MIT license.

/**
 * The worker that decodes image files; `decode_thread.ts` starts it.
 *
 * @module
 */

import { decodeSquares, type SquaresRequest } from "./decode_squares.ts";

/** What a worker has, and a main thread has not. */
interface WorkerScope {
  onmessage: ((event: MessageEvent<SquaresRequest>) => void) | null;
  postMessage(message: unknown, transfer: Transferable[]): void;
}

const scope = globalThis as unknown as WorkerScope;
scope.onmessage = ({ data }) => {
  const squares = decodeSquares(data);
  scope.postMessage(squares, [squares.bytes.buffer]);
};

// Copyright 2026 the Convlab authors. MIT license.

/** The steps in a worker of a page: it is sent `[threads, steps]`. */

import { trainSome } from "./steps.ts";

const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent<[threads: number, steps: number]>) => void;
  postMessage(message: unknown): void;
};
scope.onmessage = ({ data: [threads, steps] }) =>
  scope.postMessage(trainSome(threads, steps));

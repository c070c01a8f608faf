// Copyright 2026 the Convlab authors. MIT license.

/**
 * A thread that decodes image files: a worker, or the caller's own where none
 * can start.
 *
 * @module
 */

import { fromFileUrl } from "@std/path";
import {
  decodeSquares,
  type Squares,
  type SquaresRequest,
} from "./decode_squares.ts";

/** Something that decodes files, one request after the other; `using` ends it. */
export interface DecodeThread extends Disposable {
  /** Decodes files. */
  decode(request: SquaresRequest): Promise<Squares>;
}

/** Decodes on the caller's thread, which has other turns in between. */
export function ownThread(): DecodeThread {
  return { decode: decodeHere, [Symbol.dispose]() {} };
}

/**
 * Decodes on a worker, and on the caller's thread from when that fails on, as
 * where there is no permission to read Convlab's own files.
 */
export function workerThread(): DecodeThread {
  let worker = startWorker();
  return {
    async decode(request) {
      if (worker !== undefined) {
        const squares = await ask(worker, request);
        if (squares !== undefined) return squares;
        worker.terminate();
        worker = undefined;
      }
      return await decodeHere(request);
    },
    [Symbol.dispose]: () => worker?.terminate(),
  };
}

function startWorker(): Worker | undefined {
  const url = new URL("./decode_worker.ts", import.meta.url);
  if (url.protocol === "file:") {
    // Else Deno prints an error of its own.
    const path = fromFileUrl(url);
    const { state } = Deno.permissions.querySync({ name: "read", path });
    if (state !== "granted") return undefined;
  }
  try {
    return new Worker(url, { type: "module" });
  } catch {
    return undefined;
  }
}

/** The worker's answer, or `undefined` if it fails. */
function ask(
  worker: Worker,
  request: SquaresRequest,
): Promise<Squares | undefined> {
  return new Promise((resolve) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onmessageerror = () => resolve(undefined);
    worker.onerror = (event) => {
      event.preventDefault();
      resolve(undefined);
    };
    worker.postMessage(request);
  });
}

async function decodeHere(request: SquaresRequest): Promise<Squares> {
  // Lets other work have its turn, such as a handler of Ctrl-C.
  await new Promise((resolve) => setTimeout(resolve));
  return decodeSquares(request);
}

// Copyright 2026 the Convlab authors. MIT license.

/**
 * A server on this machine, for tests of downloads.
 *
 * @module
 */

import { describe } from "@std/testing/bdd";
import { describePermitted } from "../permitted.ts";

/** The one address that tests connect to. */
const HOST = "127.0.0.1";

/** `describePermitted`, skipped also where tests may not connect to this machine. */
export function describeWithServer(name: string, body: () => void): void {
  const { state } = Deno.permissions.querySync({ name: "net", host: HOST });
  if (state === "granted") describePermitted(name, body);
  else describe.skip(`${name} (skipped: needs --allow-net=${HOST})`, () => {});
}

/** A running server; `await using` stops it. */
export interface StandIn extends AsyncDisposable {
  /** Its address, with a slash at the end. */
  readonly url: string;
  /** The `Range` headers of all requests, and `""` where there was none. */
  readonly ranges: readonly string[];
}

/** Serves what `answer` returns. */
export function standIn(
  answer: (request: Request, count: number) => Response | Promise<Response>,
): StandIn {
  const ranges: string[] = [];
  const server = Deno.serve(
    { hostname: HOST, port: 0, onListen() {} },
    (request) => {
      ranges.push(request.headers.get("range") ?? "");
      return answer(request, ranges.length);
    },
  );
  return {
    url: `http://${HOST}:${server.addr.port}/`,
    ranges,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

/** Answers as a server that can send parts. */
export function serveBytes(
  bytes: Uint8Array<ArrayBuffer>,
  request: Request,
): Response {
  const start = Number(
    /^bytes=(\d+)-$/.exec(request.headers.get("range") ?? "")?.[1] ?? 0,
  );
  const { length } = bytes;
  if (start === 0) return new Response(bytes);
  if (start >= length) {
    const headers = { "content-range": `bytes */${length}` };
    return new Response(null, { status: 416, headers });
  }
  return new Response(bytes.subarray(start), {
    status: 206,
    headers: { "content-range": `bytes ${start}-${length - 1}/${length}` },
  });
}

/** An answer that announces all bytes and ends after `count` of them. */
export function breakOff(
  bytes: Uint8Array<ArrayBuffer>,
  count: number,
): Response {
  let sent = false;
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      if (!sent && count > 0) controller.enqueue(bytes.subarray(0, count));
      // The first bytes are to be on their way.
      else await new Promise((resolve) => setTimeout(resolve, 50));
      if (sent || count === 0) controller.close();
      sent = true;
    },
  });
  const headers = { "content-length": `${bytes.length}` };
  return new Response(body, { headers });
}

// Copyright 2026 the Convlab authors. MIT license.

/**
 * The thread of the server. The training is busy for long stretches; this one
 * answers meanwhile.
 *
 * @module
 */

import { Feed } from "./feed.ts";
import type { FromServer, ToServer } from "./protocol.ts";
import { RunFiles } from "./run_files.ts";
import { answer, type Site } from "./site.ts";

/** Time between two looks at the run's files, in milliseconds, while somebody watches. */
const LOOK_MS = 250;
/** Time that viewers have to take the last news, in milliseconds. */
const LAST_MS = 500;

/** As much of a worker's scope as is used here. */
interface Scope {
  onmessage: ((event: MessageEvent<ToServer>) => void) | null;
  postMessage(message: FromServer): void;
}

const scope = globalThis as unknown as Scope;
const tell = (message: FromServer) => scope.postMessage(message);

// Left alone, an error would be printed with all its lines into the training's.
for (const name of ["error", "unhandledrejection"] as const) {
  globalThis.addEventListener(name, (event) => {
    event.preventDefault();
    const error = "reason" in event ? event.reason : event.error;
    const message = error instanceof Error ? error.message : String(error);
    tell({ kind: "failed", message });
  });
}

let running: { feed: Feed; look: () => void; close: () => Promise<void> };

scope.onmessage = async ({ data }) => {
  switch (data.kind) {
    case "start":
      return start(data);
    case "update":
      return running.feed.publish([data.update]);
    case "close":
      await running.close();
      return tell({ kind: "closed" });
  }
};

function start(options: Extract<ToServer, { kind: "start" }>): void {
  const { about, path, host, token } = options;
  const files = new RunFiles(path);
  let timer: ReturnType<typeof setInterval> | undefined;
  const look = () => feed.publish(files.read());
  const feed = new Feed(about, (count) => {
    tell({ kind: "watchers", count });
    clearInterval(timer);
    if (count === 0) return;
    // What nobody saw is caught up with before the snapshot is taken.
    look();
    timer = setInterval(look, LOOK_MS);
  });
  const onCommand: Site["onCommand"] = about.canControl
    ? (command) => tell({ kind: "command", command })
    : undefined;
  const server = listen(
    options,
    (request, port) => answer(request, { token, host, port, feed, onCommand }),
  );
  if (server === undefined) return;
  const close = async () => {
    clearInterval(timer);
    look();
    feed.end();
    const patience = new Promise((resolve) => setTimeout(resolve, LAST_MS));
    await Promise.race([server.shutdown(), patience]);
  };
  running = { feed, look, close };
  tell({ kind: "listening", port: server.addr.port });
}

/** Listens where it was told to, or, if that may be, on any other port. */
function listen(
  { host, port, isPortFixed }: Extract<ToServer, { kind: "start" }>,
  handle: (request: Request, port: number) => Promise<Response>,
): Deno.HttpServer<Deno.NetAddr> | undefined {
  const serve = (port: number) => {
    const server: Deno.HttpServer<Deno.NetAddr> = Deno.serve({
      hostname: host,
      port,
      onListen() {},
      // It would show where in the program it failed.
      onError: () => new Response("Failed\n", { status: 500 }),
    }, (request) => handle(request, server.addr.port));
    return server;
  };
  try {
    return serve(port);
  } catch (error) {
    if (isTaken(error) && !isPortFixed) return serve(0);
    const reason = isTaken(error)
      ? "taken"
      : error instanceof Deno.errors.NotCapable
      ? "permission"
      : "other";
    const message = error instanceof Error ? error.message : String(error);
    tell({ kind: "refused", reason, message });
    return undefined;
  }
}

function isTaken(error: unknown): boolean {
  return error instanceof Deno.errors.AddrInUse;
}

// Copyright 2026 the Convlab authors. MIT license.

/**
 * The site that a browser is sent to by `bench browser`: a page that starts a
 * worker, and the orders that the worker asks for.
 *
 * @module
 */

import type { DType } from "../../numerics/tensor.ts";
import type { StepShape } from "./shapes.ts";

/** What the worker in the browser is to do next. */
export type BrowserOrder =
  | {
    readonly kind: "results" | "warmUp";
    readonly shape: StepShape;
    readonly dtype: DType;
    readonly threads: number;
  }
  | {
    readonly kind: "time";
    readonly shape: StepShape;
    readonly dtype: DType;
    readonly threads: number;
    /** Timed runs. */
    readonly runs: number;
  }
  | { readonly kind: "end" };

/** A site on this machine. It ends when it is disposed of. */
export interface BrowserSite extends AsyncDisposable {
  /** The page's address. */
  readonly address: string;
  /**
   * Has an order carried out.
   *
   * @returns What the worker answers.
   * @throws {Error} If it fails, or there is no answer in time.
   */
  order(order: BrowserOrder): Promise<Uint8Array<ArrayBuffer>>;
}

/** Options of {@linkcode openSite}. */
export interface BrowserSiteOptions {
  /** The worker's code. */
  readonly worker: string;
  /** How long an answer may take, in milliseconds. */
  readonly patience?: number;
  /** Ends all waiting, with its reason. */
  readonly signal?: AbortSignal | undefined;
}

const PATIENCE = 60_000;
const PAGE = `<!DOCTYPE html><title>Convlab's bench</title>
<script type="module" src="page.js"></script>`;
const SCRIPT = `const worker = new Worker("worker.js", { type: "module" });
worker.onerror = (event) => {
  fetch("failed", { method: "POST", body: event.message ?? "the worker did not start" });
};`;
const HEADERS = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
  "content-security-policy":
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self' blob:; connect-src 'self'",
};

/** Opens the site, on loopback and under an address that cannot be guessed. */
export function openSite(options: BrowserSiteOptions): BrowserSite {
  const { worker, patience = PATIENCE, signal } = options;
  const path = `/${crypto.randomUUID()}/`;
  let orders = Promise.withResolvers<BrowserOrder>();
  let answers = Promise.withResolvers<Uint8Array<ArrayBuffer>>();
  answers.promise.catch(() => {});
  const reply = (body: string, type = "text/javascript") =>
    new Response(body, { headers: { ...HEADERS, "content-type": type } });

  const server = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen: () => {},
  }, async (request) => {
    const { pathname } = new URL(request.url);
    switch (pathname.startsWith(path) ? pathname.slice(path.length) : "?") {
      case "":
        return reply(PAGE, "text/html");
      case "page.js":
        return reply(SCRIPT);
      case "worker.js":
        return reply(worker);
      case "next": {
        const order = await orders.promise;
        orders = Promise.withResolvers();
        return reply(JSON.stringify(order), "application/json");
      }
      case "answer":
        answers.resolve(new Uint8Array(await request.arrayBuffer()));
        return reply("");
      case "failed":
        answers.reject(
          new Error(`Cannot time the browser: ${await request.text()}`),
        );
        return reply("");
      default:
        return new Response("Not found", { status: 404 });
    }
  });
  const late = (resolve: (value: "late") => void) => {
    const timer = setTimeout(() => resolve("late"), patience);
    return () => clearTimeout(timer);
  };
  return {
    address: `http://127.0.0.1:${server.addr.port}${path}`,
    async order(order) {
      signal?.throwIfAborted();
      const ended = Promise.withResolvers<"late">();
      const cancel = late(ended.resolve);
      const abort = () => ended.reject(signal?.reason);
      signal?.addEventListener("abort", abort);
      try {
        orders.resolve(order);
        const answer = await Promise.race([answers.promise, ended.promise]);
        if (answer !== "late") return answer;
        throw new Error(
          `Cannot time the browser: expected an answer within ${
            patience / 1000
          } s but found none`,
        );
      } finally {
        cancel();
        signal?.removeEventListener("abort", abort);
        answers = Promise.withResolvers();
        answers.promise.catch(() => {});
      }
    },
    async [Symbol.asyncDispose]() {
      orders.resolve({ kind: "end" });
      await server.shutdown();
    },
  };
}

// Copyright 2026 the Convlab authors. MIT license.

/**
 * Serves the page on this machine. `deno task example:browser` bundles it first.
 *
 * The headers are what any site of Convlab's needs: isolation from other
 * origins, without which a page gets no shared memory, and a policy that allows
 * WebAssembly and workers from `blob:` addresses.
 *
 * @module
 */

/** Sent with every file. */
export const HEADERS: Readonly<Record<string, string>> = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
  "cross-origin-resource-policy": "same-origin",
  "content-security-policy": [
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "worker-src 'self' blob:",
    "connect-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; "),
  "x-content-type-options": "nosniff",
  "cache-control": "no-cache",
};

/** Types by the end of a file's name. */
const TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
  gz: "application/octet-stream",
};

const PAGE = new URL("page/", import.meta.url);
const BUILT = new URL("../../built/browser/", import.meta.url);
const DATA = new URL("../../fixtures/fashion-mnist/", import.meta.url);

/** Where a path of the address leads, if anywhere. */
function fileOf(path: string, built: URL): URL | undefined {
  const [, folder, name] = /^\/(?:(data)\/)?([\w.-]*)$/.exec(path) ?? [];
  if (name === undefined) return undefined;
  if (folder) return new URL(name, DATA);
  if (name.endsWith(".js")) return new URL(name, built);
  return new URL(name === "" ? "index.html" : name, PAGE);
}

/**
 * Answers a request for a file of the page.
 *
 * @param built The folder with the bundle.
 */
export async function answer(
  request: Request,
  built: URL = BUILT,
): Promise<Response> {
  const file = fileOf(new URL(request.url).pathname, built);
  const type = TYPES[file?.pathname.split(".").at(-1) ?? ""];
  if (request.method !== "GET" || file === undefined || type === undefined) {
    return new Response("Not found", { status: 404, headers: HEADERS });
  }
  try {
    const headers = { ...HEADERS, "content-type": type };
    return new Response(await Deno.readFile(file), { headers });
  } catch {
    return new Response("Not found", { status: 404, headers: HEADERS });
  }
}

/** Serves at a port, or at a free one if that is taken. */
function serve(port: number): void {
  const onListen = (address: Deno.NetAddr) =>
    console.log(`Open http://127.0.0.1:${address.port}/ and press Start`);
  const options = { hostname: "127.0.0.1", onListen };
  try {
    Deno.serve({ ...options, port }, (request) => answer(request));
  } catch (error) {
    if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    Deno.serve({ ...options, port: 0 }, (request) => answer(request));
  }
}

if (import.meta.main) serve(Number(Deno.args[0] ?? 8000));

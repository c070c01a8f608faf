// Copyright 2026 the Convlab authors. MIT license.

/**
 * Downloads a file: to disk as it comes, on from where it broke off, and under
 * its name only once its checksum is right.
 *
 * @module
 */

import { dirname } from "@std/path";
import { DataError } from "./data_error.ts";
import { nodeCrypto } from "./node_builtins.ts";

/** Options of {@linkcode downloadFile}. */
export interface DownloadFileOptions {
  /** MD5 checksum of the file, 32 hexadecimal digits. */
  readonly md5: string;
  /** Largest file that is accepted, in bytes. @default {1073741824} */
  readonly maxBytes?: number | undefined;
  /** How often it is tried again after a break that followed no progress. @default {3} */
  readonly retries?: number | undefined;
  /** Milliseconds before it is tried again. @default {1000} */
  readonly retryDelay?: number | undefined;
  /** Milliseconds without a byte that count as a break. @default {60000} */
  readonly stallTimeout?: number | undefined;
  /** Ends the download, which can be gone on with later. */
  readonly signal?: AbortSignal | undefined;
  /** Called with the bytes that are there, and how many there will be if the server tells. */
  readonly onProgress?: ((done: number, total?: number) => void) | undefined;
}

/** The connection broke; what has come is kept. */
class Break extends Error {}

const DEFAULT_MAX_BYTES = 2 ** 30;

/**
 * Downloads `url` to `path`. What has come is in `path` + `.part` until it is
 * whole and its checksum is right; a download that broke off goes on from there,
 * if the server can do that, at once and when this is called again.
 *
 * Nothing is downloaded if the file is there already. Needs permission to
 * connect to the server and to write to the folder, which is made.
 *
 * @param url Where the file is, by http or https.
 * @param path Where it is to be.
 * @throws {DataError} If it cannot be had: the message says what to do.
 *
 * @example Download an archive
 * ```ts ignore
 * import { downloadFile } from "@convlab/convlab";
 *
 * await downloadFile(
 *   "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
 *   "cifar-10-binary.tar.gz",
 *   { md5: "c32a1d4ab5d03f1284b67883e8d87530" },
 * );
 * ```
 */
export async function downloadFile(
  url: string | URL,
  path: string,
  options: DownloadFileOptions,
): Promise<void> {
  const { md5, retries = 3, retryDelay = 1000, signal } = options;
  if (sizeOf(path) !== undefined) return await checkFile(path, md5);
  const part = `${path}.part`;
  writing(part, () => Deno.mkdirSync(dirname(path), { recursive: true }));
  for (let failures = 0;;) {
    const before = sizeOf(part) ?? 0;
    try {
      await fetchRest(url, part, path, options);
      break;
    } catch (error) {
      const have = sizeOf(part) ?? 0;
      if (have === 0) remove(part);
      if (!(error instanceof Break)) throw error;
      if (have <= before && ++failures > retries) {
        throw unreachable(url, path, have, error);
      }
      await pause(retryDelay, signal);
    }
  }
  const found = await md5Of(part);
  if (found !== md5.toLowerCase()) {
    remove(part);
    throw new DataError(
      `Cannot use ${url}: expected the MD5 checksum ${md5} but found ${found}; nothing of it was kept`,
    );
  }
  writing(path, () => Deno.renameSync(part, path));
}

/** Downloads what is missing of `part`, or all of it if the server cannot send a part. */
async function fetchRest(
  url: string | URL,
  part: string,
  path: string,
  options: DownloadFileOptions,
): Promise<void> {
  const { maxBytes = DEFAULT_MAX_BYTES, signal, onProgress } = options;
  const { stallTimeout = 60_000 } = options;
  const have = sizeOf(part) ?? 0;
  const stall = new AbortController();
  let timer = setTimeout(() => stall.abort(), stallTimeout);
  try {
    const response = await connect(url, have, path, [stall.signal, signal]);
    const { start, total } = extentOf(response, have);
    if (response.status === 416 && total === have) return; // It is whole.
    if (start === undefined) {
      await response.body?.cancel();
      remove(part);
      throw new Break("the server has another file than before");
    }
    checkSize(url, total ?? 0, maxBytes, part);
    using file = await writing(part, () =>
      Deno.open(part, {
        ...{ write: true, create: true },
        ...start > 0 ? { append: true } : { truncate: true },
      }));
    let done = start;
    for await (const chunk of chunksOf(response, signal)) {
      clearTimeout(timer);
      timer = setTimeout(() => stall.abort(), stallTimeout);
      checkSize(url, done + chunk.length, maxBytes, part);
      for (let at = 0; at < chunk.length;) {
        at += await writing(part, () => file.write(chunk.subarray(at)));
      }
      done += chunk.length;
      onProgress?.(done, total);
    }
    if (total !== undefined && done < total) throw new Break("it broke off");
  } finally {
    clearTimeout(timer);
  }
}

async function connect(
  url: string | URL,
  have: number,
  path: string,
  signals: readonly (AbortSignal | undefined)[],
): Promise<Response> {
  let response;
  try {
    response = await fetch(url, {
      headers: {
        "accept-encoding": "identity",
        ...have > 0 ? { range: `bytes=${have}-` } : {},
      },
      signal: AbortSignal.any(signals.filter((signal) => signal !== undefined)),
    });
  } catch (cause) {
    throw breakOf(cause, signals[1]);
  }
  if (response.ok || (response.status === 416 && have > 0)) return response;
  await response.body?.cancel();
  const { status, statusText } = response;
  throw unreachable(
    url,
    path,
    have,
    new Error(`the server says ${status} ${statusText}`.trimEnd()),
  );
}

/** Where the bytes of a response begin in the file, and how many the file has. */
function extentOf(
  response: Response,
  have: number,
): { start?: number; total?: number } {
  const { status, headers } = response;
  if (status === 200) {
    const length = headers.get("content-length");
    return { start: 0, ...length === null ? {} : { total: Number(length) } };
  }
  const [, first, size] = /^bytes (?:(\d+)-\d+|\*)\/(\d+|\*)$/.exec(
    headers.get("content-range") ?? "",
  ) ??
    [];
  const total = size === undefined || size === "*" ? undefined : Number(size);
  return {
    ...status === 206 && Number(first) === have ? { start: have } : {},
    ...total === undefined ? {} : { total },
  };
}

async function* chunksOf(
  response: Response,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  const reader = response.body?.getReader();
  try {
    while (reader !== undefined) {
      const { done, value } = await reader.read().catch((cause) => {
        throw breakOf(cause, signal);
      });
      if (done) return;
      yield value;
    }
  } finally {
    await reader?.cancel().catch(() => {});
  }
}

/** A break, unless it was the caller who ended it, or a permission is missing. */
function breakOf(cause: unknown, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted) return signal.reason;
  if (cause instanceof Deno.errors.NotCapable) return cause;
  const message = cause instanceof DOMException
    ? "the server sends no more"
    : cause instanceof Error
    ? innermost(cause).message
    : String(cause);
  // The address is told anyway.
  const reason = message.replace(/^error sending request .*?\): /, "");
  return new Break(reason, { cause });
}

function innermost(error: Error): Error {
  return error.cause instanceof Error ? innermost(error.cause) : error;
}

function unreachable(
  url: string | URL,
  path: string,
  have: number,
  { message }: Error,
): DataError {
  const kept = have > 0
    ? `run this again to go on after ${have} bytes, or`
    : "run this again later, or";
  return new DataError(
    `Cannot download ${url} (${message}): ${kept} fetch it by other means and put it at ${path}`,
  );
}

function checkSize(
  url: string | URL,
  size: number,
  maxBytes: number,
  part: string,
): void {
  if (size <= maxBytes) return;
  remove(part);
  throw new DataError(
    `Cannot use ${url}: expected at most ${maxBytes} bytes but found ${size} or more; nothing of it was kept`,
  );
}

async function checkFile(path: string, md5: string): Promise<void> {
  const found = await md5Of(path);
  if (found === md5.toLowerCase()) return;
  throw new DataError(
    `Cannot use ${path}: expected the MD5 checksum ${md5} but found ${found}; delete it to have it downloaded again`,
  );
}

/** The MD5 checksum of a file, in hexadecimal digits. */
export async function md5Of(path: string): Promise<string> {
  const hash = nodeCrypto().createHash("md5");
  using file = await Deno.open(path);
  const buffer = new Uint8Array(2 ** 18);
  for (;;) {
    const count = await file.read(buffer);
    if (count === null) return hash.digest("hex");
    hash.update(buffer.subarray(0, count));
  }
}

function sizeOf(path: string): number | undefined {
  try {
    return Deno.statSync(path).size;
  } catch (error) {
    const { NotFound, NotADirectory } = Deno.errors;
    if (error instanceof NotFound || error instanceof NotADirectory) {
      return undefined;
    }
    throw error;
  }
}

function remove(path: string): void {
  if (sizeOf(path) !== undefined) Deno.removeSync(path);
}

/** Does something to a file, and says which it was if it fails. */
function writing<T>(path: string, action: () => T): T {
  const fail = (cause: unknown): never => {
    if (cause instanceof Deno.errors.NotCapable || !(cause instanceof Error)) {
      throw cause;
    }
    throw new DataError(`Cannot write ${path}: ${cause.message}`, { cause });
  };
  try {
    const result = action();
    return result instanceof Promise ? result.catch(fail) as T : result;
  } catch (cause) {
    return fail(cause);
  }
}

function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, milliseconds);
    if (signal?.aborted) stop();
    signal?.addEventListener("abort", stop, { once: true });
  });
}

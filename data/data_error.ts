// Copyright 2026 the Convlab authors. MIT license.

/**
 * The error for data that cannot be used.
 *
 * @module
 */

/**
 * A data file is missing, unreadable, truncated, oversized or holds something
 * else than its format allows.
 *
 * The message is one line that names the file or folder, what was expected and
 * what was found, so that a program can show it as it is. Nothing is returned
 * from data that raised it.
 *
 * @example Show the message, not the stack
 * ```ts
 * import { DataError, decodeIdx } from "@convlab/convlab";
 * import { assertInstanceOf, assertRejects } from "@std/assert";
 *
 * const bytes = new TextEncoder().encode("not an IDX file");
 * const error = await assertRejects(() => decodeIdx(bytes, { name: "a.idx" }));
 * assertInstanceOf(error, DataError);
 * ```
 */
export class DataError extends Error {
  /** The name of this class, for those who print it. */
  override readonly name = "DataError";
}

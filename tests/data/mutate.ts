// Copyright 2026 the Convlab authors. MIT license.

/**
 * Damages files, for tests that whoever reads them says so.
 *
 * @module
 */

import { assert, assertInstanceOf } from "@std/assert";
import fc from "fast-check";
import { DataError } from "../../data/data_error.ts";

/** One damage: where, as a part of the length, and what. */
const damage = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
  kind: fc.constantFrom(
    ...["set", "set", "word", "insert", "remove", "copy", "cut"] as const,
  ),
  byte: fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 0x7f, 0x80, 0xff)),
  length: fc.nat(40),
});

/** A file with one to eight damages, most of them near its beginning or anywhere. */
export function damaged(
  files: readonly Uint8Array<ArrayBuffer>[],
): fc.Arbitrary<Uint8Array<ArrayBuffer>> {
  return fc.tuple(
    fc.constantFrom(...files),
    fc.array(damage, { minLength: 1, maxLength: 8 }),
    fc.boolean(),
  ).map(([file, damages, isHeader]) =>
    damages.reduce((bytes, { at, kind, byte, length }) => {
      const range = isHeader ? Math.min(64, bytes.length) : bytes.length;
      const index = Math.floor(at * range);
      switch (kind) {
        case "set":
          return index < bytes.length ? bytes.with(index, byte) : bytes;
        case "word":
          return bytes.slice().fill(byte, index, index + 4);
        case "insert":
          return splice(bytes, index, index, new Uint8Array(length).fill(byte));
        case "remove":
          return splice(bytes, index, index + length, new Uint8Array(0));
        case "copy":
          return splice(bytes, index, index, bytes.subarray(0, length));
        case "cut":
          return bytes.slice(0, index);
      }
    }, file)
  );
}

function splice(
  bytes: Uint8Array<ArrayBuffer>,
  begin: number,
  end: number,
  inserted: Uint8Array,
): Uint8Array<ArrayBuffer> {
  return Uint8Array.of(
    ...bytes.subarray(0, begin),
    ...inserted,
    ...bytes.subarray(end),
  );
}

/**
 * Checks that `read` reads damaged files or says that it cannot, by an error
 * of one line of one of the two classes for that.
 */
export async function readsOrComplains(
  files: readonly Uint8Array<ArrayBuffer>[],
  read: (bytes: Uint8Array<ArrayBuffer>) => unknown,
  numRuns: number,
): Promise<void> {
  for (const file of files) await read(file);
  await fc.assert(
    fc.asyncProperty(damaged(files), async (bytes) => {
      try {
        await read(bytes);
      } catch (error) {
        if (!(error instanceof SyntaxError)) assertInstanceOf(error, DataError);
        assert((error as Error).message.startsWith("Cannot "));
        assert(!(error as Error).message.includes("\n"));
      }
    }),
    { numRuns, interruptAfterTimeLimit: 10_000 },
  );
}

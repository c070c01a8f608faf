// Copyright 2026 the Convlab authors. MIT license.

import { assert, assertEquals, assertLess, assertMatch } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { decodeSafetensors } from "../../training/safetensors.ts";

const WIDTHS = {
  ...{ F64: 8, F32: 4, F16: 2, BF16: 2, BOOL: 1 },
  ...{ I64: 8, U64: 8, I32: 4, U32: 4, I16: 2, U16: 2, I8: 1, U8: 1 },
} as const;

/** A header and how many bytes of data follow it. */
interface Parts {
  readonly header: Record<string, unknown>;
  readonly data: Uint8Array;
}

/** Well-formed files with tensors of all types. */
const files: fc.Arbitrary<Parts> = fc.array(
  fc.record({
    name: fc.string({ maxLength: 6 }),
    dtype: fc.constantFrom(...Object.keys(WIDTHS)) as fc.Arbitrary<
      keyof typeof WIDTHS
    >,
    shape: fc.array(fc.nat(3), { maxLength: 3 }),
  }),
  { maxLength: 5 },
).map((tensors) => {
  const header: Record<string, unknown> = {};
  let end = 0;
  for (const { name, dtype, shape } of tensors) {
    if (Object.hasOwn(header, name)) continue;
    const begin = end;
    end += shape.reduce((n, d) => n * d, WIDTHS[dtype]);
    header[name] = { dtype, shape, data_offsets: [begin, end] };
  }
  return { header, data: new Uint8Array(end).map((_, i) => i % 2) };
});

function fileOf({ header, data }: Parts): Uint8Array {
  const json = new TextEncoder().encode(JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  bytes.set(data, 8 + json.length);
  return bytes;
}

/** Whether a file is read; it is refused by one short SyntaxError otherwise. */
function isRead(bytes: Uint8Array): boolean {
  try {
    const { tensors } = decodeSafetensors(bytes);
    let size = 0;
    for (const { data } of Object.values(tensors)) size += data.byteLength;
    // A byte becomes at most four.
    assert(size <= 4 * bytes.length);
    return true;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    assertMatch(error.message, /^Cannot decode safetensors: expected .+$/);
    assertLess(error.message.length, 400);
    return false;
  }
}

/** Numbers that parsers stumble over, and values that are none. */
const odd = fc.oneof(
  fc.constantFrom(-1, 0, 1, 7, 0.5, 1e308, -0, null, true, "8", [], {}),
  fc.constantFrom(2 ** 31, 2 ** 32, 2 ** 53, 2 ** 53 - 1, 2 ** 64),
  fc.jsonValue({ depthSize: "small" }),
);

describe("decodeSafetensors()", () => {
  it("reads well-formed files of all types", () => {
    fc.assert(fc.property(files, (parts) => {
      const { tensors } = decodeSafetensors(fileOf(parts));
      assertEquals(Object.keys(tensors), Object.keys(parts.header));
    }));
  });

  it("reads or refuses files with bytes overwritten, cut out or put in", () => {
    const edits = fc.array(
      fc.record({
        at: fc.double({ min: 0, max: 1, noNaN: true }),
        out: fc.nat(9),
        put: fc.uint8Array({ maxLength: 9 }),
      }),
      { minLength: 1, maxLength: 3 },
    );
    fc.assert(
      fc.property(files, edits, (parts, edits) => {
        let bytes = fileOf(parts);
        for (const { at, out, put } of edits) {
          const from = Math.floor(at * bytes.length);
          bytes = Uint8Array.of(
            ...[...bytes.subarray(0, from), ...put],
            ...bytes.subarray(from + out),
          );
        }
        isRead(bytes);
      }),
      { numRuns: 1000 },
    );
  });

  it("refuses every truncation", () => {
    fc.assert(
      fc.property(files, (parts) => {
        const bytes = fileOf(parts);
        for (let length = 0; length < bytes.length; length++) {
          assert(!isRead(bytes.subarray(0, length)));
        }
      }),
      { numRuns: 30 },
    );
  });

  it("reads or refuses headers with odd values", () => {
    const place = fc.constantFrom("dtype", "shape", "data_offsets", "whole");
    const change = fc.tuple(place, fc.nat(4), fc.nat(2), odd);
    fc.assert(
      fc.property(
        files,
        fc.array(change, { minLength: 1 }),
        (parts, changes) => {
          const header = structuredClone(parts.header);
          const names = Object.keys(header);
          for (const [key, which, axis, oddity] of changes) {
            const value = structuredClone(oddity);
            const name = names[which] ?? "added";
            const entry = Object(header[name]);
            if (key === "whole") header[name] = value;
            else if (Array.isArray(entry[key])) entry[key][axis] = value;
            else entry[key] = value;
          }
          isRead(fileOf({ header, data: parts.data }));
        },
      ),
      { numRuns: 1000 },
    );
  });

  it("takes no memory for shapes of nothing, however long", () => {
    const shape = [0, 2 ** 53 - 1, 2 ** 53 - 1];
    const entry = { dtype: "F64", shape, data_offsets: [0, 0] };
    assert(isRead(fileOf({ header: { x: entry }, data: new Uint8Array() })));
    const many = { ...entry, shape: Array(100_000).fill(1e15) };
    assert(!isRead(fileOf({ header: { x: many }, data: new Uint8Array() })));
  });
});

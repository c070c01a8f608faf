// Copyright 2026 the Convlab authors. MIT license.

import {
  assertEquals,
  assertLess,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { join } from "@std/path";
import { describe, it } from "@std/testing/bdd";
import { describePermitted } from "../permitted.ts";
import fc from "fast-check";
import { gzipSync } from "node:zlib";
import { DataError } from "../../data/data_error.ts";
import { encodeIdx } from "../../data/encode_idx.ts";
import { decodeIdx, type IdxArray, readIdx } from "../../data/idx.ts";

const arrays: fc.Arbitrary<IdxArray> = fc
  .array(fc.nat(5), { minLength: 1, maxLength: 4 })
  .chain((shape) => {
    const size = shape.reduce((n, d) => n * d, 1);
    return fc.record({
      shape: fc.constant(shape),
      data: fc.uint8Array({ minLength: size, maxLength: size })
        .map((data) => Uint8Array.from(data)),
    });
  });

const small = encodeIdx({
  shape: [2, 3],
  data: Uint8Array.of(1, 2, 3, 4, 5, 6),
});

function gzip(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(gzipSync(bytes));
}

/** An IDX header for `shape`, followed by nothing. */
function headerOf(...shape: number[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.of(
    0,
    0,
    8,
    shape.length,
    ...shape.flatMap((d) => [d >>> 24, d >>> 16 & 255, d >>> 8 & 255, d & 255]),
  );
}

/** `array`, or the DataError that decoding gave; any other error passes. */
async function decodeOrError(
  bytes: Uint8Array<ArrayBuffer>,
): Promise<IdxArray | DataError> {
  try {
    return await decodeIdx(bytes);
  } catch (error) {
    if (error instanceof DataError) return error;
    throw error;
  }
}

describe("decodeIdx()", () => {
  it("inverts encodeIdx(), plain and gzipped", async () => {
    await fc.assert(fc.asyncProperty(arrays, async (array) => {
      assertEquals(await decodeIdx(encodeIdx(array)), array);
      assertEquals(await decodeIdx(gzip(encodeIdx(array))), array);
    }));
  });

  it("reads an array that decompresses in many pieces", async () => {
    const data = Uint8Array.from({ length: 3_000_000 }, (_, i) => i * i >>> 7);
    const array = { shape: [3000, 1000], data };
    assertEquals(await decodeIdx(gzip(encodeIdx(array))), array);
  });

  it("refuses every truncation, plain and gzipped", async () => {
    for (const whole of [small, gzip(small)]) {
      for (let length = 0; length < whole.length; length++) {
        await assertRejects(
          () => decodeIdx(whole.slice(0, length), { name: "some.idx" }),
          DataError,
          "Cannot read some.idx: expected ",
        );
      }
    }
  });

  it("refuses bytes after the last element, plain and gzipped", async () => {
    const longer = Uint8Array.of(...small, 0);
    for (
      const bytes of [longer, gzip(longer), Uint8Array.of(...gzip(small), 0)]
    ) await assertRejects(() => decodeIdx(bytes), DataError);
    await assertRejects(
      () => decodeIdx(longer, { name: "some.idx" }),
      DataError,
      "Cannot read some.idx: expected 18 bytes for shape (2, 3) but found at least 19",
    );
  });

  it("gives the original or a DataError when gzip bytes are changed", async () => {
    const original = await decodeIdx(small);
    const packed = gzip(small);
    await fc.assert(fc.asyncProperty(
      fc.nat(packed.length - 1),
      fc.integer({ min: 1, max: 255 }),
      async (at, change) => {
        const bytes = packed.slice();
        bytes[at]! ^= change;
        const result = await decodeOrError(bytes);
        if (!(result instanceof DataError)) assertEquals(result, original);
      },
    ));
  });

  it("gives an array that fits its shape or a DataError for any bytes", async () => {
    const headers = fc.array(fc.nat(3), { minLength: 1, maxLength: 3 })
      .map((shape) => headerOf(...shape));
    const inputs = fc.tuple(headers, fc.uint8Array({ maxLength: 30 }))
      .map(([header, rest]) => Uint8Array.of(...header, ...rest));
    const mutated = fc.tuple(inputs, fc.nat(), fc.nat(255)).map(
      ([bytes, at, value]) => bytes.with(at % bytes.length, value),
    );
    let accepted = 0;
    await fc.assert(
      fc.asyncProperty(fc.oneof(inputs, mutated), async (bytes) => {
        const result = await decodeOrError(bytes);
        if (result instanceof DataError) return;
        accepted++;
        assertEquals(
          result.data.length,
          result.shape.reduce((n, d) => n * d, 1),
        );
        assertEquals(encodeIdx(result), bytes);
      }),
      { numRuns: 1000 },
    );
    assertLess(10, accepted);
  });

  it("refuses other element types and no dimensions by their magic number", async () => {
    for (
      const [bytes, magic] of [
        [Uint8Array.of(0, 0, 0x0d, 1, 0, 0, 0, 0), "0x00000d01"],
        [Uint8Array.of(0, 0, 8, 0, 7), "0x00000800"],
        [Uint8Array.of(0x89, 0x50, 0x4e, 0x47), "0x89504e47"],
      ] as const
    ) {
      await assertRejects(
        () => decodeIdx(bytes, { name: "some.idx" }),
        DataError,
        `Cannot read some.idx: expected it to begin with 0x000008 and the number of dimensions but found ${magic}`,
      );
    }
  });

  it("refuses a header that claims 4 GB at once, whatever follows", async () => {
    const header = headerOf(65536, 65536);
    const follows = new Uint8Array(50_000_000);
    follows.set(header);
    const packed = gzip(follows);
    const start = performance.now();
    for (const bytes of [header, gzip(header), packed]) {
      await assertRejects(
        () => decodeIdx(bytes),
        DataError,
        "expected at most 1073741824 elements but found shape (65536, 65536)",
      );
    }
    assertLess(performance.now() - start, 1000);
  });

  it("stops a decompression bomb at the length that its header gives", async () => {
    const bomb = new Uint8Array(100_000_000);
    bomb.set(headerOf(10));
    await assertRejects(
      () => decodeIdx(gzip(bomb), { name: "bomb.gz" }),
      DataError,
      "Cannot read bomb.gz: expected 18 bytes for shape (10,) but found at least ",
    ).then((error) => {
      const found = Number(error.message.split(" ").at(-1));
      assertLess(found, 20_000_000);
    });
  });

  it("takes a header's word for no memory", async () => {
    const bytes = gzip(headerOf(1 << 15, 1 << 15));
    const before = Deno.memoryUsage().external;
    await assertRejects(() => decodeIdx(bytes), DataError, "but found 12");
    assertLess(Deno.memoryUsage().external - before, 100_000_000);
  });
});

describePermitted("readIdx()", () => {
  it("reads a file and names it in errors", async () => {
    const folder = await Deno.makeTempDir();
    const path = join(folder, "a.idx.gz");
    await Deno.writeFile(path, gzip(small));
    assertEquals((await readIdx(path)).shape, [2, 3]);

    await Deno.writeFile(path, gzip(small).subarray(0, 20));
    await assertRejects(
      () => readIdx(path),
      DataError,
      `Cannot read ${path}: expected one complete gzip stream but found a damaged or truncated one`,
    );
    await assertRejects(
      () => readIdx(join(folder, "b.idx")),
      DataError,
      `Cannot read ${join(folder, "b.idx")}: expected a file but found none`,
    );
    await assertRejects(
      () => readIdx(folder),
      DataError,
      `Cannot read ${folder}: expected a file but found a folder`,
    );
    await Deno.truncate(path, 1_000_000);
    await assertRejects(
      () => readIdx(path, { maxElements: 60_000 }),
      DataError,
      `Cannot read ${path}: expected at most 64156 bytes but found 1000000`,
    );
    await Deno.remove(folder, { recursive: true });
  });
});

describe("encodeIdx()", () => {
  it("refuses a shape that does not hold the data", () => {
    const data = new Uint8Array(6);
    for (const shape of [[5], [-2, -3], [1.5, 4], [2, 3, 2 ** 32]]) {
      assertThrows(
        () => encodeIdx({ shape, data }),
        RangeError,
        "Cannot encode IDX: expected a shape that holds 6 elements but found",
      );
    }
  });

  it("refuses no dimensions and more than the format can count", () => {
    const data = new Uint8Array(1);
    for (const shape of [[], Array<number>(256).fill(1)]) {
      assertThrows(
        () => encodeIdx({ shape, data }),
        RangeError,
        `expected 1 to 255 dimensions but found ${shape.length}`,
      );
    }
  });
});

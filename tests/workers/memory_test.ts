// Copyright 2026 the Convlab authors. MIT license.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { SharedMemory } from "../../workers/memory.ts";

describe("SharedMemory", () => {
  it("allocate() gives blocks that are aligned and never overlap, in any order of frees", () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ bytes: fc.nat(300_000), free: fc.nat(9) }), {
          maxLength: 60,
        }),
        (steps) => {
          const memory = new SharedMemory();
          const blocks: { address: number; bytes: number; mark: number }[] = [];
          for (const [i, { bytes, free }] of steps.entries()) {
            const address = memory.allocate(bytes);
            assertEquals(address % 64, 0);
            assert(address > 0);
            const mark = (i % 255) + 1;
            new Uint8Array(memory.buffer, address, bytes).fill(mark);
            blocks.push({ address, bytes, mark });
            if (free < 5 && blocks.length > 1) {
              const [block] = blocks.splice(free % blocks.length, 1);
              if (block) memory.free(block.address);
            }
          }
          for (const { address, bytes, mark } of blocks) {
            const values = new Uint8Array(memory.buffer, address, bytes);
            assert(values.every((value) => value === mark));
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  it("free() makes room that is used again", () => {
    const memory = new SharedMemory();
    const size = memory.buffer.byteLength;
    for (let i = 0; i < 1000; i++) memory.free(memory.allocate(size / 4));
    assertEquals(memory.buffer.byteLength, size);
    assertEquals(memory.bytesInUse, 0);
  });

  it("free() refuses what is no block", () => {
    assertThrows(
      () => new SharedMemory().free(64),
      RangeError,
      "Cannot free block",
    );
  });

  it("holds() knows arrays of before and after the memory grew", () => {
    const memory = new SharedMemory();
    const before = new Float32Array(memory.buffer, memory.allocate(64), 16);
    before[0] = 42;
    memory.allocate(64 << 20);
    const after = new Float32Array(memory.buffer, before.byteOffset, 16);
    assertEquals(after[0], 42);
    assert(memory.holds(before) && memory.holds(after));
    assert(!memory.holds(new Float32Array(4)));
    assert(!memory.holds(new Float32Array(new SharedArrayBuffer(16))));
  });

  it("allocate() says what is wanted and what there is when memory runs out", () => {
    assertThrows(
      () => new SharedMemory().allocate(2 ** 33),
      RangeError,
      "Cannot allocate 8.00 GiB",
    );
  });
});

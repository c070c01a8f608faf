// Copyright 2026 the Convlab authors. MIT license.

import {
  assert,
  assertEquals,
  assertLess,
  assertMatch,
  assertThrows,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { createHash } from "node:crypto";
import { Tensor } from "../../numerics/tensor.ts";
import {
  type Checkpoint,
  decodeCheckpoint,
  encodeCheckpoint,
} from "../../training/checkpoint_format.ts";
import { decodeSafetensors } from "../../training/safetensors.ts";

/** Tensors of any bits at all: NaN with payloads, −0 and denormals among them. */
const tensors = fc.tuple(
  fc.boolean(),
  fc.array(fc.bigInt(0n, 2n ** 64n - 1n), { maxLength: 6 }),
)
  .map(([double, words]) => {
    const { buffer } = BigUint64Array.from(words);
    const data = double ? new Float64Array(buffer) : new Float32Array(buffer);
    return new Tensor(data, [data.length]);
  });

const states = fc.dictionary(
  fc.string({ unit: "binary" }),
  fc.jsonValue({ noUnicodeString: false, depthSize: "small" }),
  { noNullPrototype: true },
);

const checkpoints: fc.Arbitrary<Checkpoint> = fc.record({
  iteration: fc.nat(1e9),
  tensors: fc.dictionary(
    fc.oneof(fc.string({ unit: "binary" }), fc.nat(20).map(String))
      .filter((name) => name !== "__metadata__"),
    tensors,
    { noNullPrototype: true },
  ),
  state: states,
});

const sample: Checkpoint = {
  iteration: 490,
  tensors: {
    // Names like these come first in any object.
    "1": new Tensor(Float32Array.of(1, -0, NaN), [3]),
    W1: new Tensor(Float64Array.of(5e-324, 1 / 3), [1, 2]),
  },
  state: { epoch: 1, zero: -0, key: [0, 4294967295], name: "ß\ud800" },
};
const encoded = encodeCheckpoint(sample, 245);

/** Where the digest is. */
const PLACE = 8 + '{"__metadata__":{"sha256":"'.length;

function assertRefused(bytes: Uint8Array): void {
  const { message } = assertThrows(() => decodeCheckpoint(bytes), SyntaxError);
  assertMatch(message, /^Cannot decode (checkpoint|safetensors): expected /);
  assertEquals(message.split("\n").length, 1);
  assertLess(message.length, 300);
}

describe("encodeCheckpoint()", () => {
  it("is inverted by decodeCheckpoint(), to the last bit", () => {
    fc.assert(fc.property(
      checkpoints,
      fc.option(fc.nat(), { nil: undefined }),
      (checkpoint, best) => {
        const bytes = encodeCheckpoint(checkpoint, best);
        const decoded = decodeCheckpoint(bytes);
        assertEquals(decoded, { checkpoint, best });
        for (const [name, { data }] of Object.entries(checkpoint.tensors)) {
          assertEquals(
            new Uint8Array(decoded.checkpoint.tensors[name]!.data.buffer),
            new Uint8Array(data.buffer),
          );
        }
        assertEquals(encodeCheckpoint(decoded.checkpoint, best), bytes);
      },
    ));
  });

  it("writes a safetensors file with the digest that its comment describes", () => {
    const { tensors, metadata } = decodeSafetensors(encoded);
    assertEquals(tensors, sample.tensors);
    const { sha256 = "", iteration, best, format } = metadata;
    assertEquals([iteration, best], ["490", "245"]);
    assertEquals(format, "convlab-checkpoint-1");
    const start = new TextDecoder().decode(encoded.subarray(8, 200));
    assert(start.startsWith(`{"__metadata__":{"sha256":"${sha256}"`));
    const blank = encoded.slice().fill(0x30, PLACE, PLACE + 64);
    assertEquals(createHash("sha256").update(blank).digest("hex"), sha256);
  });

  it("keeps −0 in the state", () => {
    const { state } = decodeCheckpoint(encoded).checkpoint;
    assert(Object.is(state.zero, -0));
  });

  it("takes no notice of whose memory a tensor is in", () => {
    const shared = new Float32Array(new SharedArrayBuffer(40), 8, 4).fill(3);
    const tensors = { w: new Tensor(shared, [2, 2]) };
    const { checkpoint } = decodeCheckpoint(
      encodeCheckpoint({ iteration: 1, tensors, state: {} }),
    );
    assertEquals([...checkpoint.tensors.w!.data], [3, 3, 3, 3]);
  });
});

describe("decodeCheckpoint()", () => {
  it("detects any altered bit", () => {
    for (let i = 0; i < encoded.length; i++) {
      assertRefused(encoded.with(i, encoded[i]! ^ 1 << i % 8));
    }
  });

  it("detects every truncation, and what was added", () => {
    for (let length = 0; length < encoded.length; length++) {
      assertRefused(encoded.subarray(0, length));
    }
    assertRefused(Uint8Array.of(...encoded, 0));
    assertRefused(Uint8Array.of(0, ...encoded));
  });

  it("detects bytes overwritten, moved, or zeroed as in a block that was lost", () => {
    fc.assert(
      fc.property(
        fc.nat(encoded.length - 1),
        fc.nat(encoded.length - 1),
        fc.uint8Array({ minLength: 1, maxLength: 64 }),
        (at, from, noise) => {
          for (
            const change of [
              (bytes: Uint8Array) =>
                bytes.set(noise.subarray(0, bytes.length - at), at),
              (bytes: Uint8Array) =>
                bytes.copyWithin(at, from, from + noise.length),
              (bytes: Uint8Array) => bytes.fill(0, at, at + noise.length),
            ]
          ) {
            const bytes = encoded.slice();
            change(bytes);
            const same = bytes.every((byte, i) => byte === encoded[i]);
            if (!same) assertRefused(bytes);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it("refuses other bytes, and other safetensors files", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), assertRefused));
    assertRefused(new Uint8Array(encoded.length));
  });

  it("refuses a file whose digest fits but whose contents do not", () => {
    const forge = (from: string, to: string) => {
      const at = new TextDecoder("latin1").decode(encoded).indexOf(from);
      assert(at > 0);
      const bytes = encoded.slice();
      new TextEncoder().encodeInto(to, bytes.subarray(at));
      bytes.fill(0x30, PLACE, PLACE + 64);
      const digest = createHash("sha256").update(bytes).digest("hex");
      new TextEncoder().encodeInto(digest, bytes.subarray(PLACE));
      return bytes;
    };
    assertEquals(forge("490", "490"), encoded);
    assertRefused(forge("checkpoint-1", "checkpoint-2"));
    assertRefused(forge('"490"', '"4.0"'));
    assertRefused(forge('"490"', '"-90"'));
    assertRefused(forge('"245"', '"x45"'));
    assertRefused(forge('"state":"{', '"state":"['));
    assertRefused(forge('"state"', '"State"'));
    assertRefused(forge('"state":"{', '"state":" '));
    assertRefused(forge('"shape":[1,2]', '"shape":[1,3]'));
  });
});

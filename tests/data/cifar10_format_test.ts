// Copyright 2026 the Convlab authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { decodeCifar10 } from "../../data/cifar10_format.ts";
import { DataError } from "../../data/data_error.ts";

/** Up to four records whose labels, and a few pixels, are arbitrary. */
const records = fc.array(
  fc.record({
    label: fc.nat(9),
    position: fc.nat(3071),
    pixel: fc.nat(255),
  }),
  { maxLength: 4 },
);

function encode(
  list: readonly { label: number; position: number; pixel: number }[],
) {
  const bytes = new Uint8Array(list.length * 3073);
  for (const [i, { label, position, pixel }] of list.entries()) {
    bytes[i * 3073] = label;
    bytes[i * 3073 + 1 + position] = pixel;
  }
  return bytes;
}

describe("decodeCifar10()", () => {
  it("gives each record's label and pixels", () => {
    fc.assert(fc.property(records, (list) => {
      const bytes = encode(list);
      const images = decodeCifar10(bytes);
      assertEquals(images.length, list.length);
      assertEquals(images.imageShape, [3, 32, 32]);
      for (const [i, { label }] of list.entries()) {
        assertEquals(images.labels[i], label);
        assertEquals(
          images.slice(i, i + 1).bytes,
          bytes.subarray(i * 3073 + 1, (i + 1) * 3073),
        );
      }
    }));
  });

  it("refuses whatever is not a whole number of records", () => {
    fc.assert(
      fc.property(records, fc.integer({ min: 1, max: 3072 }), (list, cut) => {
        const bytes = Uint8Array.of(...encode(list), ...new Uint8Array(cut));
        assertThrows(
          () => decodeCifar10(bytes, "batch.bin"),
          DataError,
          `Cannot read batch.bin: expected a multiple of 3073 bytes but found ${bytes.length}`,
        );
      }),
    );
  });

  it("refuses every label from 10 to 255 in any record", () => {
    fc.assert(fc.property(
      records,
      fc.nat(),
      fc.integer({ min: 10, max: 255 }),
      (list, at, label) => {
        fc.pre(list.length > 0);
        const bytes = encode(list);
        const image = at % list.length;
        bytes[image * 3073] = label;
        assertThrows(
          () => decodeCifar10(bytes, "batch.bin"),
          DataError,
          `Cannot read batch.bin: expected labels from 0 to 9 but found ${label} for image ${image}`,
        );
      },
    ));
  });
});

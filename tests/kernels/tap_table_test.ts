// Copyright 2026 the Convlab authors. MIT license.

import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { tapTable } from "../../kernels/tap_table.ts";

/** A window whose planes and rows lie evenly apart, and columns wherever they are. */
interface Window {
  readonly size: readonly [planes: number, rows: number, columns: number];
  readonly plane: number;
  readonly row: number;
  readonly columns: readonly number[];
}

const windows: fc.Arbitrary<Window> = fc.tuple(
  fc.nat(20),
  fc.nat(8),
  fc.nat(8),
  fc.integer({ min: -5000, max: 5000 }),
  fc.integer({ min: -300, max: 300 }),
  fc.oneof(fc.constantFrom(-4, 4, 12), fc.array(fc.nat(99), { minLength: 8 })),
).map(([planes, rows, columns, plane, row, places]) => ({
  ...{ size: [planes, rows, columns] as const, plane, row },
  columns: Array.from(
    { length: columns },
    (_, i) => Array.isArray(places) ? places[i]! : i * places,
  ),
}));

/** Where a tap lies. */
const placeIn =
  (window: Window) => (plane: number, row: number, column: number) =>
    100_000 + plane * window.plane + row * window.row +
    window.columns[column]!;

/** Where the kernels look for the taps, one after the other. */
function placesRead(table: Int32Array): number[] {
  const [count, threes, stride, ...places] = table;
  assertEquals(count! - 3 * threes!, places.length - threes!);
  return places.flatMap((place, i) =>
    i < threes! ? [place, place + stride!, place + 2 * stride!] : [place]
  );
}

describe("tapTable()", () => {
  it("has each tap once, and finds it where it lies", () => {
    fc.assert(fc.property(windows, (window) => {
      const [planes, rows, columns] = window.size;
      const { table, order } = tapTable(window.size, placeIn(window));
      assertEquals(
        [...order].sort((a, b) => a - b),
        [...Array(planes * rows * columns).keys()],
      );
      const expected = [...order].map((tap) => {
        const row = Math.floor(tap / columns);
        return placeIn(window)(
          ...[Math.floor(row / rows), row % rows, tap % columns] as const,
        );
      });
      assertEquals(placesRead(table), expected);
    }));
  });

  it("goes along columns, along rows where columns are uneven, and along many planes", () => {
    const strideOf = (window: Window) =>
      tapTable(window.size, placeIn(window)).table[2];
    const window = { plane: 1000, row: 100, columns: [0, 4, 8] };
    assertEquals(strideOf({ ...window, size: [3, 3, 3] }), 4);
    assertEquals(
      strideOf({ ...window, size: [3, 3, 3], columns: [0, 50, 4] }),
      100,
    );
    assertEquals(strideOf({ ...window, size: [16, 3, 3] }), 1000);
    assertEquals(strideOf({ ...window, size: [3, 1, 1] }), 1000);
  });

  it("leaves to themselves what does not make a three", () => {
    const { table, order } = tapTable([1, 7, 7], (_, i, j) => 90 * i + j);
    assertEquals([...table.slice(0, 3)], [49, 14, 1]);
    assertEquals(table.length, 3 + 14 + 7);
    assertEquals([...order.slice(0, 6)], [0, 1, 2, 3, 4, 5]);
    assert(order.slice(-7).every((tap) => tap % 7 === 6));
  });
});

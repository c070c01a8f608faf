// Copyright 2026 the Convlab authors. MIT license.

/**
 * The roofline of a machine, and kernels below it: how near each is to what its
 * arithmetic or the memory allows.
 *
 * @module
 */

import type { Chart, Panel } from "../figures/chart.ts";
import { displayFigure } from "../figures/display.ts";

/** What a {@linkcode rooflineOf} is drawn of. */
export interface Roofline {
  /** What it is of, such as the machine. */
  readonly title?: string | undefined;
  /** A second line. */
  readonly subtitle?: string | undefined;
  /** Bytes that go through memory, in 10⁹ a second. */
  readonly memory: number;
  /** One for each precision. */
  readonly roofs: readonly Roof[];
}

/** What is measured in one precision. */
export interface Roof {
  /** Such as `float32`. */
  readonly name: string;
  /** Floating-point operations in registers, in 10⁹ a second. */
  readonly peak: number;
  /** What was measured. */
  readonly points: readonly RooflinePoint[];
}

/** A piece of work. */
export interface RooflinePoint {
  /** What it is. */
  readonly label: string;
  /** Floating-point operations of a run. */
  readonly flops: number;
  /** Bytes that it must read or write at least. */
  readonly bytes: number;
  /** Floating-point operations, in 10⁹ a second. */
  readonly gflops: number;
}

/**
 * Describes a roofline (Williams, Waterman and Patterson, 2009): speed against
 * operations for each byte that must be moved, both logarithmic. No work whose
 * data come from memory can lie above the slanted part, and none at all above
 * the flat one; what fits into the caches may lie above the slanted part, and
 * what does fewer operations than are counted above both.
 *
 * @throws {RangeError} If there is nothing to be drawn.
 *
 * @example
 * ```ts
 * import { rooflineOf } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const { panels } = rooflineOf({
 *   memory: 10,
 *   roofs: [{
 *     name: "float32",
 *     peak: 100,
 *     points: [{ label: "convolution", flops: 4e8, bytes: 1e7, gflops: 80 }],
 *   }],
 * });
 * assertEquals(panels[0]?.series.at(-1)?.x, [40]);
 * ```
 */
export function rooflineOf(
  { title, subtitle, memory, roofs }: Roofline,
): Chart {
  const drawn = roofs.filter(({ points }) => points.length > 0);
  if (drawn.length === 0) {
    throw new RangeError(
      "Cannot draw roofline: expected at least one measurement but found none",
    );
  }
  return displayFigure({
    kind: "chart",
    ...title === undefined ? {} : { title },
    ...subtitle === undefined ? {} : { subtitle },
    panels: drawn.map((roof) => panelOf(roof, memory)),
  });
}

function panelOf({ name, peak, points }: Roof, memory: number): Panel {
  const intensities = points.map(({ flops, bytes }) => flops / bytes);
  const ridge = peak / memory;
  const left = Math.min(ridge / 4, ...intensities.map((x) => x / 1.5));
  const right = Math.max(ridge * 4, ...intensities.map((x) => x * 2));
  return {
    title: name,
    x: {
      ...{ title: "operations for a byte", unit: "FLOP/byte", scale: "log" },
      ...{ min: left, max: right },
    },
    y: {
      ...{ title: "speed", unit: "GFLOP/s", scale: "log" },
      max: 1.5 * Math.max(peak, ...points.map(({ gflops }) => gflops)),
    },
    series: [
      {
        label: `memory, ${memory.toFixed(1)} GB/s`,
        x: [left, ridge],
        y: [left * memory, peak],
        mark: "line",
        color: 1,
      },
      {
        label: `arithmetic, ${peak.toFixed(0)} GFLOP/s`,
        x: [ridge, right],
        y: [peak, peak],
        mark: "line",
        color: 2,
      },
      {
        x: intensities,
        y: points.map(({ gflops }) => gflops),
        labels: points.map(({ label }) => label),
        mark: "point",
        color: 0,
      },
    ],
  };
}

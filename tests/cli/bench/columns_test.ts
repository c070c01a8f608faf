// Copyright 2026 the Convlab authors. MIT license.

import { assertEquals, assertMatch } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { Row } from "../../../cli/bench/benchmark.ts";
import { legendOf, passLines, peakLine } from "../../../cli/bench/columns.ts";
import { profileLines } from "../../../cli/bench/profile.ts";
import { summaryLines } from "../../../cli/bench/summary.ts";

const took = (median: number) => ({ lower: 1, median, upper: 3 });

describe("passLines()", () => {
  const forward: Row = {
    ...{ name: "forward", threads: 1, milliseconds: took(2) },
    ...{ gflops: 40, ofPeak: 0.625, differences: { dx: 3e-7, dw: 1e-8 } },
  };
  const pooling: Row = {
    ...{ name: "pooling", threads: 1, milliseconds: took(1.5) },
    differences: { out: 0 },
  };

  it("has a column for what is told of any row", () => {
    assertEquals(passLines([forward, pooling]), [
      "work     ms     quartiles       GFLOP/s  of peak  difference",
      "forward  2.000  1.000 to 3.000  40.0     63 %     3.0e-7",
      "pooling  1.500  1.000 to 3.000  -        -        0",
    ]);
  });

  it("has none for what is told of no row", () => {
    const peer = {
      asInstalled: { milliseconds: took(3), ratio: 2 },
      memoryKept: { milliseconds: took(2.1), ratio: 1.4 },
    };
    const [head, line, legend, ...more] = passLines([{ ...pooling, peer }]);
    assertEquals(
      [head, line],
      [
        "work     ms     quartiles       PyTorch ms  ratio  memory kept ms  ratio  difference",
        "pooling  1.500  1.000 to 3.000  3.000       2.00   2.100           1.40   0",
      ],
    );
    assertMatch(legend!, /memory kept: in one under MALLOC_TRIM_THRESHOLD_=4/);
    assertEquals(more, []);
  });
});

describe("peakLine()", () => {
  it("tells the peak of each dtype", () => {
    assertEquals(
      peakLine({ float32: 67.24, float64: 33 }),
      "Peak of one thread: float32 67.2 GFLOP/s, float64 33.0 GFLOP/s",
    );
  });
});

describe("profileLines()", () => {
  it("tells the part of each kernel, and what is left", () => {
    const kernels = [
      { name: "conv", calls: 2, milliseconds: 3 },
      { name: "adam", calls: 6, milliseconds: 0.5 },
    ];
    assertEquals(profileLines({ name: "step", milliseconds: 4, kernels }), [
      "",
      "step",
      "  kernel           calls  ms     of the run",
      "  conv             2      3.000  75 %",
      "  adam             6      0.500  13 %",
      "  outside kernels         0.500  13 %",
    ]);
  });
});

describe("summaryLines()", () => {
  const steady = { lower: 2, median: 2, upper: 2 };
  const time = { milliseconds: steady, ratio: 1 };
  const peer = { asInstalled: time, memoryKept: { ...time, ratio: 0.5 } };
  const row: Row = { name: "forward", threads: 1, milliseconds: steady };

  it("has a line for each piece of work", () => {
    const rows = [
      { ...row, peer },
      { ...row, name: "part of peak", ofPeak: 0.85 },
      { ...row, name: "2 threads against 1", speedup: 1.9 },
    ];
    const [legend] = legendOf(rows);
    assertEquals(summaryLines(rows, "PyTorch 0.1"), [
      "work                 Convlab ms  PyTorch ms  ratio  memory kept ms  ratio",
      "forward              2.000       2.000       1.00   2.000           0.50",
      "part of peak         2.000       -           85 %   -               -",
      "2 threads against 1  2.000       -           1.90   -               -",
      legend,
      "part of peak, threads against 1: timed by themselves, in turns with what they are compared with",
    ]);
  });

  it("marks ratios of what was not steady, on either side", () => {
    const shaky = { milliseconds: took(2), ratio: 1 };
    const own = { ...row, milliseconds: took(2) };
    const rows = [
      { ...row, peer: { ...peer, asInstalled: shaky } },
      { ...row, peer: { ...peer, memoryKept: shaky } },
      { ...own, peer },
      own,
    ];
    const [, ...lines] = summaryLines(rows, undefined);
    assertEquals(lines.slice(0, 4), [
      "forward  2.000       2.000    1.00 ?  2.000           0.50",
      "forward  2.000       2.000    1.00    2.000           1.00 ?",
      "forward  2.000       2.000    1.00 ?  2.000           0.50 ?",
      "forward  2.000       -        - ?     -               -",
    ]);
    assertEquals(lines.at(-1)?.slice(0, 2), "?:");
  });
});

// Copyright 2026 the Convlab authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { afterAll, describe, it } from "@std/testing/bdd";
import {
  compareReports,
  comparisonLines,
  readReport,
} from "../../../cli/bench/compare.ts";
import { printReport } from "../../../cli/bench/report.ts";
import { describePermitted } from "../../permitted.ts";
import { fakeOutput } from "../fake_output.ts";

const took = (median: number) => ({ lower: 0, median, upper: 9 });
const machine = { cores: 2, mode: "default", deno: "2.9.6" };

describe("compareReports()", () => {
  const earlier = {
    what: "layers",
    threads: 1,
    machine: { ...machine, processor: "Old" },
    rows: [
      { name: "forward", milliseconds: took(3) },
      { name: "gone", milliseconds: took(1) },
      { name: "peak", gflops: 50 },
    ],
  };
  const now = {
    what: "layers",
    threads: 2,
    machine: { ...machine, mode: "turbo" },
    rows: [
      { name: "peak", gflops: 75 },
      { name: "forward", milliseconds: took(2) },
      { name: "new", milliseconds: took(1) },
    ],
  };
  const comparison = compareReports(earlier, now, "old.json");

  it("gives how many times faster each row is now", () => {
    assertEquals(comparison.rows, [
      { name: "peak", earlier: 50, now: 75, ratio: 1.5 },
      { name: "forward", earlier: 3, now: 2, ratio: 1.5 },
    ]);
  });

  it("says what both tell and was different", () => {
    assertEquals(comparison.differences, [
      "threads: 1 then, 2 now",
      "mode: default then, turbo now",
    ]);
  });

  it("is told as a table", () => {
    assertEquals(comparisonLines(comparison), [
      "Against old.json; a ratio above 1 is faster now",
      "  not the same threads: 1 then, 2 now",
      "  not the same mode: default then, turbo now",
      "work     earlier  now     ratio",
      "peak     50.000   75.000  1.50",
      "forward  3.000    2.000   1.50",
    ]);
  });
});

describe("printReport() beside a report of other work", () => {
  it("says so on standard error, and that it is wrong", () => {
    for (const json of [false, true]) {
      const streams = { stdout: fakeOutput(), stderr: fakeOutput() };
      const report = {
        ...{ what: "layers", threads: 1 },
        machine: {},
        rows: [],
      };
      const isRight = printReport(
        { what: "layers", threads: 1, runs: 1 },
        {
          heading: ["1 thread"],
          lines: ["a line"],
          rows: [{ name: "work", threads: 1, gflops: 1 }],
          complaints: [],
        },
        {
          ...{ json, kernels: false, ...streams },
          earlier: { file: "old.json", report },
        },
      );
      assertEquals(isRight, false);
      assertEquals(
        streams.stderr.text,
        "error: Cannot compare with old.json: expected some of the same work but found none\n",
      );
      assertEquals(streams.stdout.text.includes("old.json"), json);
    }
  });
});

describePermitted("readReport()", () => {
  const folder = Deno.makeTempDirSync();
  afterAll(() => Deno.removeSync(folder, { recursive: true }));

  it("says what is wrong with a file", () => {
    const file = join(folder, "report.json");
    const cases: [string, string][] = [
      ["{", "found no JSON"],
      ["null", "found other JSON"],
      ["[1]", "found other JSON"],
      ['{"what": "step"}', "found one of bench step"],
      ['{"what": "layers", "rows": 1}', "found an incomplete one"],
    ];
    for (const [text, found] of cases) {
      Deno.writeTextFileSync(file, text);
      assertThrows(
        () => readReport(file, "layers"),
        Error,
        `Cannot compare with ${file}: expected a report of bench layers --json but ${found}`,
      );
    }
    assertThrows(
      () => readReport(join(folder, "none.json"), "layers"),
      Error,
      "none.json: expected a file but found none",
    );
  });
});

// Copyright 2026 the Convlab authors. MIT license.

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { it } from "@std/testing/bdd";
import config from "../../../deno.json" with { type: "json" };
import { describeMpi } from "../../distributed/mpirun.ts";
import { runCli } from "../run_cli.ts";

const PERMISSIONS = config.tasks.bench.command.split(" ")
  .filter((word) => word.startsWith("--allow-"));

describeMpi("bench scaling --ranks", () => {
  it("compares two ranks with one, and tells what sums take", async () => {
    const { code, stdout, stderr } = await runCli(
      [
        ...["bench", "scaling", "--ranks", "2", "--threads", "1"],
        ...["--shape", "hidden-100", "--runs", "2", "--json"],
      ],
      PERMISSIONS,
    );
    assertEquals([code, stderr], [0, ""]);
    const { rows, costs, sums, library, complaints } = JSON.parse(stdout);
    assertEquals(complaints, []);
    assertStringIncludes(library, "Open MPI");
    const both = rows.at(-1);
    assertEquals([both.ranks, both.threads], [2, 1]);
    const [own] = rows;
    assertEquals(
      both.speedup,
      own.milliseconds.median / both.milliseconds.median,
    );
    assert(both.hidden >= 0 && both.hidden <= 1);
    assert(both.waiting > 0);
    assert(Number.isFinite(both.predicted));
    // W1, b1, W2, b2, W3 and b3.
    const parameters = 32 * 3 * 49 + 32 + 8192 * 100 + 100 + 1000 + 10;
    assertEquals(costs[0].bytes, 4 * parameters);
    assert(costs[0].window > 0);
    assertEquals(sums.length, 7);
    assert(sums.every(({ microseconds: { median } }: {
      microseconds: { median: number };
    }) => median > 0));
  });

  it("refuses numbers that are none, and other benchmarks", async () => {
    const bench = (...args: string[]) => runCli(["bench", ...args]);
    for (const ranks of ["two", "0", "1,", "1"]) {
      const { code } = await bench("scaling", "--ranks", ranks);
      assertEquals(code, 2, ranks);
    }
    const { stderr } = await bench("step", "--ranks", "2");
    assertStringIncludes(stderr, "Expected no --ranks with step");
  });
});

// Copyright 2026 the Convlab authors. MIT license.

/** The notebook's numbers in the README: those that `gradcheck` prints, to the last digit. */

import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import gradcheck from "../../cli/gradcheck.ts";
import { instructions } from "../../kernels/runtime.ts";
import { fakeOutput } from "../cli/fake_output.ts";

const README = new URL("../../README.md", import.meta.url);
/** A row of its table: cell, which number, the notebook's, and Convlab's. */
const ROW = /^\| (\d+) +\| \w+: (.+?) +\| ([-+.\de]+) +\| ([-+.\de]+) +\|$/gm;

/** What gradcheck prints as JSON, as far as it is needed here. */
interface Report {
  readonly cells: readonly {
    readonly cell: string;
    readonly checks: readonly {
      readonly name: string;
      readonly value: string;
      readonly reference: string;
    }[];
  }[];
}

// Fused multiply-add rounds once where others round twice.
const suite = instructions === "relaxed" ? describe : describe.skip;

suite("README.md", () => {
  it("has the numbers that gradcheck prints", async () => {
    const streams = { stdout: fakeOutput(), stderr: fakeOutput() };
    await gradcheck.run(["--json"], streams);
    const report: Report = JSON.parse(streams.stdout.text);
    const printed = new Map(
      report.cells.flatMap(({ cell, checks }) =>
        checks.map((check) => [`${cell}: ${check.name}`, check])
      ),
    );
    const rows = [...Deno.readTextFileSync(README).matchAll(ROW)];
    for (const [, cell, name, reference, value] of rows) {
      const check = printed.get(`${cell}: ${name}`);
      assertEquals(
        [reference, value],
        [check?.reference, check?.value],
        `cell ${cell}, ${name}`,
      );
    }
    assert(rows.length >= 20, `only ${rows.length} rows were found`);
  });
});

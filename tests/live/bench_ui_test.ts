// Copyright 2026 the Convlab authors. MIT license.

/** `bench ui` as a process. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { it } from "@std/testing/bdd";
import { runCli } from "../cli/run_cli.ts";
import { describePermitted } from "../permitted.ts";

const RUNS = new URL("../../runs/", import.meta.url);

describePermitted("bench ui", () => {
  it("compares a training that is watched with one that is not, and leaves nothing behind", async () => {
    const permissions = ["--allow-read", "--allow-write=runs"];
    const { code, stdout, stderr } = await runCli(
      ["bench", "ui", "--runs", "1", "--threads", "1", "--json"],
      [...permissions, "--allow-net=127.0.0.1"],
    );
    assertEquals(code, 0, stderr);
    const { rows, cost, workCost, ownShare } = JSON.parse(stdout);
    const names = rows.map(({ name }: { name: string }) => name);
    assertEquals(names, [
      "training iteration, without a page",
      "training iteration, watched",
    ]);
    for (const { milliseconds } of rows) assert(milliseconds.median > 0);
    // How much it is depends on what else the machine does.
    assert(Number.isFinite(cost.median) && Number.isFinite(workCost.median));
    assert(ownShare > 0 && ownShare < 1);
    const left = [...Deno.readDirSync(RUNS)].map(({ name }) => name)
      .filter((name) => name.startsWith(".bench-ui-"));
    assertEquals(left, []);
  });

  it("refuses what means nothing here", async () => {
    const { code, stderr } = await runCli(["bench", "ui", "--shape", "block2"]);
    assertEquals(code, 2);
    assertMatch(stderr, /^error: Expected no --shape with ui/);
  });
});

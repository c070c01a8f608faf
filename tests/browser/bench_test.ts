// Copyright 2026 the Convlab authors. MIT license.

/** `bench browser`, as in a fresh clone. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { it } from "@std/testing/bdd";
import { CHROMIUM } from "../chromium/launch.ts";
import { describeChromium } from "../chromium/run_script.ts";
import { Clone } from "../docs/run_guide.ts";

const BENCH = `deno task --quiet bench browser --browser ${CHROMIUM}`;

describeChromium("bench browser", () => {
  it("asks for its bundle, and then times the same steps in Deno and Chromium", async () => {
    using clone = new Clone();
    const early = await clone.run(BENCH);
    assertEquals([early.code, early.stdout.join("")], [1, ""]);
    assertStringIncludes(
      early.stderr[0] ?? "",
      "deno task build:browser makes it",
    );

    const { code, stderr } = await clone.run("deno task --quiet build:browser");
    assertEquals(code, 0, stderr.join("\n"));
    const bench = await clone.run(
      `${BENCH} --shape hidden-100 --threads 2 --runs 2 --json`,
    );
    assertEquals(bench.code, 0, bench.stderr.join("\n"));
    const { rows, browser, notes, threads } = JSON.parse(bench.stdout.join(""));
    assertStringIncludes(browser, "Chromium");
    assertEquals(notes, [
      "Results in the browser and in Deno are the same to the last bit",
    ]);
    assertEquals([threads, rows.length], [2, 1]);
    assertEquals(rows[0].name, "training step hidden-100 float32, 2 threads");
    assert(rows[0].milliseconds.median > 0);
    assert(rows[0].browser.milliseconds.median > 0);
    const left = [...Deno.readDirSync(`${clone.path}/built/bench`)];
    assertEquals(left.map(({ name }) => name), ["browser_worker.js"]);
  });
});

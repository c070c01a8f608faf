// Copyright 2026 the Convlab authors. MIT license.

/** The tables in docs/models.md, to the last digit. */

import { assert, assertEquals } from "@std/assert";
import { it } from "@std/testing/bdd";
import model from "../../cli/model.ts";
import { fakeOutput } from "../cli/fake_output.ts";
import { describePermitted } from "../permitted.ts";
import { readGuide } from "./read_guide.ts";

const GUIDE = new URL("../../docs/models.md", import.meta.url);
const COMMAND = /^deno task model (.*)$/;

describePermitted("docs/models.md", () => {
  it("shows what model summary prints, number by number", async () => {
    let tables = 0;
    for (const step of readGuide(Deno.readTextFileSync(GUIDE))) {
      if (step.kind !== "command" || step.output === undefined) continue;
      const args = step.text.match(COMMAND)?.[1];
      if (args === undefined || step.output[0]?.startsWith("error:")) continue;
      const words = [...args.matchAll(/"([^"]*)"|\S+/g)]
        .map(([word, quoted]) => quoted ?? word);
      const streams = { stdout: fakeOutput(), stderr: fakeOutput() };
      await model.run(words, streams);
      assertEquals(
        step.output.join("\n"),
        streams.stdout.text.trimEnd(),
        `line ${step.line}`,
      );
      tables++;
    }
    assert(tables >= 5);
  });
});

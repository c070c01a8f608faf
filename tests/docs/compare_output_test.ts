// Copyright 2026 the Convlab authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { difference } from "./compare_output.ts";
import { readGuide } from "./read_guide.ts";

describe("difference()", () => {
  it("takes other numbers and other spaces, but no other words", () => {
    const shown = ["0 circle   20   100.0 %  20   .   .", "in 1.5e-3 s"];
    const found = ["0 circle  20  95.0 %  19  .  1", "in 2 s"];
    assertEquals(difference(shown, found, []), undefined);
    assertEquals(
      difference(shown, [found[0]!, "in 2 min"], []),
      'expected "in 1.5e-3 s"',
    );
  });

  it("wants all of standard output, and of standard error what is shown", () => {
    assertEquals(difference(["a", "e"], ["a"], ["d", "e", "f"]), undefined);
    assertEquals(
      difference(["a"], ["a", "b"], []),
      'expected no "b", or "…"',
    );
    assertEquals(difference(["a", "g"], ["a"], ["e"]), 'expected "g"');
  });

  it("skips any lines for …, to the ones that fit best", () => {
    const found = ["epoch 1", "epoch 2", "epoch 3", "end"];
    assertEquals(difference(["…", "epoch 9", "end"], found, []), undefined);
    assertEquals(difference(["epoch 1", "…"], found, []), undefined);
    assertEquals(
      difference(["…", "end", "…", "epoch 3"], found, []) !== undefined,
      true,
    );
    assertEquals(difference(["e…"], ["epoch 1"], []), undefined);
  });
});

describe("readGuide()", () => {
  it("finds commands with what they print, files and lines of a shell", () => {
    const guide = [
      ...["# Guide", "```console", "$ a b", "1", "2", "$ c", "```", ""],
      ...["```sh", "d # why", "# e", "```", ""],
      ...["```ts ignore", "// f.ts", "g();", "```", ""],
      ...["```ts", "h();", "```", "```", "i", "```", ""],
    ].join("\n");
    assertEquals(readGuide(guide), [
      { kind: "command", text: "a b", output: ["1", "2"], line: 3 },
      { kind: "command", text: "c", output: [], line: 6 },
      { kind: "command", text: "d", output: undefined, line: 10 },
      { kind: "file", path: "f.ts", text: "g();\n", line: 15 },
    ]);
  });

  it("throws for a block that no test would run", () => {
    for (const first of ["```ts ignore", "```bash", "```sh ignore"]) {
      assertThrows(
        () => readGuide(`\n${first}\na\n\`\`\`\n`),
        SyntaxError,
        "in line 2",
      );
    }
  });
});

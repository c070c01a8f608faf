// Copyright 2026 the Convlab authors. MIT license.

import {
  assert,
  assertEquals,
  assertLessOrEqual,
  assertStringIncludes,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { commands } from "../../cli/commands.ts";
import { commandHelp, programHelp } from "../../cli/help.ts";
import { outputTo } from "../../cli/output.ts";
import { definitionList, textTable, wrap } from "../../cli/text_table.ts";
import { fakeOutput } from "./fake_output.ts";
import sample from "./sample_command.ts";

const SUMMARY = { name: "paint", summary: "Paint what was learned" };

const HELP = `\
Paint what was learned

Examples:
  deno task paint cats  Paint cats
  deno task paint cats --images a.jpg b.png -o out.svg
                        Paint these two

Usage:
  deno task paint [OPTIONS] SUBJECT [RUN-NAME]

Arguments:
  SUBJECT     What to paint (cats, dogs or filters)
  [RUN-NAME]  Folder of a run

Options:
      --batch-size N      Images in a batch (default 50)
      --threads N         Size of the team
      --offset N          Where to begin
      --learning-rate X   Step size
      --lr-decay X        Decay (default 1)
      --dtype NAME        Arithmetic (float32 or float64; default float32)
  -o, --output FILE       Result
      --images FILE FILE  Two photos of your own
      --label TEXT        A label (may be repeated)
  -j, --json              Print JSON
      --no-shuffle        Keep the order
  -h, --help              Show this help
      --debug             Show where an error comes from

The first paragraph.

The second paragraph.
`;

describe("commandHelp()", () => {
  it("shows examples first and everything in columns", () => {
    assertEquals(commandHelp(SUMMARY, sample.description, fakeOutput()), HELP);
  });

  it("keeps to the width of the terminal", () => {
    for (const columns of [50, 60, 100, 200]) {
      const page = fakeOutput({ columns });
      const help = commandHelp(SUMMARY, sample.description, page);
      const terms = help.split("\n").filter((line) => !/^ {2}\S/.test(line));
      for (const line of terms) assertLessOrEqual(line.length, columns);
      assertEquals(
        help.replaceAll(/\s+/g, " "),
        HELP.replaceAll(/\s+/g, " "),
      );
    }
  });

  it("leaves no space at the end of a line, and one line break at the end", () => {
    assert(!/[ ]$/m.test(HELP) && !/\n\n$/.test(HELP));
  });
});

describe("programHelp()", () => {
  it("lists all subcommands with what they do", () => {
    const entries = [
      { name: "gradcheck", summary: "Check gradients" },
      { name: "train", summary: "Train a network" },
    ];
    assertEquals(
      programHelp(entries, fakeOutput()),
      `\
Convlab trains, checks, measures and shows convolutional networks

Examples:
  deno task train                  Train a network on real images
  deno run cli/main.ts gradcheck   Check gradients, without any permission
  deno run cli/main.ts help train  Show what a subcommand can do

Usage:
  deno task SUBCOMMAND [OPTIONS]  With the permissions it needs
  deno run cli/main.ts SUBCOMMAND [OPTIONS]
                                  With those that you grant

Subcommands:
  gradcheck  Check gradients
  train      Train a network

Options:
  -h, --help     Show this help
  -V, --version  Show the version
      --debug    Show where an error comes from
`,
    );
  });
});

describe("commands", () => {
  for (const { name, summary, load } of commands) {
    it(`${name} describes itself consistently`, async () => {
      const { examples, options, positionals } =
        (await load()).default.description;
      const help = [
        summary,
        ...[
          ...examples,
          ...Object.values(options),
          ...Object.values(positionals),
        ]
          .map((part) => part.help),
      ];
      for (const line of help) {
        // What is of some figures or benchmarks only begins with their names.
        assert(/^([A-Z]|[a-z, ]+: ).*[^.\s]$/.test(line), `${name}: ${line}`);
      }
      assert(examples.length > 0, "there is an example");
      const aliases = Object.values(options).flatMap((o) => o.alias ?? []);
      assertEquals(new Set(aliases).size, aliases.length);
      assert(!aliases.includes("h"), "-h is for help");
      for (const [key, option] of Object.entries(options)) {
        if (option.kind === "choice" && option.default !== undefined) {
          assert(option.choices.includes(option.default), key);
        }
      }
      const places = Object.values(positionals);
      assert(places.slice(0, -1).every(({ rest }) => !rest), "rest is last");
    });
  }
});

describe("definitionList()", () => {
  it("puts long terms on a line of their own", () => {
    const long = "x".repeat(20);
    assertEquals(definitionList([["a", "first"], [long, "second"]], 30), [
      "  a  first",
      `  ${long}`,
      "     second",
    ]);
    assertEquals(definitionList([[long, "meaning"]], 30), [
      `  ${long}`,
      "      meaning",
    ]);
  });

  it("does not count colours", () => {
    const term = "\x1b[36mab\x1b[39m";
    assertEquals(definitionList([[term, "x"], ["abc", "y"]], 40), [
      `  ${term}   x`,
      "  abc  y",
    ]);
  });
});

describe("wrap()", () => {
  it("breaks between words only", () => {
    assertEquals(wrap("one two three", 7), ["one two", "three"]);
    assertEquals(wrap("incomprehensible a", 5), ["incomprehensible", "a"]);
  });
});

describe("textTable()", () => {
  it("aligns columns", () => {
    assertEquals(textTable([["a", "bb", ""], ["ccc", "d", "e"]]), [
      "a    bb",
      "ccc  d   e",
    ]);
  });
});

describe("outputTo()", () => {
  const terminal = { isTerminal: () => true, writeSync: () => 0 };
  const file = { isTerminal: () => false, writeSync: () => 0 };

  it("colours for a terminal only, and never against NO_COLOR", () => {
    assertEquals(outputTo(file).style.red("x"), "x");
    assertEquals(
      outputTo(terminal).style.red("x"),
      Deno.noColor ? "x" : "\x1b[31mx\x1b[39m",
    );
  });

  it("has 80 columns where there is no terminal", () => {
    assertEquals(outputTo(file).columns, 80);
  });

  it("writes all bytes, however few the file takes at once, full or not", () => {
    const bytes: number[] = [];
    let calls = 0;
    const output = outputTo({
      isTerminal: () => false,
      writeSync(chunk) {
        if (++calls % 2 === 0) throw new Deno.errors.WouldBlock("full");
        bytes.push(...chunk.subarray(0, 2));
        return Math.min(2, chunk.length);
      },
    });
    output.line("größer");
    assertStringIncludes(
      new TextDecoder().decode(new Uint8Array(bytes)),
      "größer\n",
    );
  });
});

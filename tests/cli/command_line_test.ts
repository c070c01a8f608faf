// Copyright 2026 the Convlab authors. MIT license.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { describe, it } from "@std/testing/bdd";
import config from "../../deno.json" with { type: "json" };
import { defineCommand } from "../../cli/command.ts";
import type { CommandEntry } from "../../cli/commands.ts";
import { endingOf, Interrupted } from "../../cli/exit.ts";
import { runCommandLine } from "../../cli/command_line.ts";
import { fakeOutput } from "./fake_output.ts";
import sample from "./sample_command.ts";

/** Runs the command line with two subcommands: `paint`, and `fail`, which throws. */
async function run(args: string[], thrown?: unknown) {
  const fail = defineCommand({
    examples: [],
    positionals: {},
    options: {},
    run() {
      throw thrown;
    },
  });
  const commands: CommandEntry[] = [
    {
      name: "paint",
      summary: "Paint what was learned",
      load: () => Promise.resolve({ default: sample }),
    },
    {
      name: "fail",
      summary: "Fail",
      load: () => Promise.resolve({ default: fail }),
    },
  ];
  const stdout = fakeOutput();
  const stderr = fakeOutput();
  const code = await runCommandLine(args, { commands, stdout, stderr });
  return { code, stdout: stdout.text, stderr: stderr.text };
}

describe("runCommandLine()", () => {
  it("runs a subcommand with its arguments", async () => {
    const { code, stdout, stderr } = await run(["paint", "cats", "-j"]);
    assertEquals(code, 0);
    assertEquals(JSON.parse(stdout).given, ["json"]);
    assertEquals(stderr, "");
  });

  it("shows the help of the program", async () => {
    const { code, stdout } = await run(["--help"]);
    assertEquals(code, 0);
    assertMatch(stdout, /\n {2}paint {2}Paint what was learned\n/);
    for (const args of [[], ["-h"], ["help"], ["help", "--help"]]) {
      assertEquals(await run(args), { code: 0, stdout, stderr: "" });
    }
  });

  it("shows the help of a subcommand, whatever else is typed", async () => {
    const { code, stdout } = await run(["help", "paint"]);
    assertEquals(code, 0);
    assertMatch(stdout, /^Paint what was learned\n\nExamples:\n/);
    for (
      const args of [
        ["paint", "--help"],
        ["paint", "-h"],
        ["paint", "--wrong", "-h"],
        ["--help", "paint"],
      ]
    ) {
      assertEquals(await run(args), { code: 0, stdout, stderr: "" });
    }
  });

  it("leaves alone what follows --", async () => {
    const { stdout } = await run(["paint", "--", "cats", "--help"]);
    assertEquals(JSON.parse(stdout).positionals.runName, "--help");
  });

  it("shows the version", async () => {
    for (const flag of ["--version", "-V"]) {
      const { code, stdout } = await run([flag]);
      assertEquals(code, 0);
      assert(stdout.startsWith(`convlab ${config.version} (deno `), stdout);
    }
  });

  it("refuses unknown subcommands and options with one line and exit code 2", async () => {
    const see = "(see deno run cli/main.ts --help)";
    const cases = {
      piant: `Unknown subcommand "piant": did you mean "paint"? ${see}`,
      walk: `Unknown subcommand "walk" ${see}`,
      "--verison":
        `Unknown option "--verison": did you mean "--version"? ${see}`,
    };
    for (const [word, line] of Object.entries(cases)) {
      const expected = { code: 2, stdout: "", stderr: `error: ${line}\n` };
      assertEquals(await run([word]), expected);
      if (!word.startsWith("-")) {
        assertEquals(await run(["help", word]), expected);
      }
    }
  });

  it("refuses wrong arguments with one line and exit code 2", async () => {
    assertEquals(await run(["paint", "cats", "--batch-size", "0"]), {
      code: 2,
      stdout: "",
      stderr:
        'error: Expected --batch-size to be an integer of at least 1 but found "0" (see deno task paint --help)\n',
    });
  });

  it("reports any other error with one line and exit code 1", async () => {
    const cases: [thrown: unknown, line: string][] = [
      [new RangeError("Cannot count\nto infinity"), "Cannot count"],
      [new Error(), "Error"],
      ["a string", "a string"],
      [undefined, "undefined"],
    ];
    for (const [thrown, line] of cases) {
      assertEquals(await run(["fail"], thrown), {
        code: 1,
        stdout: "",
        stderr: `error: ${line}\n`,
      });
    }
  });

  it("shows where an error comes from with --debug", async () => {
    const error = new Error("Cannot go on", { cause: new Error("Lost") });
    for (const args of [["fail", "--debug"], ["--debug", "fail"]]) {
      const { code, stderr } = await run(args, error);
      assertEquals(code, 1);
      assertMatch(stderr, /^error: Cannot go on\n/);
      assertMatch(stderr, /Error: Cannot go on\n +at .*command_line_test\.ts/);
      assertMatch(stderr, /\[cause\]: Error: Lost\n/);
    }
  });

  it("says what to do about a missing permission", async () => {
    const error = new Deno.errors.NotCapable(
      'Requires net access to "example.com:80", run again with the --allow-net flag',
    );
    const { code, stderr } = await run(["fail"], error);
    assertEquals(code, 1);
    assertEquals(
      stderr,
      'error: Cannot go on without net access to "example.com:80": add --allow-net after "deno run", or run "deno task fail"\n',
    );
  });

  it("says where a task may write, if a file is to be elsewhere", () => {
    const refused = (path: string) =>
      new Deno.errors.NotCapable(
        `Requires write access to "${path}", run again with the --allow-write flag`,
      );
    const inside = join(Deno.cwd(), "out");
    const outside = join(Deno.cwd(), "..", "out");
    for (
      const [command, path, remedy] of [
        [
          ...["export", outside] as const,
          '"deno task export" writes below the folder that it is started in, so name a place there, or add --allow-write after "deno run"',
        ],
        [
          ...["export", inside] as const,
          'add --allow-write after "deno run", or run "deno task export"',
        ],
        // Its task may write anywhere.
        [
          ...["data", outside] as const,
          'add --allow-write after "deno run", or run "deno task data"',
        ],
      ] as const
    ) {
      const { line, code } = endingOf(refused(path), command);
      assertEquals(code, 1);
      assertEquals(
        line,
        `Cannot go on without write access to "${path}": ${remedy}`,
      );
    }
  });

  it("says what to do where the kernels' memory is full", () => {
    const { code, line } = endingOf(
      new RangeError("Cannot allocate 1.87 GiB: the memory is full"),
      "train",
    );
    assertEquals(code, 1);
    assertEquals(
      line,
      "Cannot allocate 1.87 GiB: the memory is full; a smaller --batch-size, or a smaller network, needs less",
    );
  });

  it("ends with 130 after Ctrl-C and quietly after a broken pipe", async () => {
    assertEquals(await run(["fail"], new Interrupted("Interrupted")), {
      code: 130,
      stdout: "",
      stderr: "Interrupted\n",
    });
    assertEquals(await run(["fail"], new Deno.errors.BrokenPipe("gone")), {
      code: 141,
      stdout: "",
      stderr: "",
    });
  });

  it("ends as it should where nobody reads standard error", async () => {
    const stderr = {
      ...fakeOutput(),
      line() {
        throw new Deno.errors.BrokenPipe("gone");
      },
    };
    assertEquals(await runCommandLine(["walk"], { stderr }), 2);
  });
});

// Copyright 2026 the Convlab authors. MIT license.

import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { it } from "@std/testing/bdd";
import { commands } from "../../cli/commands.ts";
import { runCommandLine } from "../../cli/command_line.ts";
import { fakeOutput } from "./fake_output.ts";
import { type Ended, runCli } from "./run_cli.ts";
import { describePermitted } from "../permitted.ts";

/** Asserts wrong usage: exit code 2, one line on standard error, nothing else. */
function assertUsage({ code, stdout, stderr }: Ended, message: string): void {
  assertEquals([code, stdout], [2, ""]);
  assertStringIncludes(stderr, message);
  assertEquals(stderr.trimEnd().split("\n").length, 1, stderr);
}

/** The same in this process, which takes less time. */
async function runHere(args: readonly string[]): Promise<Ended> {
  const [stdout, stderr] = [fakeOutput(), fakeOutput()];
  const code = await runCommandLine(args, { stdout, stderr });
  return { code, stdout: stdout.text, stderr: stderr.text };
}

describePermitted("convlab as a process, with no permission", () => {
  it("shows the subcommands with --help, help and no arguments", async () => {
    for (const args of [["--help"], ["help"], []]) {
      const { code, stdout, stderr } = await runCli(args);
      assertEquals([code, stderr], [0, ""]);
      for (const { name, summary } of commands) {
        assertStringIncludes(stdout, name);
        assertStringIncludes(stdout, summary);
      }
    }
  });

  it("shows a subcommand's help, examples first, within 80 columns", async () => {
    for (const { name } of commands) {
      const { code, stdout } = await runCli([name, "--help"]);
      assertEquals(code, 0);
      assert(stdout.indexOf("Examples:") < stdout.indexOf("Usage:"));
      assertStringIncludes(stdout, `deno task ${name}`);
      for (const line of stdout.split("\n")) assert(line.length <= 80, line);
      assertEquals((await runHere(["help", name])).stdout, stdout);
    }
  });

  it("shows its version", async () => {
    const { stdout } = await runCli(["--version"]);
    assertMatch(stdout, /^convlab \d+\.\d+\.\d+ \(deno /);
  });

  it("suggests what was meant, with exit code 2", async () => {
    assertUsage(await runCli(["trian"]), 'Unknown subcommand "trian"');
    assertUsage(await runCli(["gradchek"]), 'did you mean "gradcheck"?');
    assertUsage(
      await runCli(["train", "--epoch", "3"]),
      'did you mean "--epochs"?',
    );
    assertUsage(await runCli(["gradcheck", "pol"]), 'did you mean "pool"?');
    assertUsage(await runCli(["visualize", "filtres"]), "filters");
  });

  it("names the option, what was expected and what was found", async () => {
    const cases: [string[], string][] = [
      [
        ["train", "--epochs", "0"],
        'Expected --epochs to be an integer of at least 1 but found "0"',
      ],
      [["train", "--learning-rate=-1"], "--learning-rate"],
      [["train", "--dtype", "f32"], "float32 or float64"],
      [
        ["train", "--filter-size", "4"],
        "Expected --filter-size to be odd but found 4",
      ],
      [
        ["train", "--as-documented", "--epochs", "2"],
        "Expected no --epochs with --as-documented",
      ],
      [
        ["train", "--as-documented", "--dataset", "fashion-mnist"],
        "Expected --dataset cifar10",
      ],
      [["bench", "--threads", "0"], "--threads"],
      [["bench", "extra"], "extra"],
      [["visualize"], "Expected an argument FIGURE but found none"],
      [["visualize", "curves"], "Expected RUN [RUN…] after curves"],
      [["visualize", "saliency", "a"], "Expected RUN IMAGE after saliency"],
      [["visualize", "filters", "a", "b"], "Expected RUN alone after filters"],
      [["visualize", "convolve", "a"], "photos are given by --images"],
      [
        ["visualize", "filters", "a", "--class", "cat"],
        "Expected no --class with visualize filters",
      ],
      [
        ["visualize", "convolve", "-o", "a.gif"],
        "Expected a.gif to end in .png, .svg or .html",
      ],
      [
        ["visualize", "convolve", "--images", "one.png"],
        "Expected 2 values for --images but found 1",
      ],
      [
        ["gradcheck", "conv", "--module", "a.ts"],
        "Expected no topics with --module",
      ],
      [
        ["overfit", "--output", "a.pdf"],
        "Expected a.pdf to end in .png or .svg",
      ],
    ];
    for (const [args, message] of cases) {
      assertUsage(await runHere(args), message);
    }
  });

  it("says in one line which permission is missing, and shows more with --debug", async () => {
    const { code, stdout, stderr } = await runCli([
      "train",
      "--dataset",
      "fashion-mnist",
    ]);
    assertEquals([code, stdout], [1, ""]);
    assertStringIncludes(stderr, "--allow-read");
    assertEquals(stderr.trimEnd().split("\n").length, 1);
    const debug = await runCli([
      "train",
      "--dataset",
      "fashion-mnist",
      "--debug",
    ]);
    assertStringIncludes(debug.stderr, "    at ");
  });
});

// Copyright 2026 the Convlab authors. MIT license.

/** The layers in an engine that joins vectors, with bounds checks and without. */

import { assertEquals, assertMatch } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { it } from "@std/testing/bdd";
import { TextLineStream, toText } from "@std/streams";
import { cliCommand, noData, trainingPermissions } from "../cli/run_cli.ts";
import { runScript } from "../data/run_script.ts";
import { describePermitted } from "../permitted.ts";

const ROOT = fromFileUrl(new URL("../..", import.meta.url));

/** Those of `deno task bench:turbo`. */
const FLAGS =
  "--v8-flags=--experimental-wasm-revectorize,--no-wasm-bounds-checks";

/** Those with which bounds are checked. */
const CHECKED = "--v8-flags=--experimental-wasm-revectorize";

/** Prints which mode and tiles were found to be the faster ones. */
const SCRIPT = `
import { kernelReport, settleTileWidth, tileWidth } from "./kernels/runtime.ts";
settleTileWidth(true);
console.log(kernelReport().mode, tileWidth());
`;

/** How often the script may find otherwise, disturbed by whatever else runs here. */
const TRIES = 5;

/** Runs the script until it finds this mode: what it found last. */
async function findMode(expected: string, flags: string[]): Promise<string> {
  for (let left = TRIES;; left--) {
    const { code, stdout, stderr } = await runScript(SCRIPT, { flags });
    assertEquals({ code, stderr }, { code: 0, stderr: "" });
    const mode = stdout.trim();
    if (mode === expected || left === 1) return mode;
  }
}

/** What keeps wide tiles from being faster here for certain, if anything does. */
function obstacle(): string | undefined {
  if (Deno.build.arch !== "x86_64") return "the processor is no x64";
  try {
    // Deno itself reads this file with all permissions only.
    const { code } = new Deno.Command("grep", {
      args: ["-qw", "avx2", "/proc/cpuinfo"],
      stderr: "null",
    }).outputSync();
    if (code < 2) return code === 0 ? undefined : "the processor has no AVX2";
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return "nothing tells whether the processor has AVX2";
}

describePermitted("the kernels with the flags of deno task bench:turbo", () => {
  /** Asserts that the layers' tests pass with these arguments of `deno test`. */
  async function assertPass(...more: string[]): Promise<void> {
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["test", "--quiet", "--no-check", "--no-lock", "--no-prompt"],
        ...[...more, "tests/layers/wide_test.ts"],
      ],
      cwd: ROOT,
      env: { NO_COLOR: "1" },
    }).output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    assertEquals(code, 0, `${text(stdout)}${text(stderr)}`);
    assertMatch(text(stdout), /^ok \| [1-9]\d* passed .* 0 failed/m);
  }

  // All code optimised from the start, and not only what runs for long: without
  // that no vectors are joined.
  it("pass the tests of layers with wide tiles", async () => {
    await assertPass(`${FLAGS},--no-liftoff`, "tests/layers/wide_threads.ts");
  });

  it("give the same bytes with joined tiles where bounds are checked", async () => {
    await assertPass(`${CHECKED},--no-liftoff`, "--filter=/^wide/");
  });

  const missing = obstacle();
  const test = missing === undefined ? it : it.skip;
  const note = missing === undefined ? "" : ` (skipped: ${missing})`;
  test(`settleTileWidth() finds wide tiles faster, joined ones with bounds checks, and narrow ones without the flags${note}`, async () => {
    for (
      const [expected, flags] of [
        ["turbo wide", [FLAGS]],
        ["wide joined", [CHECKED]],
        ["default narrow", []],
      ] as const
    ) assertEquals(await findMode(expected, [...flags]), expected);
  });

  test(`a training that is stopped before it has found out names its task all the same${note}`, async () => {
    const folder = Deno.makeTempDirSync();
    try {
      let hint = "";
      for (let left = TRIES; left > 0 && !hint.includes(":wide"); left--) {
        const child = cliCommand(
          [
            ...["train", "--dataset", "fashion-mnist", "--epochs", "100"],
            ...["--model", "conv4-relu pool fc10", "--num-training", "2000"],
            ...["--runs-dir", folder, "--name", `stopped${left}`],
          ],
          [CHECKED, ...trainingPermissions(folder)],
          noData(folder),
        ).spawn();
        const lines = child.stdout.pipeThrough(new TextDecoderStream())
          .pipeThrough(new TextLineStream());
        for await (const line of lines) {
          if (line.startsWith("(Epoch 0")) child.kill("SIGINT");
        }
        hint = await toText(child.stderr);
        await child.status;
      }
      assertMatch(hint, /; go on with: deno task train:wide --resume /);
    } finally {
      Deno.removeSync(folder, { recursive: true });
    }
  });
});

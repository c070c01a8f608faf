// Copyright 2026 the Convlab authors. MIT license.

/** `bench`: what it takes, what it prints, and how it ends. */

import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { join } from "@std/path";
import { afterAll, describe, it } from "@std/testing/bdd";
import type { Row } from "../../cli/bench/benchmark.ts";
import { MEMORY_KEPT } from "../../cli/bench/peer.ts";
import { runCommandLine } from "../../cli/command_line.ts";
import { runScript } from "../data/run_script.ts";
import { describePermitted } from "../permitted.ts";
import { fakePython, isRunning, processesOf } from "./bench/fake_python.ts";
import { fakeOutput } from "./fake_output.ts";
import { cliCommand } from "./run_cli.ts";

/** Runs `bench` in this process. */
async function bench(...args: string[]) {
  const stdout = fakeOutput();
  const stderr = fakeOutput();
  const code = await runCommandLine(["bench", ...args], { stdout, stderr });
  return { code, stdout: stdout.text, stderr: stderr.text };
}

describe("bench, given wrong arguments", () => {
  const cases: [args: string[], message: string][] = [
    [["layer"], 'Unknown benchmark "layer": did you mean "layers"?'],
    [["x"], "Expected BENCHMARK to be document, layers, step"],
    [["layers", "--runs", "0"], "--runs to be an integer of at least 1"],
    [["layers", "--shape", "blok2"], 'did you mean "block2"?'],
    [["step", "--shape", "block2"], "to be hidden-100 or hidden-500 with step"],
    [["--shape", "document"], "Expected no --shape with document"],
    [["scaling", "--peer", "python3"], "Expected no --peer with scaling"],
    [["layers", "--profile"], "Expected no --profile with layers"],
    [["summary", "--dtype", "float32", "--peer", "p"], "Expected no --dtype"],
    [["summary"], "Expected --peer PYTHON with summary"],
    [["step", "--browser", "chromium"], "Expected no --browser with step"],
    [["browser", "--profile"], "Expected no --profile with browser"],
  ];
  for (const [args, message] of cases) {
    it(`says so: ${args.join(" ")}`, async () => {
      const { code, stdout, stderr } = await bench(...args);
      assertEquals([code, stdout], [2, ""], stderr);
      assertStringIncludes(stderr, message);
      assertMatch(stderr, /^error: [^\n]+\n$/);
    });
  }
});

describePermitted("bench", () => {
  const folder = Deno.makeTempDirSync();
  afterAll(() => Deno.removeSync(folder, { recursive: true }));
  const quick = ["--runs", "1", "--threads", "1", "--json"];
  const names = (rows: Row[]) => rows.map(({ name }) => name);

  it("layers tells of each pass, beside what an earlier report tells", async () => {
    const file = join(folder, "earlier.json");
    const name = "convolution forward document float32";
    Deno.writeTextFileSync(
      file,
      JSON.stringify({
        ...{ what: "layers", threads: 7, machine: { cores: -1 } },
        rows: [{ name, milliseconds: { lower: 1, median: 1e6, upper: 2e6 } }],
      }),
    );
    const { code, stdout, stderr } = await bench(
      ...["layers", "--shape", "document", "--dtype", "float32"],
      ...["--kernels", "--compare", file, ...quick],
    );
    assertEquals([code, stderr], [0, ""]);
    const report = JSON.parse(stdout);
    assertEquals([report.what, report.threads, report.runs], ["layers", 1, 1]);
    assertEquals(report.machine.mode, report.mode);
    assertEquals(names(report.rows), [
      name,
      "convolution backward document float32",
      "max-pooling forward document float32",
      "max-pooling backward document float32",
    ]);
    const [forward, , pooling] = report.rows;
    const { lower, median, upper } = forward.milliseconds;
    assert(0 < lower && lower <= median && median <= upper);
    assertEquals(forward.gflops, 34_560_000 / median / 1e6);
    assertEquals(forward.ofPeak, forward.gflops / report.peaks.float32);
    assert(forward.differences.out < 1e-5);
    assertEquals([pooling.gflops, pooling.differences], [undefined, {
      out: 0,
    }]);
    assertEquals(report.comparison.rows, [
      { name, earlier: 1e6, now: median, ratio: 1e6 / median },
    ]);
    assertEquals(
      report.comparison.differences[0],
      "threads: 7 then, 1 now",
    );
    assert(
      report.kernels.some((k: { kernel: string }) =>
        k.kernel.startsWith("f32_conv2d_forward")
      ),
    );
  });

  it("step tells of each network, and of its kernels", async () => {
    const step = await bench(
      ...["step", "--shape", "hidden-100", "--profile"],
      ...quick,
    );
    assertEquals([step.code, step.stderr], [0, ""]);
    const { rows, profiles: [profile] } = JSON.parse(step.stdout);
    assertEquals(profile.name, rows[0].name);
    assert(
      profile.kernels.some(({ name }: { name: string }) => name === "f32_adam"),
    );
    assertEquals(names(rows), ["training step hidden-100 float32"]);
    assert(rows[0].differences.dW1 < 1e-4);
  });

  it("peak tells of arithmetic and of memory", async () => {
    const { code, stdout } = await bench(
      "peak",
      "--dtype",
      "float64",
      ...quick,
    );
    assertEquals(code, 0);
    const { rows } = JSON.parse(stdout);
    assertEquals(names(rows), [
      "multiply-add float64, 1 thread",
      "memory read, 1 thread",
      "memory copy, 1 thread",
    ]);
    assert(rows[0].gflops > 0 && rows[1].gigabytesPerSecond > 0);
  });

  it("summary sets each pass beside the peer, as installed and with memory kept", async () => {
    const python = fakePython(folder, "steady");
    const args = ["summary", "--shape", "document", "--peer", python];
    const { code, stdout, stderr } = await bench(...args, ...quick);
    assertEquals([code, stderr], [0, ""]);
    const { peer, rows } = JSON.parse(stdout);
    assertEquals(peer, {
      ...{ name: "PyTorch 0.1", blas: "openblas", memoryKept: MEMORY_KEPT },
    });
    assertEquals(names(rows), [
      "convolution forward document float32, 1 thread",
      "convolution backward document float32, 1 thread",
      "convolution forward document float64, 1 thread",
      "convolution backward document float64, 1 thread",
      "max-pooling forward document float32, 1 thread",
      "max-pooling forward document float64, 1 thread",
    ]);
    for (const { milliseconds, peer } of rows) {
      const { asInstalled, memoryKept } = peer;
      assertEquals(asInstalled.milliseconds.median, 1e6);
      assertEquals(asInstalled.ratio, 1e6 / milliseconds.median);
      assertEquals(memoryKept.milliseconds.median, 5e5);
      assertEquals(memoryKept.ratio, 5e5 / milliseconds.median);
    }
    assertEquals(processesOf(python).length, 1 + rows.length);
    assert(!processesOf(python).some(isRunning));
  });

  it("ends with exit code 1 and one line where the peer cannot be had", async () => {
    const layers = ["layers", "--shape", "overlapping", "--peer"];
    for (const name of ["withoutTorch", "dying"] as const) {
      const { code, stdout, stderr } = await bench(
        ...[...layers, fakePython(folder, name), ...quick],
      );
      assertEquals([code, stdout], [1, ""]);
      assertMatch(stderr, /^error: Cannot [^\n]+\n$/);
    }
  });

  it("says which permission the peer needs", async () => {
    const { code, stderr } = await cliCommand(
      ["bench", "summary", "--peer", "python3"],
    ).output();
    assertEquals(code, 1);
    assertEquals(
      new TextDecoder().decode(stderr),
      'error: Cannot time PyTorch without permission to run python3: add --allow-run=python3 after "deno run"\n',
    );
  });

  for (
    const [name, file, when] of [
      ["hanging", "pids", "while it starts"],
      ["stuck", "asked", "while it times"],
    ] as const
  ) {
    it(`ends the peer with itself after Ctrl-C ${when}`, async () => {
      const python = fakePython(folder, name);
      const process = cliCommand(
        ["bench", "layers", "--shape", "overlapping", "--peer", python],
        [`--allow-run=${python}`],
      ).spawn();
      await written(`${python}.${file}`);
      process.kill("SIGINT");
      const { code, stderr } = await process.output();
      assertEquals(code, 130);
      assertEquals(new TextDecoder().decode(stderr), "Interrupted\n");
      assert(!processesOf(python).some(isRunning), "the peer is still running");
    });
  }

  it("says which results are wrong, and ends with exit code 1", async () => {
    // What is copied to where kernels work is not what naive loops see.
    const { code, stdout, stderr } = await runScript(`
      import { main } from "./cli/main.ts";
      const { set } = Float32Array.prototype;
      Float32Array.prototype.set = function (...args) {
        set.call(this, ...args);
        this[0] += 5;
      };
      Deno.exit(await main([
        ...["bench", "layers", "--shape", "overlapping"],
        ...["--dtype", "float32", "--threads", "1"],
      ]));
    `);
    assertEquals(code, 1);
    assertMatch(stdout, /^1 thread, \w+ multiply-add, \w+ mode\n$/);
    assertMatch(
      stderr,
      /^max-pooling backward overlapping float32: expected dx within 1e-5 of the naive one but found \d\.\de-1$/m,
    );
  });
});

/** The text of a file, once there is one. */
async function written(path: string): Promise<string> {
  for (let i = 0; i < 1000; i++) {
    try {
      const text = Deno.readTextFileSync(path).trim();
      if (text !== "") return text;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`${path} is not written`);
}

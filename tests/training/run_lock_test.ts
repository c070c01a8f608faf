// Copyright 2026 the Convlab authors. MIT license.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { TextLineStream } from "@std/streams";
import { afterAll, it } from "@std/testing/bdd";
import { RunFolder } from "../../training/run_folder.ts";
import { describePermitted } from "../permitted.ts";

const MODULE = new URL("../../training/run_folder.ts", import.meta.url).href;

/** A process that locks the run, says so, and waits to be killed. */
async function lockingProcess(run: RunFolder) {
  const code = `
    import { RunFolder } from ${JSON.stringify(MODULE)};
    const lock = RunFolder.open(${JSON.stringify(run.path)}, ".").lock();
    console.log("locked");
    setInterval(() => {}, 1000);`;
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "-"],
    cwd: new URL("../..", import.meta.url),
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const stdin = process.stdin.getWriter();
  await stdin.write(new TextEncoder().encode(code));
  await stdin.close();
  const lines = process.stdout.pipeThrough(new TextDecoderStream())
    .pipeThrough(new TextLineStream()).getReader();
  assertEquals((await lines.read()).value, "locked");
  return { process, lines };
}

describePermitted("RunFolder.lock()", () => {
  const runs = Deno.makeTempDirSync();
  afterAll(() => Deno.removeSync(runs, { recursive: true }));
  const newRun = (name: string) => {
    const run = RunFolder.create(runs, name);
    run.writeConfig({});
    return run;
  };
  const namesIn = (path: string) =>
    [...Deno.readDirSync(path)].map(({ name }) => name).sort();

  it("locks until it is disposed of, and leaves nothing", () => {
    const run = newRun("disposed");
    assert(!run.isLocked());
    const lock = run.lock();
    assert(run.isLocked());
    assert(run.isLocked());
    assertThrows(
      () => RunFolder.open("disposed", runs).lock(),
      Error,
      `Cannot work in ${run.path}: process ${Deno.pid} is training there`,
    );
    lock[Symbol.dispose]();
    assert(!run.isLocked());
    assertEquals(namesIn(run.path), ["config.json"]);
    run.lock()[Symbol.dispose]();
  });

  it("ends with its process, also by SIGKILL", async () => {
    const run = newRun("killed");
    const { process, lines } = await lockingProcess(run);
    assert(run.isLocked());
    assertThrows(
      () => run.lock(),
      Error,
      `process ${process.pid} is training there`,
    );
    process.kill("SIGKILL");
    await process.status;
    await lines.cancel();
    assert(!run.isLocked());
    using _lock = run.lock();
    assert(run.isLocked());
  });

  it("takes no notice of a file that nobody holds", () => {
    const run = newRun("stale");
    Deno.writeTextFileSync(join(run.path, ".lock"), "1");
    assert(!run.isLocked());
    using _lock = run.lock();
    assertEquals(
      Deno.readTextFileSync(join(run.path, ".lock")),
      String(Deno.pid),
    );
  });

  it("removes what a killed process left half written", () => {
    const run = newRun("leftovers");
    const temporary = () => `.config.json.${crypto.randomUUID()}.tmp`;
    const folder = join(run.path, "checkpoints");
    Deno.mkdirSync(folder);
    for (const path of [run.path, folder]) {
      Deno.writeTextFileSync(join(path, temporary()), "half");
      Deno.writeTextFileSync(join(path, "own.tmp"), "whole");
    }
    run.lock()[Symbol.dispose]();
    assertEquals(namesIn(run.path), ["checkpoints", "config.json", "own.tmp"]);
    assertEquals(namesIn(folder), ["own.tmp"]);
  });

  it("names no process where somebody else holds the file", () => {
    const run = newRun("asked");
    const path = join(run.path, ".lock");
    Deno.writeTextFileSync(path, "");
    const asking = Deno.openSync(path);
    assert(asking.tryLockSync(false));
    assertThrows(() => run.lock(), Error, "process (unknown)");
    asking.close();
    run.lock()[Symbol.dispose]();
  });
});

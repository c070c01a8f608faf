// Copyright 2026 the Convlab authors. MIT license.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { afterEach, beforeEach, it } from "@std/testing/bdd";
import { Interrupted, UsageError } from "../../cli/exit.ts";
import { deleteRuns } from "../../cli/runs/delete.ts";
import { RunFolder } from "../../training/run_folder.ts";
import { describePermitted } from "../permitted.ts";
import { fakeOutput } from "./fake_output.ts";
import { runCli, trainingPermissions } from "./run_cli.ts";

describePermitted("runs delete", () => {
  let folder = "";
  beforeEach(() => folder = Deno.makeTempDirSync());
  afterEach(() => Deno.removeSync(folder, { recursive: true }));

  const create = (name: string) => {
    const run = RunFolder.create(folder, name);
    run.writeConfig({ command: "train", started: "2026-01-01T00:00:00Z" });
    run.log("line");
    Deno.mkdirSync(join(run.path, "checkpoints"));
    Deno.writeTextFileSync(join(run.path, "checkpoints", "1"), "1234");
    return run;
  };
  const names = () => [...Deno.readDirSync(folder)].map(({ name }) => name);
  const call = (
    runs: RunFolder[],
    { ask, yes = false, json = false, typed }: {
      ask?: (question: string) => boolean;
      yes?: boolean;
      json?: boolean;
      typed?: string;
    },
  ) => {
    const stdout = fakeOutput();
    deleteRuns(
      runs.map((run) => ({ run, typed: typed ?? run.name })),
      { ask, yes, json },
      { stdout, stderr: fakeOutput() },
    );
    return stdout.text;
  };

  it("deletes what is named once the answer is yes, and nothing else", () => {
    const [a, b] = [create("a"), create("b")];
    create("ab");
    const questions: string[] = [];
    const ask = (question: string) => {
      questions.push(question);
      return questions.length > 1;
    };
    assertThrows(() => call([a, b], { ask }), Interrupted, "Nothing was");
    assertEquals(names().sort(), ["a", "ab", "b"]);
    assertEquals(
      call([a, b, a], { ask }),
      `Deleted ${a.path}\nDeleted ${b.path}\n`,
    );
    assertEquals(names(), ["ab"]);
    const bytes = 2 * (5 + 4 + 62);
    assertEquals(
      questions[1],
      `Delete 2 runs (${a.path}, ${b.path}; ${bytes} B) for good?`,
    );
  });

  it("wants --yes where nobody can be asked", async () => {
    create("a");
    const args = ["runs", "delete", "a", "--runs-dir", folder];
    const refused = await runCli(args, trainingPermissions(folder));
    assertEquals([refused.code, refused.stdout], [2, ""]);
    assertEquals(
      refused.stderr,
      "error: Expected --yes with delete, as nobody is there to be asked (see deno task runs --help)\n",
    );
    const { code, stdout } = await runCli(
      [...args, "--yes", "--json"],
      trainingPermissions(folder),
    );
    assertEquals(code, 0);
    assertEquals(JSON.parse(stdout), [
      { name: "a", path: join(folder, "a"), bytes: 5 + 4 + 62 },
    ]);
    assertEquals(names(), []);
  });

  it("refuses a run in use, part of a name, a link, and what is no run; then all stay", () => {
    const good = create("good");
    const busy = create("busy");
    {
      using _lock = busy.lock();
      assertThrows(
        () => call([good, busy], { yes: true }),
        Error,
        "a process is training there",
      );
    }
    assertThrows(
      () => call([good], { yes: true, typed: "goo" }),
      Error,
      'expected the whole name of a run, which may be "good"',
    );
    const project = create("project");
    Deno.mkdirSync(join(project.path, "src"));
    assertThrows(
      () => call([good, project], { yes: true }),
      Error,
      "expected no folder within a run but checkpoints but found",
    );
    const other = create("other");
    other.writeConfig({ compilerOptions: {} });
    assertThrows(
      () => call([good, other], { yes: true }),
      Error,
      "expected the config.json of a run",
    );
    Deno.symlinkSync(good.path, join(folder, "link"));
    const link = RunFolder.open("link", folder);
    assertThrows(
      () => call([link], { yes: true }),
      Error,
      "expected a folder but found a link to one",
    );
    for (const name of ["good", "busy", "project", "other", "link"]) {
      assert(names().includes(name), name);
    }
    assertThrows(() => call([good], {}), UsageError);
  });
});

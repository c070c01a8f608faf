// Copyright 2026 the Convlab authors. MIT license.

/** Files that are missing, damaged or in the way, met by subcommands as processes. */

import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { join } from "@std/path";
import { afterAll, beforeAll, it } from "@std/testing/bdd";
import { FILE_BYTES, makeCifar10, poke } from "../data/make_cifar10.ts";
import { runScript } from "../data/run_script.ts";
import { describePermitted } from "../permitted.ts";
import { type Ended, noData, runCli, trainingPermissions } from "./run_cli.ts";

/** Asserts a failure that is told in one line, before anything is trained or drawn. */
function assertFailure({ code, stdout, stderr }: Ended, message: string): void {
  assertEquals([code, stdout], [1, ""], stderr);
  assertMatch(stderr, /^error: [^\n]+\n$/);
  assertStringIncludes(stderr, message);
}

describePermitted("the subcommands, given wrong files", () => {
  let folder = "";
  let runs = "";
  const path = (...names: string[]) => join(folder, ...names);
  const run = (args: string[], env: Record<string, string> = noData(folder)) =>
    runCli(
      [...args, "--runs-dir", runs],
      trainingPermissions(folder),
      env,
    );

  beforeAll(() => {
    folder = Deno.makeTempDirSync();
    runs = path("runs");
    Deno.mkdirSync(runs);
  });
  afterAll(() => Deno.removeSync(folder, { recursive: true }));

  it("train and overfit name a truncated CIFAR-10 file and train on nothing", async () => {
    const data = path("truncated");
    makeCifar10(data);
    const file = join(data, "data_batch_3.bin");
    Deno.truncateSync(file, FILE_BYTES - 1);
    const message =
      `Cannot read ${file}: expected ${FILE_BYTES} bytes but found ${
        FILE_BYTES - 1
      }`;
    for (
      const args of [["train"], ["train", "--as-documented"], ["overfit"]]
    ) {
      assertFailure(await run([...args, "--data-dir", data]), message);
    }
    // Data that was found but cannot be used is not passed over for the sample.
    const env = { ...noData(folder), CONVLAB_DATA: data };
    assertFailure(await run(["train"], env), message);
    assertEquals([...Deno.readDirSync(runs)], []);
  });

  it("train names a CIFAR-10 file with a label that no class has", async () => {
    const data = path("mislabelled");
    makeCifar10(data);
    poke(join(data, "data_batch_2.bin"), 3073 * 7, 10);
    assertFailure(await run(["train", "--data-dir", data]), "data_batch_2.bin");
    assertEquals([...Deno.readDirSync(runs)], []);
  });

  it("train and overfit say before they begin where they cannot write", async () => {
    assertFailure(
      await runCli(
        ["train", "--dataset", "fashion-mnist", "--runs-dir", "runs"],
        ["--allow-read", "--allow-env"],
        noData(folder),
      ),
      "Cannot go on without write access",
    );
    const file = path("file");
    Deno.writeTextFileSync(file, "");
    assertFailure(
      await runCli(
        ["train", "--dataset", "fashion-mnist", "--runs-dir", file],
        trainingPermissions(folder),
        noData(folder),
      ),
      `expected ${file} to be a folder`,
    );
    assertFailure(
      await run(["train", "--dataset", "fashion-mnist", "--name", "../up"]),
      'found "../up"',
    );
    assertFailure(
      await run(["overfit", "-o", path("file", "figure.png")]),
      "Cannot make folder",
    );
    assertEquals([...Deno.readDirSync(runs)], []);
  });

  it("visualize names a damaged file of a run", async () => {
    const damaged = join(runs, "damaged");
    Deno.mkdirSync(damaged);
    const write = (name: string, text: string) =>
      Deno.writeTextFileSync(join(damaged, name), text);
    write("config.json", "{}\n");
    write("metrics.jsonl", '{"kind":\n');
    assertFailure(
      await run(["visualize", "curves", "damaged"]),
      `Cannot read ${join(damaged, "metrics.jsonl")}: expected JSON`,
    );
    write("metrics.jsonl", "");
    assertFailure(
      await run(["visualize", "curves", "damaged"]),
      'run "damaged" has no iteration yet',
    );
    write("final.safetensors", "");
    assertFailure(
      await run(["visualize", "filters", "damaged"]),
      "final.safetensors",
    );
    const drawn = [...Deno.readDirSync(damaged)].map(({ name }) => name);
    assert(!drawn.some((name) => name.endsWith(".png")), drawn.join());
  });

  it("visualize convolve names photos that cannot be read, and draws nothing", async () => {
    const out = path("photos.png");
    const draw = (photo: string) => {
      const images = ["fixtures/photos/coffee-200.png", photo];
      return run(["visualize", "convolve", "--images", ...images, "-o", out]);
    };
    assertFailure(
      await draw(path("none.jpg")),
      "none.jpg: expected a file but found none",
    );
    assertFailure(
      await draw(folder),
      `${folder}: expected a file but found a folder`,
    );
    const cut = path("cut.png");
    const photo = Deno.readFileSync(
      new URL("../../fixtures/photos/chelsea-200.png", import.meta.url),
    );
    Deno.writeFileSync(cut, photo.subarray(0, photo.length / 2));
    assertFailure(
      await draw(cut),
      "cut.png: expected a complete PNG file",
    );
    assert(![...Deno.readDirSync(folder)].some((f) => f.name === "photos.png"));
  });

  it("gradcheck ends with exit code 1 where a number is not the document's", async () => {
    const { code, stdout, stderr } = await runScript(`
      import { main } from "./cli/main.ts";
      import { RandomState } from "./numerics/random.ts";
      const { randn } = RandomState.prototype;
      RandomState.prototype.randn = function (shape) {
        const x = randn.call(this, shape);
        x.data[0] += 0.5;
        return x;
      };
      Deno.exit(await main(["gradcheck", "3", "5"]));
    `);
    assertEquals([code, stderr], [1, ""]);
    assertMatch(stdout, /^ {2}pass .*document 2\.21214764175e-08$/m);
    assertMatch(stdout, /^ {2}FAIL .*document 1\.15980316116e-08$/m);
    assertMatch(stdout, /\n\d of 4 numbers are not as they must be\n$/);
  });
});

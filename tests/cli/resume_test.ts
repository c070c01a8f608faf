// Copyright 2026 the Convlab authors. MIT license.

/**
 * Runs that survive: killed, interrupted, on a full disk, with damaged
 * checkpoints, and diverged. `kill_many.ts` kills a hundred.
 */

import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { join } from "@std/path";
import { afterAll, beforeAll, it } from "@std/testing/bdd";
import { encodePng } from "../../data/png.ts";
import { RandomState } from "../../numerics/random.ts";
import { CheckpointStore } from "../../training/checkpoints.ts";
import { describePermitted } from "../permitted.ts";
import { smallDisk } from "../small_disk.ts";
import {
  assertSameEnd,
  logOf,
  metricsOf,
  type Moment,
  remainsOf,
  trainKilled,
  trainUntil,
} from "./killed_runs.ts";
import { noData, runCli, trainingPermissions } from "./run_cli.ts";

const FEW =
  "--dataset fashion-mnist --num-training 300 --num-validation 60 --num-test 60"
    .split(" ");
/** A training of all that has a state. */
const DEEP = [
  ...FEW,
  ...["--model", "conv4-bn-relu pool dropout0.3 fc10", "--epochs", "3"],
  ...["--schedule", "one-cycle", "--average", "0.9", "--flip", "--crop", "2"],
  ...["--batch-size", "30", "--checkpoint-every", "3", "--print-every", "5"],
];
/** The same with larger checkpoints, a stop before the end, and the last parameters. */
const LARGE = [
  ...FEW,
  ...["--hidden-dim", "60", "--batch-size", "50", "--epochs", "5"],
  ...["--max-iterations", "17", "--patience", "2", "--keep", "last"],
  ...["--lr-decay", "0.9", "--update-rule", "sgd_nesterov"],
  ...["--checkpoint-every", "2", "--keep-checkpoints", "1"],
];

/** Copies a folder with all that is in it. */
function copyFolder(from: string, to: string): void {
  Deno.mkdirSync(to);
  for (const { name, isDirectory } of Deno.readDirSync(from)) {
    const copy = isDirectory ? copyFolder : Deno.copyFileSync;
    copy(join(from, name), join(to, name));
  }
}

/** The same options but for the value of one. */
function changed(options: readonly string[], name: string, value: string) {
  return options.map((word, i) => options[i - 1] === name ? value : word);
}

describePermitted("a run that is", () => {
  const folder = Deno.makeTempDirSync();
  const runsDir = join(folder, "my runs");
  const pathOf = (name: string) => join(runsDir, name);
  const deep = { folder, runsDir, options: DEEP };
  const large = { folder, runsDir, options: LARGE };
  /** Starts a run, and kills it at some moment. */
  const start = (name: string, options: readonly string[], moment?: Moment) =>
    trainUntil(deep, ["--name", name, ...options], moment);
  const resume = (name: string, ...options: string[]) =>
    trainUntil(deep, ["--resume", name, ...options]);
  const interrupt = (
    args: readonly string[],
    moment: Moment,
    signal: Deno.Signal = "SIGINT",
  ) => trainUntil(deep, args, moment, signal);

  beforeAll(async () => {
    for (const [name, options] of [["deep", DEEP], ["large", LARGE]] as const) {
      const { code, stderr } = await start(name, options);
      assertEquals(code, 0, stderr);
    }
  });
  afterAll(() => Deno.removeSync(folder, { recursive: true }));

  it("killed at six moments, one after the other, ends as one that was not", async () => {
    const random = new RandomState(8);
    await trainKilled(deep, "killed", [
      { file: "/.config.json", after: 0 },
      { file: "/metrics.jsonl", after: 0 },
      { file: "/checkpoints/.", after: 0 },
      { file: "/log.txt", after: 200 * random.random() },
      { file: "/.final.safetensors", after: 0 },
      { file: "/final.safetensors", after: 0 },
    ]);
    assertSameEnd(pathOf("killed"), pathOf("deep"));
  });

  it("killed while checkpoints are written ends as one that was not", async () => {
    const random = new RandomState(9);
    await trainKilled(large, "written", [
      { file: "/checkpoints/.", after: 10 * random.random() },
      { file: "/checkpoints/0", after: 30 * random.random() },
    ]);
    assertSameEnd(pathOf("written"), pathOf("large"));
  });

  it("resumed from the checkpoint before a damaged one ends the same", async () => {
    // Killed once there are some checkpoints.
    const moment = { file: "/checkpoints/00000009", after: 0 };
    await start("damaged", DEEP, moment);
    for (const how of ["cut-off", "altered"]) {
      const name = `damaged-${how}`;
      copyFolder(pathOf("damaged"), pathOf(name));
      const store = new CheckpointStore(join(pathOf(name), "checkpoints"));
      const { path, iteration } = store.list().at(-1)!;
      const size = Deno.statSync(path).size;
      if (how === "cut-off") Deno.truncateSync(path, size - 1);
      else {
        const bytes = Deno.readFileSync(path);
        bytes[size >> 1]! ^= 1;
        Deno.writeFileSync(path, bytes);
      }
      const before = store.list().at(-2)!.iteration;
      const { code, stderr } = await resume(name);
      assertEquals(code, 0, stderr);
      const [skipped, from] = stderr.split("\n");
      assertEquals(
        skipped,
        `Skipped ${path}: Cannot decode checkpoint: expected contents that fit the file's SHA-256 digest but found others: the file was cut off or altered`,
      );
      assertEquals(from, `Going on after iteration ${before}`);
      assert(before < iteration);
      assertSameEnd(pathOf(name), pathOf("deep"));
    }
  });

  it("interrupted goes on by the command that is printed, with any number of threads", async () => {
    const args = ["--name", "interrupted", ...DEEP, "--threads", "1"];
    // Before the first checkpoint, the one of the stop would be the best so far.
    const moment = { file: "/checkpoints/0", after: 0 };
    const { code, stderr, stdout } = await interrupt(args, moment);
    assertEquals(code, 130, stderr);
    const [, iteration, typed] = stderr.match(
      /^Interrupted after iteration (\d+) of 30; go on with: deno task train (.*)\n$/,
    )!;
    const { checkpoint } = new CheckpointStore(
      join(pathOf("interrupted"), "checkpoints"),
    ).latest();
    assertEquals(checkpoint?.iteration ?? 0, Number(iteration));
    assertEquals(logOf(pathOf("interrupted")), stdout);
    const command = Deno.build.os === "windows"
      ? typed!.replaceAll('"', "").split(/ (?=--)/).join("\n").replaceAll(
        /^(--\S+) /gm,
        "$1\n",
      )
      : await shellWords(typed!);
    const words = command.split("\n");
    assertEquals(words.slice(0, 2), ["--resume", pathOf("interrupted")]);
    const permissions = trainingPermissions(folder);
    const again = await runCli(
      ["train", ...words],
      permissions,
      noData(folder),
    );
    assertEquals(again.code, 0, again.stderr);
    assertSameEnd(pathOf("interrupted"), pathOf("deep"));
  });

  it("ended by SIGTERM writes a checkpoint too, and goes on at other times than before", async () => {
    if (Deno.build.os === "windows") return;
    const args = ["--name", "terminated", ...DEEP];
    const moment = { file: "/checkpoints/0", after: 0 };
    const { code, stderr } = await interrupt(args, moment, "SIGTERM");
    assertEquals(code, 143);
    assertMatch(stderr, /^Interrupted after iteration \d+ of 30; go on with: /);
    const more = ["--checkpoint-every", "1", "--threads", "2"];
    assertEquals((await resume("terminated", ...more)).code, 0);
    assertSameEnd(pathOf("terminated"), pathOf("deep"));
  });

  it("interrupted during the final evaluation evaluates again", async () => {
    const options = [
      ...["--dataset", "fashion-mnist", "--num-filters", "8"],
      ...["--hidden-dim", "20", "--max-iterations", "3"],
      ...["--num-training", "4000", "--num-validation", "500"],
    ];
    const whole = await start("evaluated", options);
    assertEquals(whole.code, 0, whole.stderr);
    const args = ["--name", "evaluating", ...options];
    const moment = { file: "/final.safetensors", after: 0 };
    const { code, stderr } = await interrupt(args, moment);
    assertEquals(code, 130);
    assertStringIncludes(stderr, "Interrupted after iteration 3 of 3; go on");
    assert(!metricsOf(pathOf("evaluating")).at(-1)!.includes("final"));
    assertEquals((await resume("evaluating")).code, 0);
    assertSameEnd(pathOf("evaluating"), pathOf("evaluated"));
  });

  it("interrupted while its images are read leaves nothing half done", async () => {
    const images = join(folder, "images");
    const pixels = new RandomState(1).randint(0, 256, 3 * 48 * 48);
    const png = encodePng({
      ...{ width: 48, height: 48, channels: 3 },
      pixels: Uint8Array.from(pixels),
    });
    for (const name of ["cats", "dogs"]) {
      Deno.mkdirSync(join(images, name), { recursive: true });
      for (let i = 0; i < 400; i++) {
        Deno.writeFileSync(join(images, name, `${i}.png`), png);
      }
    }
    const args = ["--name", "reading", "--dataset", images];
    const { code, stderr } = await interrupt(args, { after: 500 });
    assertEquals(code, 130, stderr);
    assert(stderr.split("\n").length <= 2, stderr);
    // On a fast machine the images had been read.
    const names = [...Deno.readDirSync(runsDir)].map(({ name }) => name);
    if (names.includes("reading")) remainsOf(pathOf("reading"));
  });

  it("of images that have been moved finds them where it is told to", async () => {
    const random = new RandomState(6);
    const images = join(folder, "photos");
    for (const [name, brightness] of [["dark", 60], ["light", 200]] as const) {
      Deno.mkdirSync(join(images, name), { recursive: true });
      for (let i = 0; i < 20; i++) {
        const pixels = Uint8Array.from(
          random.randint(0, 50, 3 * 64),
          (value) => brightness + value,
        );
        const image = { width: 8, height: 8, channels: 3, pixels } as const;
        const file = join(images, name, `${i}.png`);
        Deno.writeFileSync(file, encodePng(image));
      }
    }
    const options = [
      ...[
        "--dataset",
        images,
        "--image-size",
        "8",
        "--model",
        "conv4-relu fc2",
      ],
      ...["--epochs", "20", "--batch-size", "8", "--checkpoint-every", "5"],
    ];
    assertEquals((await start("still", options)).code, 0);
    await start("moved", options, { file: "/checkpoints/00000010", after: 0 });
    const there = join(folder, "elsewhere");
    Deno.renameSync(images, there);
    const lost = await resume("moved");
    assertEquals(lost.code, 2);
    assertMatch(lost.stderr, /^error: Cannot load data set: .*photos.*\n$/);
    const others = join(folder, "images");
    const other = await resume("moved", "--dataset", others);
    assertEquals(other.code, 1);
    assertMatch(
      other.stderr,
      /^error: Cannot resume run "moved": expected \d+ training images but found \d+\n$/,
    );
    const { code, stderr } = await resume("moved", "--dataset", there);
    assertEquals(code, 0, stderr);
    assertSameEnd(pathOf("moved"), pathOf("still"));
  });

  it("in use, finished, another's or none is refused on one line", async () => {
    const long = changed(DEEP, "--epochs", "500");
    const args = ["--name", "busy", ...long, "--threads", "1"];
    const process = interrupt(args, {
      file: "/enough",
      after: 0,
    });
    while (!namesIn(runsDir).includes("busy")) await pause(20);
    while (!namesIn(pathOf("busy")).includes("config.json")) await pause(20);
    const second = await resume("busy");
    assertEquals([second.code, second.stdout], [1, ""]);
    assertMatch(
      second.stderr,
      /^error: Cannot work in .*busy: process \d+ is training there; wait until it ends or stop it\n$/,
    );
    const taken = await start("busy", DEEP);
    assertEquals(taken.code, 1);
    assertMatch(taken.stderr, /^error: Cannot create run: .* is there already/);
    Deno.writeTextFileSync(pathOf("enough"), "");
    assertEquals((await process).code, 130);

    const before = Deno.readFileSync(join(pathOf("deep"), "log.txt"));
    const finished = await resume("deep");
    assertEquals(finished.code, 1);
    assertEquals(
      finished.stderr,
      'error: Cannot resume run "deep": it is finished; go on with more --epochs, or begin a new run with its weights by --init\n',
    );
    assertEquals(Deno.readFileSync(join(pathOf("deep"), "log.txt")), before);

    Deno.mkdirSync(pathOf("overfit"));
    Deno.writeTextFileSync(
      join(pathOf("overfit"), "config.json"),
      '{ "command": "overfit", "recipe": {} }',
    );
    const overfit = await resume("overfit");
    assertEquals(overfit.code, 1);
    assertEquals(
      overfit.stderr,
      'error: Cannot resume run "overfit": expected a run of "train" but found one of "overfit"; start it anew\n',
    );

    const none = await resume(folder);
    assertEquals(none.code, 1);
    assertMatch(none.stderr, /^error: Cannot find run .*\n$/);

    for (const [option, value] of [["--seed", "3"], ["--name", "x"]]) {
      const { code, stderr } = await resume("deep", option!, value!);
      assertEquals(code, 2);
      assertStringIncludes(
        stderr,
        `error: Expected no ${option} with --resume`,
      );
    }
  });

  it("diverging names the iteration, the layer, and what to try; its checkpoints stay", async () => {
    const cases = {
      "conv4-relu pool fc10": ["1e4", /it came up first in what \w+ gave/],
      "": ["1e4", /it came up first in what \w+ gave/],
    } as const;
    for (const [model, [rate, where]] of Object.entries(cases)) {
      const name = model === "" ? "wild-three" : "wild-deep";
      const { code, stderr } = await start(name, [
        ...FEW,
        ...(model === "" ? ["--hidden-dim", "20"] : ["--model", model]),
        ...["--update-rule", "sgd", "--learning-rate", rate],
        ...["--checkpoint-every", "1"],
      ]);
      assertEquals(code, 1);
      const [, iteration] = stderr.match(
        /^error: Loss is (?:NaN|-?Infinity) at iteration (\d+): training has diverged; .*; try a smaller learning rate, a warm-up or clipped gradients\n$/,
      )!;
      assertMatch(stderr, where);
      const { checkpoint, skipped } = new CheckpointStore(
        join(pathOf(name), "checkpoints"),
      ).latest();
      assertEquals(skipped, []);
      assert(checkpoint!.iteration < Number(iteration));
      for (const [key, { data }] of Object.entries(checkpoint!.tensors)) {
        if (key.startsWith("params.")) assert(data.every(Number.isFinite), key);
      }
    }
  });

  it("without validation images names no accuracy that it does not have", async () => {
    const options = changed(DEEP, "--num-validation", "0");
    const { code, stdout, stderr } = await start("unvalidated", options);
    assertEquals(code, 0, stderr);
    const files = ["log.txt", "metrics.jsonl"].map((name) =>
      Deno.readTextFileSync(join(pathOf("unvalidated"), name))
    );
    for (const text of [stdout, stderr, ...files]) {
      assert(!/nan|infinity/i.test(text), text);
    }
    assertMatch(stdout, /^\(Epoch 3 \/ 3\) train acc: \d\.\d{6}$/m);
    assertMatch(stdout, /^parameters kept: training accuracy .*, test /m);
    const refused = await start("impatient", [...options, "--patience", "2"]);
    assertEquals([refused.code, refused.stdout], [2, ""]);
    assertMatch(refused.stderr, /^error: .*--patience.*\n$/);
    assert(!namesIn(runsDir).includes("impatient"));
  });
});

describePermitted("a run on a full disk", () => {
  const disk = smallDisk(2);
  const isMounted = disk.startsWith("/");
  afterAll(() => {
    if (!isMounted) return;
    new Deno.Command("umount", { args: [disk] }).outputSync();
    Deno.removeSync(disk);
  });
  const name = "ends with one line, and goes on once there is room";
  (isMounted ? it : it.skip)(
    isMounted ? name : `${name} (skipped: ${disk})`,
    async () => {
      const runsDir = join(disk, "runs");
      const command = { folder: disk, runsDir, options: DEEP };
      const args = ["--name", "whole", ...DEEP];
      const whole = await trainUntil(command, args);
      assertEquals(whole.code, 0, whole.stderr);
      const full = join(runsDir, "full");
      // Room for little more than two checkpoints.
      const checkpoints = join(runsDir, "whole", "checkpoints");
      const [first] = new CheckpointStore(checkpoints).list();
      const { size } = Deno.statSync(first!.path);
      const filler = join(disk, "filler");
      fill(filler, disk, 2.5 * size);
      const failed = await trainUntil(command, ["--name", "full", ...DEEP]);
      assertEquals(failed.code, 1);
      assertMatch(
        failed.stderr,
        /^error: Cannot write .*\.(safetensors|jsonl|txt): .*No space left on device.*\n$/,
      );
      assertEquals(remainsOf(full), "checkpoints");
      // Now there is no room at all, not even for the lock.
      const rest = join(disk, "rest");
      fill(rest, disk, 0);
      const again = await trainUntil(command, ["--resume", "full"]);
      assertEquals(again.code, 1);
      assertMatch(
        again.stderr,
        /^Going on .*\nerror: Cannot write .*: .*No space left on device.*\n$/,
      );
      Deno.removeSync(filler);
      Deno.removeSync(rest);
      const resumed = await trainUntil(command, ["--resume", "full"]);
      assertEquals(resumed.code, 0, resumed.stderr);
      assertMatch(resumed.stderr, /^Going on after iteration \d+\n/);
      assertSameEnd(full, join(runsDir, "whole"));
    },
  );
});

/** Fills a disk with a file, all but some bytes. */
function fill(path: string, disk: string, room: number): void {
  using file = Deno.openSync(path, { write: true, create: true });
  const block = new Uint8Array(4096).fill(1);
  let written = 0;
  try {
    for (;;) written += file.writeSync(block);
  } catch {
    // The disk is full.
  }
  file.truncateSync(Math.max(0, written - room));
  assert(namesIn(disk).length > 0);
}

/** The words of a command line, a line each, as a shell takes them. */
async function shellWords(text: string): Promise<string> {
  const args = ["-c", `printf '%s\\n' ${text}`];
  const { stdout } = await new Deno.Command("sh", { args }).output();
  return new TextDecoder().decode(stdout).trimEnd();
}

function namesIn(path: string): string[] {
  try {
    return [...Deno.readDirSync(path)].map(({ name }) => name);
  } catch {
    return [];
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((done) => setTimeout(done, milliseconds));
}

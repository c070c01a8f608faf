// Copyright 2026 the Convlab authors. MIT license.

/** Runs that go on for longer than they were meant to. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { afterAll, it } from "@std/testing/bdd";
import { describePermitted } from "../permitted.ts";
import { trainUntil } from "./killed_runs.ts";

const FEW = [
  ...["--dataset", "fashion-mnist", "--num-training", "1200"],
  ...["--num-validation", "60", "--num-test", "60", "--batch-size", "60"],
  ...["--model", "conv4-bn-relu pool dropout0.3 fc10", "--threads", "2"],
];
const STEPS = ["--schedule", "step:every=1epochs,factor=0.5", "--flip"];

describePermitted("train --resume --epochs", () => {
  const folder = Deno.makeTempDirSync();
  const runsDir = join(folder, "runs");
  const train = async (...args: string[]) => {
    const { code, stderr } = await trainUntil(
      { folder, runsDir, options: [] },
      args,
    );
    return { code, stderr };
  };
  const start = async (name: string, ...args: string[]) => {
    const { code, stderr } = await train("--name", name, ...FEW, ...args);
    assertEquals(code, 0, stderr);
  };
  const configOf = (name: string) =>
    JSON.parse(Deno.readTextFileSync(join(runsDir, name, "config.json")));
  afterAll(() => Deno.removeSync(folder, { recursive: true }));

  it("goes on with a finished run to the bytes of one that was longer from the beginning", async () => {
    const more = [...STEPS, "--average", "0.9"];
    await start("short", "--epochs", "1", ...more);
    await start("whole", "--epochs", "3", ...more);
    const { code, stderr } = await train("--resume", "short", "--epochs", "3");
    assertEquals(code, 0, stderr);
    const bytes = (name: string) =>
      Deno.readFileSync(join(runsDir, name, "final.safetensors"));
    assertEquals(bytes("short"), bytes("whole"));
    assertEquals(configOf("short").recipe, configOf("whole").recipe);
    const metricsOf = (name: string) =>
      Deno.readTextFileSync(join(runsDir, name, "metrics.jsonl")).split("\n")
        .filter((line) => !line.includes('"final"'));
    assertEquals(metricsOf("short"), metricsOf("whole"));
  });

  it("goes on by iterations too, and survives being killed in between", async () => {
    await start("limited", "--max-iterations", "20", "--epochs", "4");
    await start("unlimited", "--max-iterations", "40", "--epochs", "4");
    await trainUntil(
      { folder, runsDir, options: [] },
      ["--resume", "limited", "--max-iterations", "40"],
      { file: "/.config.json", after: 0 },
    );
    const { code, stderr } = await train(
      ...["--resume", "limited", "--max-iterations", "40"],
    );
    assertEquals(code, 0, stderr);
    assertEquals(configOf("limited").recipe.maxIterations, 40);
    const bytes = (name: string) =>
      Deno.readFileSync(join(runsDir, name, "final.safetensors"));
    assertEquals(bytes("limited"), bytes("unlimited"));
  });

  it("refuses on one line what cannot be made longer, and leaves it as it was", async () => {
    await start("cycle", "--epochs", "1", "--schedule", "one-cycle");
    await start("patient", "--epochs", "9", "--patience", "1", "--reg", "9");
    const before = Deno.readFileSync(join(runsDir, "cycle", "metrics.jsonl"));
    for (
      const [name, option, value, words] of [
        [
          ...["cycle", "--epochs", "2"] as const,
          'its schedule "one-cycle" depends on how long the training is, so it would have begun otherwise; a new run begins with its weights by --init',
        ],
        [
          ...["cycle", "--epochs", "1"] as const,
          "expected more than the 20 iterations that it has but found 20, of 1 epoch",
        ],
        [
          ...["limited", "--epochs", "9"] as const,
          "expected more than the 40 iterations that it has but found 40, as its --max-iterations is 40",
        ],
        [
          ...["patient", "--epochs", "20"] as const,
          "by its patience of 1 epoch; a new run begins with its weights by --init",
        ],
      ] as const
    ) {
      const { code, stderr } = await train("--resume", name, option, value);
      assertEquals(code, 1, stderr);
      assertStringIncludes(stderr, `error: Cannot resume run "${name}": `);
      assertStringIncludes(stderr, `${words}\n`);
      assertEquals(stderr.trim().split("\n").length, 1);
    }
    assertEquals(
      Deno.readFileSync(join(runsDir, "cycle", "metrics.jsonl")),
      before,
    );
  });
});

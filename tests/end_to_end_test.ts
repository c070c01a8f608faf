// Copyright 2026 the Convlab authors. MIT license.

/**
 * From a folder of pictures to ONNX Runtime, by the commands of the guide: what
 * the guide shows, and that the numbers are right.
 */

import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { it } from "@std/testing/bdd";
import { readGuide } from "./docs/read_guide.ts";
import { Clone, runGuide } from "./docs/run_guide.ts";
import { describePermitted } from "./permitted.ts";

const GUIDE = "docs/your-own-pictures.md";

interface Predictions {
  predictions: {
    file: string;
    classes: { name: string; probability: number }[];
  }[];
}

/** The command of the guide that begins so. */
function commandOf(beginning: string): string {
  const guide = new URL(`../${GUIDE}`, import.meta.url);
  for (const step of readGuide(Deno.readTextFileSync(guide))) {
    if (step.kind === "command" && step.text.startsWith(beginning)) {
      return step.text;
    }
  }
  throw new Error(`${GUIDE} has no command ${beginning}`);
}

describePermitted(GUIDE, () => {
  it("trains, stops, goes on, evaluates, predicts and exports, with the same probabilities in ONNX Runtime", async () => {
    using clone = new Clone();
    const output = async (command: string) => {
      const { code, stdout, stderr } = await clone.run(command);
      assertEquals(code, 0, stderr.join("\n"));
      return stdout.join("\n");
    };
    await runGuide(GUIDE, clone);

    const report = JSON.parse(await output("deno task evaluate shapes --json"));
    assert(report.accuracy > 0.9, `${report.accuracy}`);

    const pictures = "new/*/*.png";
    const { predictions }: Predictions = JSON.parse(
      await output(`deno task predict shapes ${pictures} --json`),
    );
    assertEquals(
      predictions.map(({ classes }) => classes[0]?.name),
      ["circle", "square", "triangle"],
    );
    const run = commandOf(
      "deno run --no-lock --allow-read examples/run_onnx.ts",
    )
      .replace(/\S+$/, pictures);
    const lines = (await output(run)).split("\n");
    const found = new Map(lines.map((line) => {
      const [file, name, probability] = line.split(/:? /);
      return [`${file} ${name}`, Number(probability)];
    }));
    assertEquals(found.size, 9);
    for (const { file, classes } of predictions) {
      for (const { name, probability } of classes) {
        assertAlmostEquals(found.get(`${file} ${name}`)!, probability, 1e-5);
      }
    }

    const train = commandOf("deno task train --dataset");
    await output(train.replace(/--name \S+/, "--name whole"));
    const [resumed, whole] = ["shapes", "whole"].map((name) =>
      Deno.readFileSync(join(clone.path, "runs", name, "final.safetensors"))
    );
    assertEquals(resumed, whole);
  });
});

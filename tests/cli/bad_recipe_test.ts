// Copyright 2026 the Convlab authors. MIT license.

/** `train` with what cannot be: refused before a run's folder is made. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { afterAll, beforeAll, it } from "@std/testing/bdd";
import { UsageError } from "../../cli/exit.ts";
import overfit from "../../cli/overfit.ts";
import train from "../../cli/train.ts";
import { encodeNpz } from "../../data/npz.ts";
import { describePermitted } from "../permitted.ts";
import { fakeOutput } from "./fake_output.ts";

let folder = "";
let runs = "";

function streams() {
  return { stdout: fakeOutput(), stderr: fakeOutput() };
}

describePermitted("train", () => {
  beforeAll(() => {
    folder = Deno.makeTempDirSync();
    runs = join(folder, "runs");
  });
  afterAll(() => Deno.removeSync(folder, { recursive: true }));

  const refuses = async (args: string[], message: string) => {
    const error = await assertRejects(
      () => train.run(["--runs-dir", runs, ...args], streams()),
      UsageError,
    );
    assert(error.message.includes(message), error.message);
    assertEquals(exists(runs), false);
  };

  it("finds what does not fit a data set that is known before it is loaded", async () => {
    // There is no such folder, so that loading would be another error.
    const data = ["--dataset", "cifar10", "--data-dir", join(folder, "none")];
    await refuses(
      [...data, "--model", "conv8 pool40 fc10"],
      'Cannot build --model: pool1 ("pool40") expects at least 40 x 40 pixels but finds images of 8 x 32 x 32',
    );
    await refuses(
      [...data, "--model", "gap fc3"],
      'Cannot build --model: expected the last layer to give 10 scores, one for each class, but found fc1, which gives 3 features; make it "fc10"',
    );
    await refuses(
      [...data, "--crop", "32"],
      "expected --crop to be an integer",
    );
    await refuses(
      ["--dataset", folder, "--image-size", "8", "--model", "pool9 fc3"],
      "finds images of 3 x 8 x 8",
    );
  });

  it("finds what does not fit other data once they are loaded", async () => {
    const path = join(folder, "data.npz");
    writeImages(path, 6);
    const data = ["--dataset", path];
    await refuses(
      [...data, "--model", "pool7 fc3"],
      "finds images of 3 x 6 x 6",
    );
    await refuses([...data, "--model", "gap fc4"], 'make it "fc3"');
    await refuses(
      [...data, "--model", "gap fc3", "--schedule", "cosine:warmup=50"],
      "Cannot use --schedule cosine:warmup=50 for a training of 1 iterations",
    );
  });

  it("names the file of a key that was not typed", async () => {
    const path = join(folder, "recipe.json");
    const recipe = { dataset: "cifar10", model: "pool40 fc10", crop: 40 };
    Deno.writeTextFileSync(path, JSON.stringify(recipe));
    await refuses(["--recipe", path], `Cannot build model in ${path}: pool1`);
    await refuses(
      ["--recipe", path, "--model", "gap fc5"],
      "Cannot build --model: expected the last layer to give 10 scores",
    );
    await refuses(
      ["--recipe", path, "--model", "gap fc10"],
      `expected crop in ${path} to be an integer from 0 to 31`,
    );
    await refuses(
      ["--recipe", path, "--hidden-dim", "5"],
      `Expected no --hidden-dim with model in ${path}, whose text says it`,
    );
  });

  it("has overfit refuse images that are too small as well", async () => {
    const path = join(folder, "small.npz");
    writeImages(path, 1);
    await assertRejects(
      () => overfit.run(["--runs-dir", runs, "--dataset", path], streams()),
      RangeError,
      "expects at least 2 x 2 pixels",
    );
    assertEquals(exists(runs), false);
  });
});

/** A data set of twelve square images in three classes. */
function writeImages(path: string, side: number): void {
  const pixels = new Uint8Array(12 * side * side * 3);
  const y = Uint8Array.from({ length: 12 }, (_, i) => i % 3);
  Deno.writeFileSync(
    path,
    encodeNpz({
      x_train: { shape: [12, side, side, 3], dtype: "uint8", data: pixels },
      y_train: { shape: [12], dtype: "uint8", data: y },
    }),
  );
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

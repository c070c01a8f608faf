// Copyright 2026 the Convlab authors. MIT license.

import { assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { checkSameOnRanks } from "../../cli/ranks.ts";
import type { DataSet } from "../../data/data_set.ts";
import { ImageSet } from "../../data/image_set.ts";
import type { Communicator } from "../../distributed/communicator.ts";
import type { Recipe } from "../../training/recipe.ts";

/** A data set of so many images, whose mean is this. */
function dataOf(images: number, mean: number): DataSet {
  const set = (length: number) =>
    new ImageSet({
      bytes: new Uint8Array(length),
      labels: new Uint8Array(length),
      imageShape: [1, 1, 1],
      mean: Float64Array.of(mean),
    });
  return {
    ...{ name: "toy", title: "Toy", classNames: ["one"] },
    ...{ train: set(images), validation: set(1), test: set(1) },
  };
}

/** What the first rank sends. */
function sentBy(data: DataSet, recipe: Recipe): string[] {
  const sent: string[] = [];
  const first = {
    broadcastText(text = "") {
      sent.push(text);
      return text;
    },
  };
  checkSameOnRanks(first as unknown as Communicator, data, recipe);
  return sent;
}

describe("checkSameOnRanks()", () => {
  const recipe = { epochs: 2, dataDir: "here" };
  const check = (data: DataSet, asked: Recipe) => {
    const sent = sentBy(dataOf(3, 0.5), recipe);
    const other = { broadcastText: () => sent.shift() };
    checkSameOnRanks(other as unknown as Communicator, data, asked);
  };

  it("lets images be elsewhere", () => {
    check(dataOf(3, 0.5), { epochs: 2, dataDir: "there" });
  });

  it("names what was asked for otherwise", () => {
    assertThrows(
      () => check(dataOf(3, 0.5), { epochs: 3 }),
      Error,
      "expected epochs to be 2, as for the first rank, but found 3",
    );
    assertThrows(
      () => check(dataOf(3, 0.5), { epochs: 2, seed: 1 }),
      Error,
      "expected seed to be undefined, as for the first rank, but found 1",
    );
  });

  it("tells other images, by their number and by their mean", () => {
    assertThrows(
      () => check(dataOf(4, 0.5), recipe),
      Error,
      "expected Toy with 3, 1, 1 images to train on",
    );
    assertThrows(
      () => check(dataOf(3, 0.25), recipe),
      Error,
      "others of the same number; copy its data set",
    );
  });
});

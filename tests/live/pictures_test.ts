// Copyright 2026 the Convlab authors. MIT license.

/** What the page is sent to show: filters, examples, speed. */

import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { ImageSet } from "../../data/image_set.ts";
import { visualizeGrid } from "../../figures/visualize_grid.ts";
import { exampleImages, guessesOf } from "../../live/example_images.ts";
import { firstFilters } from "../../live/first_filters.ts";
import { Pace } from "../../live/pace.ts";
import { RandomState } from "../../numerics/random.ts";
import { tensor, zeros } from "../../numerics/tensor.ts";

describe("firstFilters()", () => {
  it("stretches each filter as the document's grid does", () => {
    for (const channels of [1, 3]) {
      const weight = new RandomState(1).randn([5, channels, 4, 3]);
      const filters = firstFilters({ "conv1.weight": weight }, 7)!;
      const { pixels, ...rest } = filters;
      const size = { channels, height: 4, width: 3 };
      assertEquals(rest, { iteration: 7, count: 5, total: 5, ...size });
      const bytes = Uint8Array.fromBase64(pixels);
      for (let n = 0; n < 5; n++) {
        const one = weight.slice(n, n + 1).transpose([0, 2, 3, 1]);
        const { data } = visualizeGrid(one);
        const found = bytes.subarray(n * data.length, (n + 1) * data.length);
        assertEquals([...found], [...data].map((value) => Math.round(value)));
      }
    }
  });

  it("shows the first 64 of many, and of equal values black ones", () => {
    const filters = firstFilters({ W1: zeros([100, 1, 3, 3]) }, 1)!;
    assertEquals([filters.count, filters.total], [64, 100]);
    const bytes = Uint8Array.fromBase64(filters.pixels);
    assertEquals(bytes, new Uint8Array(64 * 9));
  });

  it("shows none where there are none, or they are no pictures", () => {
    assertEquals(firstFilters({}, 1), undefined);
    assertEquals(firstFilters({ W1: zeros([10, 5]) }, 1), undefined);
    const wide = { "conv1.weight": zeros([2, 2, 3, 3]) };
    assertEquals(firstFilters(wide, 1), undefined);
  });
});

describe("exampleImages()", () => {
  const set = (labels: number[], channels = 1) =>
    new ImageSet({
      bytes: Uint8Array.from(
        { length: labels.length * channels * 4 },
        (_, i) => i,
      ),
      labels: Uint8Array.from(labels),
      imageShape: [channels, 2, 2],
    });

  it("takes the first of each class, and then the first ones of all", () => {
    const { images, examples } = exampleImages(
      set([2, 2, 0, 2, 0]),
      ["a", "b", "c"],
    )!;
    assertEquals(examples.labels, [0, 2, 2, 2, 0]);
    assertEquals([...images.labels], examples.labels);
    assertEquals([...images.bytes.subarray(0, 8)], [8, 9, 10, 11, 0, 1, 2, 3]);
  });

  it("takes twelve at most, also of more classes", () => {
    const many = Array.from({ length: 40 }, (_, i) => i % 20);
    const names = Array.from({ length: 20 }, (_, i) => `${i}`);
    const { examples } = exampleImages(set(many), names)!;
    assertEquals(examples.labels, many.slice(0, 12));
  });

  it("sends colours pixel by pixel", () => {
    const { examples } = exampleImages(set([0], 3), ["a"])!;
    assertEquals(
      [...Uint8Array.fromBase64(examples.pixels)],
      [0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11],
    );
  });

  it("shows none where there are none, or they have two channels", () => {
    assertEquals(exampleImages(set([]), ["a"]), undefined);
    assertEquals(exampleImages(set([0], 2), ["a"]), undefined);
  });
});

describe("guessesOf()", () => {
  it("gives the most probable class, and nothing where scores are not finite", () => {
    const scores = tensor([[0, Math.log(3)], [1, 1], [NaN, 0]]);
    const { iteration, guesses } = guessesOf(scores, 9);
    assertEquals(iteration, 9);
    assertEquals(guesses[0]?.[0], 1);
    assertAlmostEquals(guesses[0]![1], 0.75, 1e-12);
    assertEquals(guesses[1], [0, 0.5]);
    assertEquals(guesses[2], null);
  });
});

describe("Pace", () => {
  it("tells the speed of late, and what is left at that of the whole", () => {
    let time = 1000;
    const pace = new Pace(100, () => time);
    assertEquals(pace.iterationsPerSecond, undefined);
    assertEquals(pace.secondsUntil(200), undefined);
    // Ten iterations a second for ten seconds, and then twenty.
    for (let i = 1; i <= 10; i++) {
      time += 1000;
      pace.mark(100 + 10 * i);
    }
    assertEquals(pace.iterationsPerSecond, 10);
    assertEquals(pace.secondsUntil(300), 10);
    for (let i = 1; i <= 10; i++) {
      time += 1000;
      pace.mark(200 + 20 * i);
    }
    assertEquals(pace.iterationsPerSecond, 20);
    assertAlmostEquals(pace.secondsUntil(415)!, 1, 1e-12);
    assert(pace.secondsUntil(100) === 0);
  });
});

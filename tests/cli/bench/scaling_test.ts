// Copyright 2026 the Convlab authors. MIT license.

import { assertEquals, assertMatch } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  measureScaling,
  type ScalingRow,
  threadCounts,
} from "../../../cli/bench/scaling.ts";
import { getThreads } from "../../../kernels/runtime.ts";
import { toyPass, toySettings } from "./toy_pass.ts";

describe("measureScaling()", () => {
  it("runs each pass on each number of threads, and refers to the first", async () => {
    const seen = new Set<number>();
    const run = () => seen.add(getThreads());
    const passes = [{ ...toyPass("float32", 1, 2, 4), run }];
    const outcome = await measureScaling(passes, 2, toySettings());
    assertEquals([...seen], [1, 2]);
    assertEquals(outcome.heading, ["up to 2 threads"]);
    const [one, two] = outcome.rows as ScalingRow[];
    assertEquals([one?.name, two?.name], [
      "counting small float32, 1 thread",
      "counting small float32, 2 threads",
    ]);
    assertEquals(one?.speedup, 1);
    assertEquals(
      two?.speedup,
      one!.milliseconds.median / two!.milliseconds.median,
    );
    const [head, first] = outcome.lines;
    assertMatch(head!, /^work +ms +quartiles +speed-up +efficiency$/);
    assertMatch(first!, /^counting .*, 1 thread .* 1\.00x +100 %$/);
  });

  it("times nothing once a pass is wrong", async () => {
    const wrong = toyPass("float32", 1, 2, 5);
    const outcome = measureScaling([wrong], 2, toySettings());
    const { rows, complaints } = await outcome;
    assertEquals([rows.length, complaints.length], [0, 1]);
  });
});

describe("threadCounts()", () => {
  it("doubles up to the most, which is the last", () => {
    assertEquals([1, 2, 3, 8, 12].map(threadCounts), [
      ...[[1], [1, 2], [1, 2, 3], [1, 2, 4, 8], [1, 2, 4, 8, 12]],
    ]);
  });
});

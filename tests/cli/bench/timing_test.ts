// Copyright 2026 the Convlab authors. MIT license.

import { assert, assertEquals, assertRejects } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { timeInTurns, timeRuns, warmUp } from "../../../cli/bench/timing.ts";

describe("timeInTurns()", () => {
  /** A contestant that writes down what it is asked to do. */
  const scribe = (name: string, log: string[]) => ({
    warmUp: () => void log.push(`${name} warms up`),
    time: (runs: number) => {
      log.push(`${name} ${runs}`);
      return Array.from({ length: runs }, (_, i) => i + 1);
    },
  });

  it("warms all up, and then lets them take turns of a fifth of the runs", async () => {
    const log: string[] = [];
    const times = await timeInTurns([scribe("a", log), scribe("b", log)], 10);
    const turn = ["a 2", "b 2"];
    assertEquals(log, [
      ...["a warms up", "b warms up"],
      ...[turn, turn, turn, turn, turn].flat(),
    ]);
    const five = [1, 2, 1, 2, 1, 2, 1, 2, 1, 2];
    assertEquals(times, [five, five]);
  });

  it("makes as many runs as were asked for, however few", async () => {
    for (const runs of [1, 3, 7]) {
      const log: string[] = [];
      const [times] = await timeInTurns([scribe("a", log)], runs);
      assertEquals(times?.length, runs);
      assert(!log.includes("a 0"));
    }
  });

  it("ends between two turns where the signal is aborted", async () => {
    const controller = new AbortController();
    const log: string[] = [];
    const stopping = {
      ...scribe("a", log),
      time: () => {
        controller.abort(new Error("Enough"));
        return [1];
      },
    };
    const contestants = [stopping, scribe("b", log)];
    await assertRejects(
      () => timeInTurns(contestants, 5, controller.signal),
      Error,
      "Enough",
    );
    assertEquals(log, ["a warms up", "b warms up"]);
  });
});

describe("warmUp()", () => {
  it("runs for as long and as often as it must, at the least", () => {
    let runs = 0;
    warmUp(() => runs++, { runs: 3, milliseconds: 0 });
    assertEquals(runs, 3);
    const start = performance.now();
    warmUp(() => runs++, { runs: 0, milliseconds: 5 });
    assert(performance.now() - start >= 5);
  });
});

describe("timeRuns()", () => {
  it("gives a duration for each run", () => {
    let runs = 0;
    const times = timeRuns(() => runs++, 4);
    assertEquals([times.length, runs], [4, 4]);
    assert(times.every((time) => time >= 0));
  });
});

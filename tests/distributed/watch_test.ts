// Copyright 2026 the Convlab authors. MIT license.

import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { type MainSigns, Watch } from "../../distributed/watch.ts";

const LOOK = 200;
const IDLE: MainSigns = { signs: 0, turns: 0, phase: "busy", waits: false };

/** Looks every 200 ms for so long; the first finding and its time, if there is one. */
function watchFor(
  watch: Watch,
  from: number,
  ms: number,
  main: (now: number) => Partial<MainSigns> = () => ({}),
  heard: (now: number) => number[] = () => [],
) {
  for (let now = from; now <= from + ms; now += LOOK) {
    for (const rank of heard(now)) watch.heard(rank, now);
    const finding = watch.look(now, { ...IDLE, ...main(now) });
    if (finding !== undefined) return { now, ...finding };
  }
  return undefined;
}

/** Steps of so many milliseconds, from 0 on. */
const steps = (length: number, until = Infinity) => (now: number) => ({
  phase: "training" as const,
  signs: 1 + Math.floor(Math.min(now, until) / length),
});

describe("Watch, of other ranks", () => {
  it("finds the one that is silent for five seconds", () => {
    const watch = new Watch([1, 2, 3], 0);
    const found = watchFor(watch, 0, 60_000, undefined, (now) => {
      return now < 3000 ? [1, 2, 3] : [1, 3];
    });
    assertEquals(found, { now: 7800, kind: "lost", rank: 2, ms: 5000 });
  });

  it("finds it sooner when this process was told to end", () => {
    const watch = new Watch([1], 0);
    assertEquals(watch.look(600, IDLE, true), undefined);
    const found = watch.look(1000, IDLE, true);
    assertEquals(found, { kind: "lost", rank: 1, ms: 1000 });
  });

  it("finds nothing while all are heard of now and then", () => {
    const watch = new Watch([1, 2], 0);
    const heard = (now: number) => now % 4000 === 0 ? [1, 2] : [];
    assertEquals(watchFor(watch, 0, 60_000, undefined, heard), undefined);
  });

  it("does not count time in which it did not run itself", () => {
    const watch = new Watch([1], 0);
    assertEquals(watchFor(watch, 0, 3000), undefined);
    // Ctrl-Z, and an hour later fg: the others take a moment to run again.
    const later = 3_600_000;
    assertEquals(watchFor(watch, later, 1000), undefined);
    watch.heard(1, later + 1200);
    assertEquals(watchFor(watch, later + 1200, 4000), undefined);
    assertEquals(watchFor(watch, later + 5400, 5000)?.kind, "lost");
  });

  it("pays no attention to ranks that it is not told to watch", () => {
    const watch = new Watch([], 0);
    watch.heard(5, 0);
    assertEquals(watchFor(watch, 0, 20_000), undefined);
  });
});

describe("Watch, of the main thread", () => {
  it("finds that it hangs after six seconds without a step", () => {
    const found = watchFor(new Watch([], 0), 0, 60_000, steps(400, 10_000));
    assertEquals(found, { now: 16_000, kind: "hung", ms: 6000 });
  });

  it("allows four times the longest step so far", () => {
    const found = watchFor(new Watch([], 0), 0, 200_000, steps(5000, 20_000));
    assertEquals(found, { now: 40_000, kind: "hung", ms: 20_000 });
  });

  it("does not judge the first step, and allows four times its length", () => {
    const found = watchFor(new Watch([], 0), 0, 900_000, steps(60_000, 60_000));
    assertEquals(found, { now: 300_000, kind: "hung", ms: 240_000 });
  });

  it("lets steps of any length be if they are of about the same", () => {
    const found = watchFor(new Watch([], 0), 0, 900_000, steps(30_000));
    assertEquals(found, undefined);
  });

  const excuses: [string, (now: number) => Partial<MainSigns>][] = [
    ["loads or evaluates", () => ({ phase: "busy" })],
    ["is paused by its user", () => ({ phase: "paused" })],
    ["waits for others", () => ({ waits: true })],
    ["awaits something", (now) => ({ turns: now })],
  ];
  for (const [what, main] of excuses) {
    it(`lets it be while it ${what}`, () => {
      const found = watchFor(new Watch([], 0), 0, 200_000, (now) => ({
        ...steps(400, 10_000)(now),
        ...(now > 10_000 ? main(now) : {}),
      }));
      assertEquals(found, undefined);
    });
  }

  it("does not count time in which it did not run itself", () => {
    const watch = new Watch([], 0);
    const main = steps(400, 10_000);
    assertEquals(watchFor(watch, 0, 14_000, main), undefined);
    assertEquals(watchFor(watch, 90_000, 1800, main), undefined);
    assertEquals(watchFor(watch, 92_000, 400, main)?.kind, "hung");
  });
});

// Copyright 2026 the Convlab authors. MIT license.

/** What viewers are told, whenever they come and however slow they are. */

import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { Feed } from "../../live/feed.ts";
import { LossSeries, MAX_BUCKETS } from "../../live/page/loss_series.js";
import { MAX_LINES, RunHistory } from "../../live/page/run_history.js";
import type { RunEvent } from "../../live/protocol.ts";
import { ABOUT } from "./about.ts";

/** A viewer, as the page is one (`page/connection.js`). */
class Viewer {
  history = new RunHistory();
  snapshots = 0;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;

  constructor(feed: Feed) {
    this.#reader = feed.stream()!.getReader();
  }

  /** Takes the next message; whether there was one. */
  async read(): Promise<boolean> {
    const { value } = await this.#reader.read();
    if (value === undefined) return false;
    for (const text of new TextDecoder().decode(value).split("\n\n")) {
      if (!text.startsWith("data: ")) continue;
      const message = JSON.parse(text.slice(6));
      if (message.kind === "snapshot") {
        this.snapshots++;
        this.history = RunHistory.from(message.snapshot);
      } else for (const event of message.events) this.history.apply(event);
    }
    return true;
  }

  async leave(): Promise<void> {
    await this.#reader.cancel();
  }
}

const points = (from: number, to: number): RunEvent => ({
  kind: "points",
  points: Array.from(
    { length: to - from + 1 },
    (_, i) => [from + i, 1 / (from + i), null],
  ),
});

describe("Feed", () => {
  it("tells who comes late what there was, and both the same from then on", async () => {
    const feed = new Feed(ABOUT);
    const early = new Viewer(feed);
    await early.read();
    feed.publish([points(1, 10), { kind: "log", lines: ["a", "b"] }]);
    await early.read();
    const late = new Viewer(feed);
    await late.read();
    feed.publish([points(11, 20)]);
    await Promise.all([early.read(), late.read()]);
    assertEquals(late.history.snapshot(), early.history.snapshot());
    assertEquals(late.history.losses.last, 20);
    assertEquals([early.snapshots, late.snapshots], [1, 1]);
    await Promise.all([early.leave(), late.leave()]);
  });

  it("gives a viewer that has fallen far behind a snapshot, and keeps nothing for it", async () => {
    const feed = new Feed(ABOUT);
    const slow = new Viewer(feed);
    const fast = new Viewer(feed);
    await Promise.all([slow.read(), fast.read()]);
    for (let i = 1; i <= 500; i++) {
      feed.publish([points(i, i)]);
      await fast.read();
    }
    await slow.read();
    assertEquals(slow.snapshots, 2);
    assertEquals(fast.snapshots, 1);
    assertEquals(slow.history.snapshot(), fast.history.snapshot());
    await Promise.all([slow.leave(), fast.leave()]);
  });

  it("tells how many follow, before a new one's snapshot is taken", async () => {
    const counts: number[] = [];
    const feed: Feed = new Feed(ABOUT, (count) => {
      counts.push(count);
      if (count > 0) feed.publish([points(counts.length, counts.length)]);
    });
    const viewer = new Viewer(feed);
    await viewer.read();
    assertEquals(viewer.history.losses.last, 1);
    await viewer.leave();
    await viewer.leave();
    assertEquals(counts, [1, 0]);
  });

  it("ends once all is told", async () => {
    const feed = new Feed(ABOUT);
    const viewer = new Viewer(feed);
    await viewer.read();
    feed.publish([points(1, 3)]);
    feed.end();
    assert(await viewer.read());
    assertEquals(viewer.history.losses.last, 3);
    assert(!await viewer.read());
    assertEquals(feed.viewers, 0);
  });
});

describe("LossSeries", () => {
  it("keeps every extreme, the sum and the count of any number of iterations", () => {
    const number = fc.integer({ min: 1, max: 3 * MAX_BUCKETS });
    fc.assert(
      fc.property(number, fc.integer(), (count, seed) => {
        const loss = (i: number) => ((i * 7919 + seed) % 1009) / 10;
        const series = new LossSeries();
        let sum = 0;
        let [low, high] = [Infinity, -Infinity];
        for (let i = 1; i <= count; i++) {
          series.add(i, loss(i), null);
          sum += loss(i);
          low = Math.min(low, loss(i));
          high = Math.max(high, loss(i));
        }
        const { buckets } = series;
        assert(buckets.iteration.length <= MAX_BUCKETS);
        assertEquals(series.last, count);
        assertEquals(buckets.count.reduce((a, b) => a + b, 0), count);
        assertEquals(Math.min(...buckets.min), low);
        assertEquals(Math.max(...buckets.max), high);
        const total = buckets.sum.reduce((a, b) => a + b, 0);
        assert(Math.abs(total - sum) <= 1e-9 * Math.abs(sum));
        const ends = buckets.iteration.slice(0, -1);
        assert(ends.every((end) => end % buckets.width === 0));
      }),
      { numRuns: 15 },
    );
  });

  it("is the same from a snapshot as without one", () => {
    const whole = new LossSeries();
    let copied = new LossSeries();
    for (let i = 1; i <= 3 * MAX_BUCKETS; i++) {
      whole.add(i, Math.sin(i), i);
      copied.add(i, Math.sin(i), i);
      if (i % 1000 === 0) {
        copied = new LossSeries(JSON.parse(JSON.stringify(copied.buckets)));
      }
    }
    assertEquals(copied.buckets, whole.buckets);
  });

  it("has 100,000 iterations in 2,048 places, and a million too", () => {
    const series = new LossSeries();
    for (let i = 1; i <= 1_000_000; i++) {
      series.add(i, 1, null);
      if (i === 100_000) assertEquals(series.buckets.width, 64);
    }
    assertEquals(series.buckets.width, 512);
    assertEquals(series.last, 1_000_000);
  });

  it("smooths as the recursion does, without a bias at the start", () => {
    const series = new LossSeries();
    let [m, w] = [0, 0];
    const kept = Math.exp(-1 / 20);
    const expected: number[] = [];
    for (let i = 1; i <= 100; i++) {
      const loss = Math.cos(i / 9);
      series.add(i, loss, null);
      m = kept * m + (1 - kept) * loss;
      w = kept * w + (1 - kept);
      expected.push(m / w);
    }
    assertEquals(series.smoothed(20), expected);
    assertEquals(series.smoothed(20)[0], Math.cos(1 / 9));
    assertEquals(series.smoothed(0), series.buckets.sum);
  });
});

describe("RunHistory", () => {
  it("keeps the last lines of a log, and tells how many there were", () => {
    const history = new RunHistory();
    const lines = Array.from({ length: MAX_LINES + 50 }, (_, i) => `line ${i}`);
    for (const line of lines) history.apply({ kind: "log", lines: [line] });
    const { facts } = history;
    assertEquals(facts.lines, lines.slice(-MAX_LINES));
    assertEquals(facts.linesBefore, 50);
  });

  it("names the iteration whose loss was not finite", () => {
    const history = new RunHistory();
    history.apply({ kind: "points", points: [[1, 2, null], [2, null, null]] });
    assertEquals(history.facts.divergedAt, 2);
    assertEquals(history.losses.last, 1);
  });
});

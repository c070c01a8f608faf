// Copyright 2026 the Convlab authors. MIT license.

import { assert, assertEquals, assertLess, assertMatch } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { type Progress, startProgress } from "../../cli/progress.ts";
import { fakeOutput } from "./fake_output.ts";

/** A bar over 1,000 images, with a clock that the test sets. */
function start(
  { isTerminal = true, columns = 100, total = 1000, before = 0 } = {},
) {
  const clock = { time: 5_000 };
  const stdout = fakeOutput();
  const stderr = fakeOutput({ isTerminal, columns });
  const progress = startProgress({
    ...{ total, before },
    unit: "images",
    label: "Training",
    stdout,
    stderr,
    now: () => clock.time,
  });
  /** What a terminal shows on the line of the bar. */
  const shown = () => stderr.text.split("\r\x1b[K").at(-1);
  return { clock, progress, stdout, stderr, shown };
}

/** The first two updates, of which the rate is not reckoned; 0.1 s, 4 images. */
function warmUp(clock: { time: number }, progress: Progress, before = 0) {
  progress.update(before + 2);
  clock.time += 100;
  progress.update(before + 4);
}

describe("startProgress()", () => {
  it("shows nothing before two seconds have passed", () => {
    const { clock, progress, stderr } = start();
    clock.time += 1999;
    progress.update(500);
    progress.log("line");
    progress.stop();
    assertEquals(stderr.text, "");
  });

  it("shows share, count, rate, time left and note after two seconds", () => {
    const { clock, progress, shown } = start();
    warmUp(clock, progress);
    clock.time += 3900;
    progress.update(250, "loss 1.23");
    assertEquals(
      shown(),
      `Training ${"█".repeat(6)}${"░".repeat(18)}` +
        "  25 %  250/1,000 images  63 images/s  0:12 left  loss 1.23",
    );
  });

  it("writes hours, large numbers and an unknown time left", () => {
    const { clock, progress, shown } = start({ total: 2_000_000 });
    clock.time += 2000;
    progress.update(0);
    assertMatch(shown() ?? "", /0\/2,000,000 images .* -:-- left$/);
    progress.update(0);
    clock.time += 4000;
    progress.update(1000);
    assertMatch(shown() ?? "", / 250 images\/s {2}2:13:16 left$/);
  });

  it("reckons the rate by what was done since its start", () => {
    const { clock, progress, shown } = start({ before: 500 });
    clock.time += 4000;
    progress.update(500);
    assertMatch(shown() ?? "", / 50 % .* -:-- left$/);
    progress.update(500);
    clock.time += 4000;
    progress.update(900);
    assertMatch(shown() ?? "", / 90 % .* 100 images\/s {2}0:01 left$/);
  });

  it("leaves the warm-up out of the rate, however long it takes", () => {
    const { clock, progress, shown } = start();
    clock.time += 30_000; // Compiles.
    progress.update(10);
    clock.time += 20_000; // Checks the accuracies.
    progress.update(20);
    assertMatch(shown() ?? "", / 20\/1,000 images {2}-:-- left$/);
    clock.time += 1000;
    progress.update(30);
    assertMatch(shown() ?? "", / 10 images\/s {2}1:37 left$/);
  });

  it("draws no more than ten times a second", () => {
    const { clock, progress, stderr } = start();
    clock.time += 2000;
    for (let i = 0; i < 1000; i++) {
      clock.time += 1;
      progress.update(i);
    }
    assertEquals(stderr.text.split("\r\x1b[K").length - 1, 10);
  });

  it("steps aside for lines on standard output, and comes back", () => {
    const { clock, progress, stdout, stderr, shown } = start();
    clock.time += 2000;
    progress.update(10);
    const before = shown();
    progress.log("(Iteration 1 / 20) loss: 2.4");
    assertEquals(stdout.text, "(Iteration 1 / 20) loss: 2.4\n");
    assertEquals(shown(), before);
    assertEquals(stderr.text.split("\r\x1b[K").at(-2), "");
  });

  it("leaves an empty line when it stops, also on an error", () => {
    const { clock, progress, stderr } = start();
    clock.time += 2000;
    try {
      using bar = progress;
      bar.update(10);
      throw new Error("Cannot go on");
    } catch {
      assert(stderr.text.endsWith("\r\x1b[K"));
    }
    const { text } = stderr;
    clock.time += 2000;
    progress.update(20);
    progress.stop();
    assertEquals(stderr.text, text);
  });

  it("writes nothing but the lines where there is no terminal", () => {
    const { clock, progress, stdout, stderr } = start({ isTerminal: false });
    clock.time += 60_000;
    progress.update(10);
    progress.log("line");
    progress.stop();
    assertEquals(stderr.text, "");
    assertEquals(stdout.text, "line\n");
  });

  it("fits into a narrow terminal", () => {
    for (const columns of [1, 10, 20, 40, 60, 70, 80]) {
      const { clock, progress, shown } = start({ columns });
      clock.time += 2000;
      progress.update(999, "validation accuracy 0.487");
      assertLess(shown()?.length ?? 0, columns);
    }
  });
});

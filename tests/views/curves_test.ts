// Copyright 2026 the Convlab authors. MIT license.

/** Curves of runs, beside numbers worked out by hand and by NumPy. */

import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { Chart, Series } from "../../figures/chart.ts";
import { type Metric, RunFolder } from "../../training/run_folder.ts";
import { curvesOf } from "../../views/curves.ts";
import { smoothed, thinned } from "../../views/smooth.ts";
import { describePermitted } from "../permitted.ts";

describe("smoothed()", () => {
  it("is the mean with weights that fall from the last value back", () => {
    // numpy.average(x[:t + 1], weights=0.6 ** numpy.arange(t, -1, -1))
    const expected = [
      3.0,
      1.75,
      2.89795918,
      2.02573529,
      3.31575295,
      5.70072503,
    ];
    for (const [i, value] of smoothed([3, 1, 4, 1, 5, 9], 0.6).entries()) {
      assertAlmostEquals(value, expected[i]!, 1e-8);
    }
    assertEquals(smoothed([3, 1, 4], 0), [3, 1, 4]);
  });

  it("has a gap where there is no number, and goes on after it", () => {
    const [a, gap, b] = smoothed([2, NaN, 4], 0.5);
    assertEquals([a, gap], [2, NaN]);
    assertAlmostEquals(b!, (0.5 * 2 + 4) / 1.5, 1e-12);
  });
});

describe("thinned()", () => {
  it("leaves short curves as they are", () => {
    const { x, y } = thinned([5, 6, 7], (i) => i + 1, {});
    assertEquals([x, y], [[1, 2, 3], [5, 6, 7]]);
  });

  it("keeps the extremes and the gaps of long ones", () => {
    const values = Array.from({ length: 50_000 }, (_, i) => Math.sin(i / 900));
    values[12_345] = 17;
    values[40_001] = -17;
    values[30_000] = NaN;
    const { x, y } = thinned(values, (i) => i, {});
    assert(y.length <= 2100, `${y.length}`);
    for (const at of [12_345, 40_001, 30_000]) {
      const place = [...x as number[]].indexOf(at);
      assertEquals(y[place], values[at]);
    }
    assertEquals([...x as number[]].toSorted((a, b) => a - b), x);
  });
});

/** The curve of a panel. */
function seriesOf(chart: Chart, title: string): readonly Series[] {
  return chart.panels.find(({ y }) => y.title === title)?.series ?? [];
}

function run(
  runs: string,
  name: string,
  metrics: readonly Metric[],
  recipe = {},
): RunFolder {
  const folder = RunFolder.create(runs, name);
  folder.writeConfig({ data: "Shapes", trainingImages: 1200, recipe });
  for (const metric of metrics) folder.metric(metric);
  return folder;
}

function iterations(
  losses: readonly number[],
  rates?: readonly number[],
): Metric[] {
  return losses.map((loss, i) => ({
    ...{ kind: "iteration" as const, iteration: i + 1, loss },
    ...rates ? { learningRate: rates[i]! } : {},
  }));
}

function check(iteration: number, epoch: number, train: number, val: number) {
  return {
    ...{ kind: "check" as const, iteration, epoch },
    ...{ trainAccuracy: train, valAccuracy: val },
  };
}

const FINAL: Metric = {
  kind: "final",
  trainAccuracy: 1,
  valAccuracy: 1,
  testAccuracy: 1,
  seconds: 1,
};

describePermitted("curvesOf()", () => {
  const runs = Deno.makeTempDirSync();
  globalThis.addEventListener(
    "unload",
    () => Deno.removeSync(runs, { recursive: true }),
  );

  it("draws the losses as they are, and both accuracies, without smoothing", () => {
    const chart = curvesOf(
      run(runs, "plain", [
        ...iterations([3, 2, 1]),
        check(1, 0, 0.1, 0.2),
        check(3, 1, 0.5, 0.4),
        FINAL,
      ]),
      { smooth: 0 },
    );
    const [loss] = seriesOf(chart, "loss");
    assertEquals([loss?.x, loss?.y], [[1, 2, 3], [3, 2, 1]]);
    const accuracies = seriesOf(chart, "accuracy");
    assertEquals(
      accuracies.map(({ label, x, y }) => [label, x, y]),
      [["train", [0, 1], [10, 50]], ["val", [0, 1], [20, 40]]],
    );
    assertEquals(seriesOf(chart, "learning rate"), []);
    assertEquals(chart.subtitle, "Shapes, 1,200 training images");
  });

  it("draws the raw loss faint behind the smoothed one, in one colour", () => {
    const folder = run(runs, "smooth", [...iterations([4, 2]), FINAL]);
    const [raw, smooth] = seriesOf(curvesOf(folder, { smooth: 0.5 }), "loss");
    assertEquals([raw?.faint, raw?.color, smooth?.color], [true, 0, 0]);
    assertEquals([...smooth!.y as number[]], [4, (0.5 * 4 + 2) / 1.5]);
  });

  it("shows learning rates that vary: written, decaying, or changed by hand", () => {
    const scheduled = run(
      runs,
      "scheduled",
      iterations([1, 1, 1], [0.1, 0.2, 0.1]),
    );
    const [rate] = seriesOf(curvesOf(scheduled), "learning rate");
    assertEquals(rate?.y, [0.1, 0.2, 0.1]);
    const metrics: Metric[] = [...iterations([1, 1, 1, 1, 1, 1])];
    metrics.splice(
      5,
      0,
      { kind: "learningRate", iteration: 5, learningRate: 8 },
    );
    const changed = run(
      runs,
      "changed",
      [...metrics, check(2, 1, 1, 1)],
      { learningRate: 4, lrDecay: 0.5 },
    );
    const [steps] = seriesOf(curvesOf(changed), "learning rate");
    assertEquals(steps?.y, [4, 4, 2, 2, 1, 8]);
  });

  it("leaves a gap where a run diverged, and says so", () => {
    const diverged = run(runs, "diverged", iterations([2, 1e9, NaN]));
    const chart = curvesOf(diverged, { smooth: 0 });
    const [loss] = seriesOf(chart, "loss");
    assertEquals(loss?.y, [2, NaN, NaN]);
    assertStringIncludes(chart.subtitle!, "diverged at iteration 3");
  });

  it("tells of a run that is training, and of one that was stopped", () => {
    const folder = run(runs, "going", iterations([2, 1]));
    {
      using _lock = folder.lock();
      assertStringIncludes(
        curvesOf(folder).subtitle!,
        "training, at iteration 2",
      );
    }
    assertStringIncludes(
      curvesOf(folder).subtitle!,
      "stopped after iteration 2",
    );
  });

  it("lays several runs over one another, in epochs where these differ", () => {
    const short = run(runs, "short", [
      ...iterations([3, 2]),
      check(2, 1, 0.5, 0.5),
      FINAL,
    ]);
    const long = run(runs, "long", [
      ...iterations([3, 2, 1, 0]),
      check(4, 1, 0.5, 0.5),
      FINAL,
    ]);
    const chart = curvesOf([short, long], { smooth: 0 });
    assertEquals(chart.title, "2 runs");
    const losses = seriesOf(chart, "loss");
    assertEquals(losses.map(({ label }) => label), ["short", "long"]);
    assertEquals(losses.map(({ color }) => color), [0, 1]);
    assertEquals(losses.map(({ x }) => x), [[0.5, 1], [0.25, 0.5, 0.75, 1]]);
    assertEquals(chart.panels[0]?.x.title, "epoch");
    assertEquals(curvesOf([short, short]).panels[0]?.x.title, "iteration");
    assertEquals(
      seriesOf(chart, "accuracy").map(({ label, color, faint }) => [
        ...[label, color, faint],
      ]),
      [
        ["short, train", 0, true],
        ["short, val", 0, false],
        ["long, train", 1, true],
        ["long, val", 1, false],
      ],
    );
  });

  it("refuses no run, one without iterations, and a smoothing of 1", () => {
    const folder = run(runs, "empty", []);
    assertThrows(() => curvesOf(folder), Error, '"empty" has no iteration yet');
    assertThrows(() => curvesOf([]), RangeError, "at least one run");
    const some = run(runs, "some", iterations([1]));
    for (const smooth of [1, -0.1, NaN]) {
      assertThrows(() => curvesOf(some, { smooth }), RangeError, "smooth");
    }
  });
});

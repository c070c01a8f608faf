// Copyright 2026 the Convlab authors. MIT license.

/**
 * The figure of a run: loss against iteration, and below it both accuracies
 * against epoch (cell 17 of the document).
 *
 * @module
 */

import type { Chart } from "../figures/chart.ts";
import type { Metric, RunFolder } from "../training/run_folder.ts";
import { grouped } from "./words.ts";

/**
 * Describes the curves of a run.
 *
 * @throws {Error} If the run has no iteration yet.
 *
 * @example
 * ```ts
 * import { curvesOf, RunFolder } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const runs = Deno.makeTempDirSync();
 * const run = RunFolder.create(runs, "first");
 * run.writeConfig({ data: "Shapes", trainingImages: 100 });
 * run.metric({ kind: "iteration", iteration: 1, loss: 2.3 });
 * assertEquals(curvesOf(run).panels[0]?.y.title, "loss");
 * Deno.removeSync(runs, { recursive: true });
 * ```
 */
export function curvesOf(run: RunFolder): Chart {
  const metrics = run.readMetrics();
  const iterations = metrics.filter(isKind("iteration"));
  const checks = metrics.filter(isKind("check"));
  if (iterations.length === 0) {
    throw new Error(
      `Cannot draw curves: run "${run.name}" has no iteration yet`,
    );
  }
  const { data, trainingImages } = run.readConfig();
  // The first check comes after the first iteration, not at epoch 0 exactly.
  const epochs = checks.map(({ epoch }) => epoch);
  const percent = (shares: number[]) => shares.map((share) => 100 * share);
  // Without validation images the accuracy is NaN, which JSON has as null.
  const validated = checks.filter(({ valAccuracy }) => valAccuracy !== null);
  return {
    kind: "chart",
    title: run.name,
    subtitle: `${data}, ${grouped(Number(trainingImages))} training images`,
    panels: [
      {
        x: { title: "iteration", integer: true },
        y: { title: "loss", min: 0 },
        series: [{
          x: iterations.map(({ iteration }) => iteration),
          y: iterations.map(({ loss }) => loss),
          mark: "point",
        }],
      },
      {
        x: { title: "epoch", integer: true },
        y: { title: "accuracy", unit: "%", min: 0, max: 100 },
        series: [
          {
            label: "train",
            x: epochs,
            y: percent(checks.map((check) => check.trainAccuracy)),
            mark: "line+point",
          },
          {
            label: "val",
            x: validated.map(({ epoch }) => epoch),
            y: percent(validated.map((check) => check.valAccuracy)),
            mark: "line+point",
          },
        ],
      },
    ],
  };
}

function isKind<K extends Metric["kind"]>(kind: K) {
  return (metric: Metric): metric is Extract<Metric, { kind: K }> =>
    metric.kind === kind;
}

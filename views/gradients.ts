// Copyright 2026 the Convlab authors. MIT license.

/**
 * The figure of a training's gradients: how large they are, parameter by
 * parameter, while it goes on.
 *
 * @module
 */

import type { Chart } from "../figures/chart.ts";
import { displayFigure } from "../figures/display.ts";
import type { FigureStack } from "../figures/figure_stack.ts";
import type { MatrixFigure } from "../figures/matrix_figure.ts";
import {
  BINS_PER_DECADE,
  type GradientSummary,
} from "../training/gradient_summary.ts";
import type { Metric, RunFolder } from "../training/run_folder.ts";

type Moment = Extract<Metric, { kind: "gradients" }>;

/** Height of a heat map, in its widths: there are many. */
const ASPECT = 0.16;
/** The share of a gradient's numbers that must lie in the rows that are shown. */
const ENOUGH = 0.005;

/**
 * Describes the figure: the norm of each weight's gradient, and for each
 * parameter a heat map of log₁₀ |g| over the iterations that a training keeps
 * ({@linkcode summarizeGradient}). A column is one iteration; its colours say
 * which share of the numbers is as large. Numbers that are 0 have no row.
 *
 * @param run The run, which may be training still.
 * @throws {Error} If the run has kept no gradients, as runs of earlier versions.
 *
 * @example
 * ```ts
 * import { gradientsOf, RunFolder, summarizeGradient, tensor } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const runs = Deno.makeTempDirSync();
 * const run = RunFolder.create(runs, "first");
 * run.writeConfig({ data: "Shapes" });
 * const parameters = { "fc1.weight": summarizeGradient(tensor([0.1, 0.2])) };
 * run.metric({ kind: "gradients", iteration: 1, parameters });
 * assertEquals(gradientsOf(run).figures.length, 2);
 * Deno.removeSync(runs, { recursive: true });
 * ```
 */
export function gradientsOf(run: RunFolder): FigureStack {
  const moments = run.readMetrics().filter((metric): metric is Moment =>
    metric.kind === "gradients"
  );
  const [first] = moments;
  if (!first) {
    throw new Error(
      `Cannot draw gradients: expected run "${run.name}" to have kept some in metrics.jsonl but found none; those of an earlier version have not, so train it again`,
    );
  }
  const names = Object.keys(first.parameters);
  return displayFigure({
    kind: "stack",
    title: run.name,
    subtitle:
      `${run.readConfig().data}, gradients at ${moments.length} iterations`,
    figures: [
      normChart(moments, names),
      ...names.map((name) => heatMap(name, moments)),
    ],
  });
}

/** The norms of the weights' gradients; those of biases would hide them. */
function normChart(
  moments: readonly Moment[],
  names: readonly string[],
): Chart {
  const weights = names.filter((name) =>
    /^(conv|fc)\d+\.weight$|^W/.test(name)
  );
  return {
    kind: "chart",
    panels: [{
      x: { title: "iteration", integer: true },
      y: { title: "norm of the gradient", scale: "log" },
      series: (weights.length > 0 ? weights : names).map((name) => ({
        label: name,
        x: moments.map(({ iteration }) => iteration),
        y: moments.map(({ parameters }) => parameters[name]?.norm ?? NaN),
        mark: "line",
      })),
    }],
  };
}

/** How a parameter's gradients are spread over orders of magnitude, iteration by iteration. */
function heatMap(name: string, moments: readonly Moment[]): MatrixFigure {
  const columns = moments.map(({ parameters }) => rowsOf(parameters[name]));
  const used = columns.flatMap((rows) =>
    [...rows].filter(([, share]) => share >= ENOUGH).map(([row]) => row)
  );
  const low = used.length > 0 ? Math.min(...used) : 0;
  // From a whole power of ten on, so that these get the labels.
  const most = used.length > 0 ? Math.max(...used) : 0;
  const high = BINS_PER_DECADE * Math.ceil(most / BINS_PER_DECADE);
  // The largest on top.
  const rows = Array.from({ length: high - low + 1 }, (_, i) => high - i);
  return {
    kind: "matrix",
    title: name,
    rows: {
      title: "log₁₀ |g|",
      labels: rows.map((row) => String(row / BINS_PER_DECADE)),
    },
    columns: {
      title: "iteration",
      labels: moments.map(({ iteration }) => String(iteration)),
    },
    values: rows.map((row) =>
      columns.map((shares) => 100 * (shares.get(row) ?? 0))
    ),
    value: { title: "share", unit: "%", min: 0 },
    aspect: ASPECT,
  };
}

/** The share of a gradient's numbers in each row of the picture. */
function rowsOf(summary: GradientSummary | undefined): Map<number, number> {
  const shares = new Map<number, number>();
  if (!summary) return shares;
  const { first, counts, sample } = summary;
  for (const [i, count] of counts.entries()) {
    const row = first + i;
    shares.set(row, (shares.get(row) ?? 0) + count / sample);
  }
  return shares;
}

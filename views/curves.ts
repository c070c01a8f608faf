// Copyright 2026 the Convlab authors. MIT license.

/**
 * The curves of one or more trainings: loss, learning rate where it varies, and
 * both accuracies (cell 17 of the document).
 *
 * @module
 */

import type { Chart, Panel, Series } from "../figures/chart.ts";
import { displayFigure } from "../figures/display.ts";
import type { RunFolder } from "../training/run_folder.ts";
import { type RunCurves, runCurves } from "./run_curves.ts";
import { smoothed, thinned } from "./smooth.ts";
import { grouped } from "./words.ts";

/** Options of {@linkcode curvesOf}. */
export interface CurvesOptions {
  /**
   * How much of the loss's moving average stays at each iteration, 0 to below
   * 1; 0 shows the loss of each batch alone. By default as much as smooths over
   * a fiftieth of the longest run.
   */
  readonly smooth?: number | undefined;
}

/** A loss this many times the first one has left the picture. */
const FAR = 4;

/**
 * Describes the curves of runs, those of several over one another. The loss of
 * each batch is drawn faint behind its moving average. Iterations without a
 * finite loss are gaps. The horizontal axis is the iteration; for the loss of
 * runs whose epochs differ in length it is the epoch.
 *
 * @param runs A run or more, which may be training still.
 * @throws {Error} If a run has no iteration yet.
 * @throws {RangeError} If `smooth` is not from 0 to below 1, or there is no run.
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
export function curvesOf(
  runs: RunFolder | readonly RunFolder[],
  { smooth }: CurvesOptions = {},
): Chart {
  const all = ("path" in runs ? [runs] : runs).map(runCurves);
  const [first] = all;
  if (!first) {
    throw new RangeError(
      "Cannot draw curves: expected at least one run but found none",
    );
  }
  if (smooth !== undefined && !(smooth >= 0 && smooth < 1)) {
    throw new RangeError(
      `Cannot draw curves: expected smooth to be from 0 to below 1 but found ${smooth}`,
    );
  }
  const longest = Math.max(...all.map(({ losses }) => losses.length));
  const share = smooth ?? Math.max(0, 1 - 50 / longest);
  return displayFigure({
    kind: "chart",
    ...headingOf(all, share),
    panels: [
      lossPanel(all, share),
      ...ratePanel(all),
      ...accuracyPanel(all),
    ],
  });
}

/** What the figure is of: the run, or what the runs have in common. */
function headingOf(
  runs: readonly RunCurves[],
  share: number,
): { title: string; subtitle: string } {
  const data = [
    ...new Set(
      runs.map(({ data, trainingImages }) =>
        `${data}, ${grouped(trainingImages)} training images`
      ),
    ),
  ];
  const names = [...new Set(runs.map(({ data }) => data))];
  const states = runs.flatMap(({ name, state }) =>
    state === "" ? [] : runs.length === 1 ? state : `${name} ${state}`
  );
  const about = [
    ...data.length === 1 ? data : [names.join(", ")],
    ...states,
    ...share > 0 ? [`loss smoothed by ${Number(share.toFixed(3))}`] : [],
  ];
  return {
    title: runs.length === 1 ? runs[0]!.name : `${runs.length} runs`,
    subtitle: about.join("; "),
  };
}

function lossPanel(runs: readonly RunCurves[], share: number): Panel {
  const { axis, at } = horizontal(runs);
  const start = Math.max(
    ...runs.map(({ losses }) => losses.find(Number.isFinite) ?? 0),
  );
  const tooLarge = start > 0 ? FAR * start : Infinity;
  const cut = (values: readonly number[]) =>
    values.map((value) => value > tooLarge ? NaN : value);
  const series = runs.flatMap((run, color): Series[] => {
    const { name, losses } = run;
    const label = runs.length > 1 ? { label: name } : {};
    const raw = (rest: Partial<Series>) =>
      thinned(cut(losses), at(run), { color, ...rest });
    if (share === 0) return [raw({ mark: markFor(losses), ...label })];
    return [
      raw({ mark: "line", faint: true }),
      thinned(cut(smoothed(losses, share)), at(run), {
        ...{ color, mark: "line" },
        ...label,
      }),
    ];
  });
  return {
    x: axis,
    y: { title: "loss", min: 0 },
    series,
  };
}

/** Points tell batches apart; many of them are a cloud, which a line shows better. */
function markFor(losses: readonly number[]): "point" | "line+point" {
  return losses.length > 60 ? "point" : "line+point";
}

/** The learning rates, if there is one that varies. */
function ratePanel(runs: readonly RunCurves[]): Panel[] {
  if (!runs.some(({ rates }) => new Set(rates).size > 1)) return [];
  const { axis, at } = horizontal(runs);
  const shown = runs.flatMap((run, color) =>
    run.rates.some(Number.isFinite)
      ? [thinned(run.rates, at(run), {
        ...{ color, mark: "line" },
        ...runs.length > 1 ? { label: run.name } : {},
      })]
      : []
  );
  return [{
    x: axis,
    y: { title: "learning rate", min: 0 },
    series: shown,
  }];
}

/** Where iterations lie: by their numbers, or by epochs where these differ in length. */
function horizontal(runs: readonly RunCurves[]) {
  const lengths = new Set(runs.map(({ perEpoch }) => perEpoch));
  const inEpochs = lengths.size > 1 && !lengths.has(undefined);
  return {
    axis: inEpochs ? { title: "epoch" } : { title: "iteration", integer: true },
    at: ({ iterations, perEpoch = 1 }: RunCurves) => (i: number) =>
      inEpochs ? iterations[i]! / perEpoch : iterations[i]!,
  };
}

/** Both accuracies; with several runs in a run's colour, that of the training images faint. */
function accuracyPanel(runs: readonly RunCurves[]): Panel[] {
  const several = runs.length > 1;
  const series = runs.flatMap(({ name, epochs, train, validation }, color) => {
    const line = (
      label: string,
      values: readonly number[],
      own: number,
      faint: boolean,
    ): Series[] =>
      values.some(Number.isFinite)
        ? [{
          label,
          x: epochs,
          y: values.map((share) => 100 * share),
          mark: "line+point",
          ...several ? { color, faint } : { color: own },
        }]
        : [];
    return several
      ? [
        ...line(`${name}, train`, train, 0, true),
        ...line(`${name}, val`, validation, 0, false),
      ]
      : [
        ...line("train", train, 0, false),
        ...line("val", validation, 1, false),
      ];
  });
  if (series.length === 0) return [];
  return [{
    x: { title: "epoch", integer: true },
    y: { title: "accuracy", unit: "%", min: 0, max: 100 },
    series,
  }];
}

// Copyright 2026 the Convlab authors. MIT license.

/**
 * How training is expected to scale to many ranks, by what
 * `bench scaling --ranks --json` measured.
 *
 * @module
 */

import { type Network, stepSeconds } from "../../distributed/step_time.ts";
import type { Chart, Panel, Series } from "../../figures/chart.ts";
import { displayFigure } from "../../figures/display.ts";
import { threadsInWords } from "../bench/benchmark.ts";
import type { CostRow } from "../bench/ranks.ts";
import { grouped } from "../words.ts";

/** Networks that ranks may be joined by: bits in a second, by what they are called. */
const ETHERNET = { "10 Gbit/s": 10e9, "100 Gbit/s": 100e9 };
/** Numbers of ranks: 1, 2, 4, … 512. */
const RANKS = Array.from({ length: 10 }, (_, i) => 2 ** i);
const AXES: Pick<Panel, "x" | "y"> = {
  x: { title: "ranks", scale: "log", min: 1, max: RANKS.at(-1)! },
  y: { title: "efficiency", unit: "%", min: 0, max: 100 },
};
/** The batch of all ranks together, where it is the same for any number, in batches of one. */
const BATCHES = 16;

/**
 * Describes the efficiency of training on up to 512 ranks: with the same batch
 * for each rank, and with the same batch for all together.
 *
 * @param costs What steps cost, by shape.
 * @param latency Seconds that a small message takes.
 */
export function scalingOf(costs: readonly CostRow[], latency: number): Chart {
  const [first] = costs;
  const batch = first?.images ?? 0;
  const all = BATCHES * batch;
  return displayFigure({
    kind: "chart",
    title: "Training on many ranks, by the model",
    subtitle: `one rank's steps as measured with ${
      threadsInWords(first?.threads ?? 1)
    }; Ethernet at its line rate, ${
      (1e6 * latency).toFixed(0)
    } µs for a message`,
    panels: [
      {
        title: `${batch} images for each rank`,
        ...AXES,
        series: seriesOf(costs, latency, (cost, ranks, network) => {
          const step = (ranks: number) =>
            stepSeconds(cost, { ranks, batchSize: batch * ranks, network });
          return step(1) / step(ranks);
        }),
      },
      {
        title: `${grouped(all)} images for all ranks together`,
        ...AXES,
        series: seriesOf(costs, latency, (cost, ranks, network) => {
          const step = (ranks: number) =>
            stepSeconds(cost, { ranks, batchSize: all, network });
          return step(1) / ranks / step(ranks);
        }),
      },
    ],
  });
}

/** What each network's steps come to, over the number of ranks. */
function seriesOf(
  costs: readonly CostRow[],
  latency: number,
  efficiency: (cost: CostRow, ranks: number, network: Network) => number,
): Series[] {
  return costs.flatMap((cost) =>
    Object.entries(ETHERNET).map(([name, bits]) => ({
      label: `${cost.shape}, ${megabytes(cost.bytes)}, ${name}`,
      x: RANKS,
      y: RANKS.map((ranks) =>
        100 * efficiency(cost, ranks, { latency, bandwidth: bits / 8 })
      ),
      mark: "line+point" as const,
    }))
  );
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

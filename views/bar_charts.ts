// Copyright 2026 the Convlab authors. MIT license.

/**
 * A few numbers as bars: what a last layer gives, and the probabilities of
 * classes.
 *
 * @module
 */

import type { Chart } from "../figures/chart.ts";
import type { Tensor } from "../numerics/tensor.ts";
import type { ClassProbability } from "../training/trained_network.ts";

/** Classes that are shown of many. */
const MAX_CLASSES = 20;

/** The numbers that a layer gives; by default their names are their places. */
export function barChart(
  name: string,
  { data, size }: Tensor,
  names: readonly string[] = Array.from({ length: size }, (_, i) => `${i}`),
): Chart {
  return {
    kind: "chart",
    title: `${name}: ${size} numbers`,
    panels: [{
      x: { title: "output", labels: names },
      y: { title: "value" },
      series: [{ y: [...data], mark: "bar" }],
    }],
  };
}

/** The likeliest classes, with their probabilities. */
export function classChart(
  classes: readonly ClassProbability[],
): Chart {
  const all = classes.length <= MAX_CLASSES;
  const shown = all
    ? classes.toSorted((a, b) => a.label - b.label)
    : classes.slice(0, MAX_CLASSES);
  return {
    kind: "chart",
    title: all ? "probabilities" : `the ${MAX_CLASSES} likeliest classes`,
    panels: [{
      x: { title: "class", labels: shown.map(({ name }) => name) },
      y: { title: "probability", unit: "%", min: 0, max: 100 },
      series: [{
        y: shown.map(({ probability }) => 100 * probability),
        mark: "bar",
      }],
    }],
  };
}

// Copyright 2026 the Convlab authors. MIT license.

/**
 * `visualize confusion` and `mistakes`: how a network classifies many images.
 *
 * @module
 */

import { join } from "@std/path";
import type { ImageSet } from "../../data/image_set.ts";
import type { Figure } from "../../figures/figure.ts";
import { evaluate } from "../../training/evaluate.ts";
import { findMistakes } from "../../training/find_mistakes.ts";
import type { TrainedNetwork } from "../../training/trained_network.ts";
import { confusionOf } from "../../views/confusion.ts";
import { mistakesOf } from "../../views/mistakes.ts";
import { evaluationData } from "../evaluate/data.ts";
import { startProgress } from "../progress.ts";
import { openTrained } from "../trained.ts";
import type { FigureKind, FigureOptions } from "./figure_kind.ts";

/** What a figure is made of. */
interface Subject {
  readonly trained: TrainedNetwork;
  readonly images: ImageSet;
  readonly options: FigureOptions;
  readonly about: {
    readonly title: string;
    readonly what: string;
    readonly classNames: readonly string[];
  };
  onProgress(done: number): void;
}

/** What images of each class are taken for. */
export const confusion = ofImages(
  "confusion",
  [],
  ({ trained, images, about, onProgress }) => {
    const evaluation = evaluate(trained.network, images, {
      numClasses: trained.classNames.length,
      dtype: trained.dtype,
      onProgress,
    });
    return confusionOf(evaluation, about);
  },
);

/** The wrong answers that it is surest of. */
export const mistakes = ofImages(
  "mistakes",
  ["count"],
  ({ trained, images, about, onProgress, options: { count } }) => {
    const found = findMistakes(trained.network, images, {
      ...{ count, dtype: trained.dtype, onProgress },
    });
    return mistakesOf(images, found, about);
  },
);

function ofImages(
  kind: string,
  options: readonly (keyof FigureOptions)[],
  describe: (subject: Subject) => Figure,
): FigureKind {
  return {
    takes: "RUN",
    arguments: [1, 1],
    options: [...options, "split", "dataset", "dataDir"],
    plan([name = ""], options, streams) {
      const { run, trained } = openTrained(
        ...[name, options.runsDir, streams.stderr] as const,
      );
      return {
        path: join(run.path, `${kind}.png`),
        async describe() {
          const data = await evaluationData(run, trained, options, streams);
          const { title, images } = data;
          using progress = startProgress({
            ...streams,
            total: images.length,
            unit: "images",
            label: "Classifying",
          });
          const part = options.split === "all" ? "" : `${options.split} `;
          return describe({
            ...{ trained, images, options },
            about: {
              title: run.name,
              what: `${part}images of ${title}`,
              classNames: trained.classNames,
            },
            onProgress: (done) => progress.update(done),
          });
        },
      };
    },
  };
}

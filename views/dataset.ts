// Copyright 2026 the Convlab authors. MIT license.

/**
 * The figure of a data set: how many images each class has, and some of them.
 *
 * @module
 */

import type { DataSet } from "../data/data_set.ts";
import type { ImageSet } from "../data/image_set.ts";
import type { Chart, Series } from "../figures/chart.ts";
import { displayFigure } from "../figures/display.ts";
import type { FigureStack } from "../figures/figure_stack.ts";
import type { FigureImage, ImageFigure } from "../figures/image_figure.ts";
import { imageOfBytes } from "./seen_image.ts";
import { grouped } from "./words.ts";

/** Options of {@linkcode dataSetOf}. */
export interface DataSetFigureOptions {
  /** Images of each class; 6 by default. */
  readonly samples?: number | undefined;
}

/** Classes beside one another. */
const COLUMNS = 10;
/** The largest width of an image, as figures have it. */
const IMAGE_WIDTH = 84;
/** Classes of which images are shown. */
const MAX_CLASSES = 100;

/**
 * Describes the figure: the number of images of each class by what they are for,
 * and below that the first training images of each class, one column a class.
 *
 * @param data The data set.
 * @throws {RangeError} If `samples` is no positive integer, or the images have neither one nor three channels.
 *
 * @example
 * ```ts
 * import { dataSetOf, ImageSet } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const images = (...labels: number[]) =>
 *   new ImageSet({
 *     bytes: new Uint8Array(labels.length),
 *     labels: Int32Array.from(labels),
 *     imageShape: [1, 1, 1],
 *   });
 * const { subtitle } = dataSetOf({
 *   name: "pets",
 *   title: "Pets",
 *   classNames: ["cat", "dog"],
 *   train: images(0, 1, 1),
 *   validation: images(0),
 *   test: images(),
 * });
 * assertEquals(subtitle, "2 classes, 1 × 1 pixels, grey; 3 training images, 1 for validation");
 * ```
 */
export function dataSetOf(
  data: DataSet,
  { samples = 6 }: DataSetFigureOptions = {},
): FigureStack {
  if (!Number.isInteger(samples) || samples < 1) {
    throw new RangeError(
      `Cannot draw data set: expected samples to be a positive integer but found ${samples}`,
    );
  }
  const { title, classNames, train, validation, test } = data;
  const [channels, height, width] = train.imageShape;
  const parts = [
    `${grouped(train.length)} training images`,
    ...validation.length > 0
      ? [`${grouped(validation.length)} for validation`]
      : [],
    ...test.length > 0 ? [`${grouped(test.length)} for testing`] : [],
  ];
  return displayFigure({
    kind: "stack",
    title,
    subtitle: `${classNames.length} classes, ${height} × ${width} pixels, ${
      channels === 1 ? "grey" : "in colour"
    }; ${parts.join(", ")}`,
    figures: [countChart(data), ...sampleFigures(data, samples)],
  });
}

function countChart(data: DataSet): Chart {
  const { classNames } = data;
  const series = (["train", "validation", "test"] as const)
    .flatMap((part, color): Series[] =>
      data[part].length === 0 ? [] : [{
        ...{ label: part, color, mark: "bar" },
        y: countsOf(data[part], classNames.length),
      }]
    );
  return {
    kind: "chart",
    panels: [{
      x: { title: "class", labels: classNames },
      y: { title: "images", min: 0, integer: true },
      series,
    }],
  };
}

function countsOf({ labels }: ImageSet, classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (const label of labels) counts[label]!++;
  return counts;
}

/** Columns of images, the name of the class above each; ten classes a figure. */
function sampleFigures(
  { train, classNames }: DataSet,
  samples: number,
): ImageFigure[] {
  const found = classNames.map((): number[] => []);
  for (const [index, label] of train.labels.entries()) {
    if (found[label]!.length < samples) found[label]!.push(index);
  }
  const size = train.bytes.length / train.length;
  const [channels, height, width] = train.imageShape;
  // Where a class has fewer images.
  const nothing = { width, height, channels: 1, pixels: undefined } as const;
  const imageAt = (index: number | undefined) =>
    index === undefined
      ? { ...nothing, pixels: new Uint8Array(height * width) }
      : imageOfBytes(
        train.bytes.subarray(index * size, (index + 1) * size),
        [channels, height, width],
      );
  const figures: ImageFigure[] = [];
  const shown = classNames.slice(0, MAX_CLASSES);
  for (let begin = 0; begin < shown.length; begin += COLUMNS) {
    const names = shown.slice(begin, begin + COLUMNS);
    const rows = Math.max(
      ...names.map((_, i) => found[begin + i]!.length),
    );
    const images: FigureImage[] = [];
    for (let row = 0; row < rows; row++) {
      for (const [i, name] of names.entries()) {
        images.push({
          image: imageAt(found[begin + i]![row]),
          ...row === 0 ? { title: name } : {},
        });
      }
    }
    if (images.length > 0) {
      figures.push({
        ...{ kind: "images", columns: names.length },
        ...{ imageWidth: IMAGE_WIDTH, images },
      });
    }
  }
  return figures;
}

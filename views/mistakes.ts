// Copyright 2026 the Convlab authors. MIT license.

/**
 * The figure of a network's most confident wrong answers.
 *
 * @module
 */

import type { ImageSet } from "../data/image_set.ts";
import { displayFigure } from "../figures/display.ts";
import { enlargeImage } from "../figures/enlarge_image.ts";
import type { ImageFigure } from "../figures/image_figure.ts";
import type { Mistakes } from "../training/find_mistakes.ts";
import { imageOfBytes } from "./seen_image.ts";
import { grouped, percent } from "./words.ts";

/** Options of {@linkcode mistakesOf}. */
export interface MistakesFigureOptions {
  /** The class that each label stands for. */
  readonly classNames: readonly string[];
  /** What the figure is called, such as the run's name. */
  readonly title?: string | undefined;
  /** What the images are, such as `"test images"`; `"images"` by default. */
  readonly what?: string | undefined;
}

/** Pictures in a row. */
const COLUMNS = 4;
/** Least width of a picture before it is drawn, so that it can have any size. */
const LEAST = 96;

/**
 * Describes the figure: each picture, and above it the class that it is taken
 * for, how sure the network is of that, and the class that it is.
 *
 * @param images The images that were classified.
 * @param found What `findMistakes` found in them.
 * @throws {RangeError} If there is no mistake, or the images have neither one nor three channels.
 *
 * @example
 * ```ts
 * import { findMistakes, ImageSet, mistakesOf, type Tensor } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const images = new ImageSet({
 *   bytes: Uint8Array.of(9, 1),
 *   labels: Uint8Array.of(1),
 *   imageShape: [1, 1, 2],
 * });
 * const network = { scores: (x: Tensor) => x.reshape([-1, 2]) };
 * const found = findMistakes(network, images);
 * const figure = mistakesOf(images, found, { classNames: ["left", "right"] });
 * assertEquals(figure.images[0]?.title, "100 % left");
 * assertEquals(figure.images[0]?.subtitle, "is right");
 * ```
 */
export function mistakesOf(
  images: ImageSet,
  { mistakes, wrong, images: all }: Mistakes,
  { classNames, title, what = "images" }: MistakesFigureOptions,
): ImageFigure {
  if (mistakes.length === 0) {
    throw new RangeError(
      `Cannot draw mistakes: expected at least one wrong answer but found none in ${
        grouped(all)
      } ${what}`,
    );
  }
  const size = images.bytes.length / images.length;
  return displayFigure({
    kind: "images",
    ...title === undefined ? {} : { title },
    subtitle: `${grouped(wrong)} of ${
      grouped(all)
    } ${what} are taken for something else, ${
      percent(wrong / all)
    }; the ${mistakes.length} surest`,
    columns: COLUMNS,
    interpolation: "smooth",
    images: mistakes.map(({ index, label, predicted, probability }) => ({
      image: enlargeImage(
        imageOfBytes(
          images.bytes.subarray(index * size, (index + 1) * size),
          images.imageShape,
        ),
        Math.ceil(LEAST / images.imageShape[2]),
      ),
      title: `${(100 * probability).toFixed(0)} % ${classNames[predicted]}`,
      subtitle: `is ${classNames[label]}`,
    })),
  });
}

// Copyright 2026 the Convlab authors. MIT license.

/**
 * Two photos convolved with filters made by hand: grey scale and edges (cell 4
 * of the document).
 *
 * @module
 */

import { cropToSquare } from "../data/crop_to_square.ts";
import { type Image, imageFromTensor, imageToTensor } from "../data/image.ts";
import { resizeImage } from "../data/resize_image.ts";
import { displayFigure } from "../figures/display.ts";
import type { ImageFigure } from "../figures/image_figure.ts";
import { convForwardFast } from "../layers/conv_fast.ts";
import { tensor, zeros } from "../numerics/tensor.ts";

/** Side of the squares that photos are brought to. */
const SIZE = 200;

/** Weights of red, green and blue in grey. */
const GREY = [0.3, 0.6, 0.1];
/** Horizontal edges (Sobel). */
const EDGES = [[1, 2, 1], [0, 0, 0], [-1, -2, -1]];

/**
 * Describes the figure: a row for each photo, with the original, in grey, and
 * its horizontal edges in the blue channel.
 *
 * @param photos One or more; the largest square in the middle of each is taken.
 *
 * @example
 * ```ts
 * import { convolvedPhotos } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const pixels = new Uint8Array(20 * 10 * 3);
 * const figure = convolvedPhotos([{ width: 20, height: 10, channels: 3, pixels }]);
 * assertEquals(figure.images.map(({ title }) => title), [
 *   "Original image",
 *   "Grayscale",
 *   "Edges",
 * ]);
 * ```
 */
export function convolvedPhotos(photos: readonly Image[]): ImageFigure {
  const squares = photos.map(cropToSquare);
  const images = squares.map((square) => resizeImage(square, SIZE, SIZE));
  const x = zeros([images.length, 3, SIZE, SIZE]);
  for (const [n, image] of images.entries()) {
    x.slice(n, n + 1).data.set(imageToTensor(inColour(image)).data);
  }
  const w = zeros([2, 3, 3, 3]);
  for (const [c, weight] of GREY.entries()) w.data[9 * c + 4] = weight;
  w.data.set(EDGES.flat(), 27 + 18);
  // The edges come out around 0; 128 lifts them to the middle of the scale.
  const b = tensor([0, 128]);
  const { out } = convForwardFast(x, w, b, { stride: 1, pad: 1 });
  const shown = (n: number, f: number): Image =>
    imageFromTensor(
      out.slice(n, n + 1).reshape([2, SIZE, SIZE]).slice(f, f + 1),
      { normalize: true },
    );
  return displayFigure({
    kind: "images",
    columns: 3,
    interpolation: "smooth",
    images: squares.flatMap((square, n) => {
      const titles = n === 0 ? ["Original image", "Grayscale", "Edges"] : [];
      return [square, shown(n, 0), shown(n, 1)].map((image, i) => ({
        image,
        ...titles[i] === undefined ? {} : { title: titles[i] },
      }));
    }),
  });
}

/** The image with three channels. */
function inColour(image: Image): Image {
  if (image.channels === 3) return image;
  const pixels = new Uint8Array(3 * image.pixels.length);
  for (const [i, grey] of image.pixels.entries()) {
    pixels.fill(grey, 3 * i, 3 * i + 3);
  }
  return { ...image, channels: 3, pixels };
}

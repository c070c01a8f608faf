// Copyright 2026 the Convlab authors. MIT license.

/**
 * Draws figures of images as SVG, with the images inside as PNG.
 *
 * @module
 */

import type { Image } from "../data/image.ts";
import { encodePng } from "../data/png.ts";
import { resizeImage } from "../data/resize_image.ts";
import { enlargeImage } from "./enlarge_image.ts";
import type { DrawnFigure, DrawOptions } from "./draw_figure.ts";
import type { ImageFigure } from "./image_figure.ts";
import { layoutImages } from "./image_layout.ts";
import type { PlacedImage } from "./image_layout.ts";
import { textElements } from "./svg.ts";

/** How many pixels an embedded image keeps for each that the figure has, for screens of high density. */
const MAX_DENSITY = 2;

/**
 * A figure of images as SVG elements.
 *
 * @param figure The figure.
 * @param options How it is drawn.
 */
export function drawImages(
  figure: ImageFigure,
  { width, theme, forRaster }: DrawOptions,
): DrawnFigure {
  const layout = layoutImages(figure, width);
  const isPixelated = figure.interpolation !== "smooth";
  const titles = figure.images.flatMap(({ title }) => title ?? []);
  const label = [figure.title ?? "Images", titles.join(", ")]
    .filter((part) => part !== "").join(": ");
  const images = layout.images.map((placed) =>
    imageElement(placed, isPixelated, forRaster)
  );
  return {
    height: layout.height,
    content: images.join("") + textElements(layout.texts, theme),
    label,
  };
}

function imageElement(
  placed: PlacedImage,
  isPixelated: boolean,
  forRaster: boolean,
): string {
  const { image, x, y, width, height } = placed;
  const isEnlarged = isPixelated && width > image.width;
  // Enlarged here too, because some programs blur what is to stay pixelated.
  const embedded = isEnlarged
    ? enlargeImage(image, width / image.width)
    : forRaster
    ? resizeImage(image, height, width)
    : shrinkTo(MAX_DENSITY, placed);
  const rendering = forRaster
    ? ` image-rendering="optimizeSpeed"`
    : isEnlarged
    ? ` style="image-rendering:pixelated"`
    : "";
  return `<image x="${x}" y="${y}" width="${width}" height="${height}" preserveAspectRatio="none"${rendering} href="data:image/png;base64,${
    encodePng(embedded).toBase64()
  }"/>`;
}

function shrinkTo(
  density: number,
  { image, width, height }: PlacedImage,
): Image {
  return image.width > density * width
    ? resizeImage(image, density * height, density * width)
    : image;
}

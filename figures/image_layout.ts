// Copyright 2026 the Convlab authors. MIT license.

/**
 * Finds the places of images and titles in a figure, in whole pixels.
 *
 * @module
 */

import type { Image } from "../data/image.ts";
import { columnsOf } from "./image_figure.ts";
import { layoutHeading } from "./heading.ts";
import type { ImageFigure } from "./image_figure.ts";
import type { PlacedText } from "./svg.ts";
import { cleanText, truncateText } from "./text.ts";
import { FONT_SIZE, layoutWidthOf, MARGIN } from "./theme.ts";

/** Space between images, in units of the layout. */
const GAP = 14;
/** The largest image, in units of the layout. */
const MAX_IMAGE_WIDTH = 480;
/** The height of a tall image, in widths that there is room for. */
const MAX_ASPECT = 1.5;
/** Height of a caption, in sizes of its letters. */
const CAPTION_HEIGHT = 1.6;

/** An image and its rectangle. */
export interface PlacedImage {
  readonly image: Image;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Everything in a figure, with its place. */
export interface ImageLayout {
  readonly width: number;
  readonly height: number;
  readonly images: readonly PlacedImage[];
  readonly texts: readonly PlacedText[];
}

/**
 * Lays out a figure of images.
 *
 * @param figure The figure.
 * @param width Its width in pixels.
 */
export function layoutImages(figure: ImageFigure, width: number): ImageLayout {
  const columns = columnsOf(figure);
  const unit = width / layoutWidthOf(width);
  const margin = Math.round(MARGIN * unit);
  const gap = Math.round(GAP * unit);
  const available = Math.min(
    Math.floor((width - 2 * margin - (columns - 1) * gap) / columns),
    Math.round(MAX_IMAGE_WIDTH * unit),
  );
  const sizes = figure.images.map(({ image }) =>
    sizeOf(image, Math.max(1, available), figure.interpolation ?? "nearest")
  );
  const cellWidth = Math.max(...sizes.map((size) => size.width));
  const gridWidth = columns * cellWidth + (columns - 1) * gap;
  const left = Math.max(margin, Math.floor((width - gridWidth) / 2));

  const heading = layoutHeading({
    title: figure.title,
    subtitle: figure.subtitle,
    fontSize: {
      title: FONT_SIZE.title * unit,
      subtitle: FONT_SIZE.label * unit,
    },
    x: margin,
    y: margin,
    width: width - 2 * margin,
  });
  const texts: PlacedText[] = [...heading.texts];
  const images: PlacedImage[] = [];
  let y = margin + (heading.height > 0 ? heading.height + gap : 0);
  for (let first = 0; first < figure.images.length; first += columns) {
    const row = figure.images.slice(first, first + columns);
    const fontSize = FONT_SIZE.heading * unit;
    if (row.some(({ title }) => title !== undefined)) {
      y += Math.round(fontSize * CAPTION_HEIGHT);
    }
    const rowHeight = Math.max(
      ...sizes.slice(first, first + columns).map((size) => size.height),
    );
    for (const [column, { image, title }] of row.entries()) {
      const size = sizes[first + column]!;
      const cellX = left + column * (cellWidth + gap);
      images.push({
        image,
        x: cellX + Math.floor((cellWidth - size.width) / 2),
        y,
        ...size,
      });
      if (title === undefined) continue;
      texts.push({
        text: truncateText(cleanText(title), cellWidth + gap / 2, { fontSize }),
        x: cellX + cellWidth / 2,
        y: y - Math.round(fontSize * 0.55),
        fontSize,
        centered: true,
      });
    }
    y += rowHeight + gap;
  }
  return { width, height: y - gap + margin, images, texts };
}

function sizeOf(
  { width, height }: Image,
  available: number,
  interpolation: "nearest" | "smooth",
): { width: number; height: number } {
  let factor = Math.min(available / width, MAX_ASPECT * available / height);
  if (interpolation === "nearest" && factor > 1) factor = Math.floor(factor);
  return {
    width: Math.max(1, Math.round(width * factor)),
    height: Math.max(1, Math.round(height * factor)),
  };
}

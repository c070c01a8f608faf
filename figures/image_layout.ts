// Copyright 2026 the Convlab authors. MIT license.

/**
 * Finds the places of images and titles in a figure, in whole pixels.
 *
 * @module
 */

import type { Image } from "../data/image.ts";
import { layoutHeading } from "./heading.ts";
import { columnsOf } from "./image_figure.ts";
import type { FigureImage, ImageFigure } from "./image_figure.ts";
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
/** From an image up to the baseline of its caption, in sizes of its letters. */
const CAPTION_LIFT = 0.55;

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

/** Measures that all cells of a figure share, in pixels. */
interface Grid {
  readonly left: number;
  readonly cellWidth: number;
  readonly gap: number;
  readonly captionSize: number;
  readonly subtitleSize: number;
}

/** An image that has its size, but not its place yet. */
type SizedImage = FigureImage & {
  readonly size: { readonly width: number; readonly height: number };
};

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
  const under = Math.round(GAP * unit);
  const gap = figure.gap === undefined ? under : Math.round(figure.gap * unit);
  const widest = (figure.imageWidth ?? MAX_IMAGE_WIDTH) * unit;
  const across = Math.min(
    width - 2 * margin,
    figure.gap === undefined || figure.imageWidth !== undefined
      ? Infinity
      : widest,
  );
  const room = Math.floor((across + gap) / columns) - gap;
  const available = Math.max(1, Math.min(room, widest));
  const sized = figure.images.map((entry) => ({
    ...entry,
    size: sizeOf(entry.image, available, figure.interpolation ?? "nearest"),
  }));
  const cellWidth = Math.max(...sized.map(({ size }) => size.width));
  const gridWidth = columns * (cellWidth + gap) - gap;
  const grid = {
    left: Math.max(margin, Math.floor((width - gridWidth) / 2)),
    cellWidth,
    gap,
    captionSize: FONT_SIZE.heading * unit,
    subtitleSize: FONT_SIZE.label * unit,
  };

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
  const texts = [...heading.texts];
  const images: PlacedImage[] = [];
  let y = margin + (heading.height > 0 ? heading.height + under : 0);
  for (let first = 0; first < sized.length; first += columns) {
    const row = sized.slice(first, first + columns);
    for (const { text, size } of captionLines(row, grid)) {
      if (row.some((entry) => text(entry) !== undefined)) {
        y += Math.round(size * CAPTION_HEIGHT);
      }
    }
    images.push(...placeImages(row, y, grid));
    texts.push(...placeCaptions(row, y, grid));
    y += Math.max(...row.map(({ size }) => size.height)) + gap;
  }
  return { width, height: y - gap + margin, images, texts };
}

/** The images of a row, each in the middle of its column. */
function placeImages(
  row: readonly SizedImage[],
  y: number,
  { left, cellWidth, gap }: Grid,
): PlacedImage[] {
  return row.map(({ image, size }, column) => {
    const indent = Math.floor((cellWidth - size.width) / 2);
    return { image, x: left + column * (cellWidth + gap) + indent, y, ...size };
  });
}

/** The lines above the images of a row, from the top. */
function captionLines(
  row: readonly SizedImage[],
  { captionSize, subtitleSize }: Grid,
) {
  const hasSubtitles = row.some(({ subtitle }) => subtitle !== undefined);
  return [
    {
      text: ({ title }: SizedImage) => title,
      size: captionSize,
      // Above the second line.
      lift: hasSubtitles ? Math.round(subtitleSize * CAPTION_HEIGHT) : 0,
      muted: false,
    },
    {
      text: ({ subtitle }: SizedImage) => subtitle,
      ...{ size: subtitleSize, lift: 0, muted: true },
    },
  ];
}

/** The titles of a row, above images that begin at `y`. */
function placeCaptions(
  row: readonly SizedImage[],
  y: number,
  grid: Grid,
): PlacedText[] {
  const { left, cellWidth, gap } = grid;
  return captionLines(row, grid).flatMap(({ text, size, lift, muted }) =>
    row.flatMap((entry, column) => {
      const caption = text(entry);
      return caption === undefined ? [] : {
        text: truncateText(cleanText(caption), cellWidth + gap / 2, {
          fontSize: size,
        }),
        x: left + column * (cellWidth + gap) + cellWidth / 2,
        y: y - lift - Math.round(size * CAPTION_LIFT),
        fontSize: size,
        centered: true,
        ...muted ? { muted } : {},
      };
    })
  );
}

/** The size of an image that fills the room it has, by a whole factor if it is enlarged to squares. */
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

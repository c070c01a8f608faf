// Copyright 2026 the Convlab authors. MIT license.

/**
 * Shows matrices in a terminal: numbers on coloured ground where they fit, and
 * otherwise as an image.
 *
 * @module
 */

import type { Image } from "../data/image.ts";
import { resizeImage } from "../data/resize_image.ts";
import { background, foreground, RESET } from "./ansi.ts";
import { axisTitle } from "./chart_values.ts";
import { colorAt, inkOn, MAKO } from "./color_scale.ts";
import type { MatrixFigure } from "./matrix_figure.ts";
import { matrixNumber, matrixScale } from "./matrix_values.ts";
import { previewImage } from "./preview_image.ts";
import type { Terminal } from "./terminal.ts";
import { cleanText } from "./text.ts";
import { truncate } from "./truncate.ts";

/** Letters of a row's label at most. */
const MAX_LABEL = 14;
/** Letters of a column's label at most. */
const MAX_HEAD = 8;
/** Pixels of a matrix that is shown as an image. */
const MAX_PIXELS = { width: 72, height: 48 } as const;

/**
 * A matrix as lines of text for a terminal; without colours, as a table of
 * numbers if it fits.
 *
 * @param figure A valid matrix.
 * @param terminal Its columns and colours.
 */
export function previewMatrix(
  figure: MatrixFigure,
  { columns, colors }: Terminal,
): string[] {
  const { rows, columns: across, value, cells } = figure;
  const { low, high } = matrixScale(figure);
  const colorOf = (number: number) =>
    colorAt(MAKO, (number - low) / (high - low));
  const texts = figure.values.map((row) =>
    row.map((number) =>
      cells === "none" || cells === undefined || !Number.isFinite(number)
        ? ""
        : matrixNumber(number, cells).replace(" %", "")
    )
  );
  const names = rows.labels.map((label) =>
    truncate(cleanText(label), MAX_LABEL)
  );
  const gutter = Math.max(...names.map((name) => [...name].length));
  const longest = Math.max(2, ...texts.flat().map((text) => text.length));
  const count = across.labels.length;
  const heads = across.labels.map((label) =>
    truncate(cleanText(label), MAX_HEAD)
  );
  const cell = Math.min(
    Math.max(longest, ...heads.map((head) => [...head].length)) + 2,
    Math.floor((columns - gutter - 1) / count),
  );
  const note = truncate(
    `${cleanText(axisTitle(value))} from ${matrixNumber(low, cells)} to ${
      matrixNumber(high, cells)
    }; rows: ${cleanText(axisTitle(rows))}; columns: ${
      cleanText(axisTitle(across))
    }`,
    columns,
  );
  if (cells !== undefined && cells !== "none" && cell > longest) {
    const pad = " ".repeat(gutter + 1);
    const head = pad +
      heads.map((head) => truncate(head, cell - 2).padStart(cell - 1) + " ")
        .join("").trimEnd();
    return [
      note,
      head,
      ...texts.map((row, r) =>
        names[r]!.padStart(gutter) + " " +
        row.map((text, c) => {
          const padded = text.padStart(cell - 1) + " ";
          const number = figure.values[r]![c]!;
          if (colors === "none" || !Number.isFinite(number)) return padded;
          const color = colorOf(number);
          return background(color, colors) +
            foreground(inkOn(color), colors) + padded + RESET;
        }).join("")
      ),
    ];
  }
  if (colors === "none") return [note];
  const { lines } = previewImage(
    imageOf(figure, colorOf, columns),
    columns,
    colors,
  );
  return [note, ...lines];
}

function imageOf(
  { values }: MatrixFigure,
  colorOf: (value: number) => readonly number[],
  columns: number,
): Image {
  const height = values.length;
  const width = values[0]!.length;
  const pixels = Uint8Array.from(
    values.flatMap((row) =>
      row.flatMap((value) =>
        Number.isFinite(value) ? colorOf(value) : [128, 128, 128]
      )
    ),
  );
  const image: Image = { width, height, channels: 3, pixels };
  const limit = {
    width: Math.min(columns, MAX_PIXELS.width),
    height: MAX_PIXELS.height,
  };
  return width > limit.width || height > limit.height
    ? resizeImage(
      image,
      Math.min(height, limit.height),
      Math.min(width, limit.width),
    )
    : image;
}

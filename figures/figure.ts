// Copyright 2026 the Convlab authors. MIT license.

/**
 * Draws figures: one description, several renderings.
 *
 * What draws is loaded when it is first used, so importing this costs nothing,
 * and it needs no permission.
 *
 * @module
 */

import { assertChart } from "./chart.ts";
import type { Chart } from "./chart.ts";
import type { ImageFigure } from "./image_figure.ts";
import type { ThemeName } from "./theme.ts";

/** Whatever can be drawn. */
export type Figure = Chart | ImageFigure;

/** A format of files that figures are drawn in. */
export type FigureFormat = "svg" | "png";

/** Options of {@linkcode renderFigure}. */
export interface RenderFigureOptions<F extends FigureFormat = FigureFormat> {
  /** The format of the result. */
  readonly format: F;
  /**
   * Width in pixels, 100 to 8000. The height follows from what is drawn. Default
   * 720 as SVG, and twice that as PNG, which suits screens of high density.
   */
  readonly width?: number;
  /** The colours. Default `"light"`. */
  readonly theme?: ThemeName;
}

const DEFAULT_WIDTH: Readonly<Record<FigureFormat, number>> = {
  svg: 720,
  png: 1440,
};
const MIN_WIDTH = 100;
const MAX_WIDTH = 8000;

/**
 * Draws a figure.
 *
 * @returns An SVG document, or the bytes of a PNG file.
 * @throws {RangeError} If the width is not an integer from 100 to 8000, or the figure has nothing to draw or does not fit together.
 *
 * @example A loss curve
 * ```ts
 * import { renderFigure } from "@convlab/convlab";
 * import { assertStringIncludes } from "@std/assert";
 *
 * const svg = await renderFigure({
 *   kind: "chart",
 *   panels: [{
 *     x: { title: "iteration", integer: true },
 *     y: { title: "loss" },
 *     series: [{ y: [2.3, 1.9, 1.4, 1.2] }],
 *   }],
 * }, { format: "svg" });
 * assertStringIncludes(svg, "iteration");
 * ```
 */
export function renderFigure(
  figure: Figure,
  options: RenderFigureOptions<"svg">,
): Promise<string>;
/** The same as the bytes of a PNG file. */
export function renderFigure(
  figure: Figure,
  options: RenderFigureOptions<"png">,
): Promise<Uint8Array>;
/** The same in a format that is known only when it runs. */
export function renderFigure(
  figure: Figure,
  options: RenderFigureOptions,
): Promise<string | Uint8Array>;
export async function renderFigure(
  figure: Figure,
  { format, width = DEFAULT_WIDTH[format], theme = "light" }:
    RenderFigureOptions,
): Promise<string | Uint8Array> {
  if (!Number.isInteger(width) || width < MIN_WIDTH || width > MAX_WIDTH) {
    throw new RangeError(
      `Cannot draw figure: expected width to be an integer from ${MIN_WIDTH} to ${MAX_WIDTH} but found ${width}`,
    );
  }
  const svg = await toSvg(figure, width, theme, format);
  if (format === "svg") return svg;
  const { rasterize } = await import("./png.ts");
  return await rasterize(svg, width);
}

/**
 * The format that a file's ending asks for.
 *
 * @throws {RangeError} If the ending is neither `.svg` nor `.png`.
 *
 * @example
 * ```ts
 * import { figureFormatOf } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(figureFormatOf("runs/first/curves.PNG"), "png");
 * ```
 */
export function figureFormatOf(path: string): FigureFormat {
  const ending = /\.(svg|png)$/i.exec(path)?.[1]?.toLowerCase();
  if (ending === "svg" || ending === "png") return ending;
  throw new RangeError(
    `Cannot draw figure: expected a file name that ends with .svg or .png but found ${path}`,
  );
}

async function toSvg(
  figure: Figure,
  width: number,
  theme: ThemeName,
  format: FigureFormat,
): Promise<string> {
  switch (figure.kind) {
    case "chart": {
      assertChart(figure);
      const { renderChart } = await import("./chart_svg.ts");
      return await renderChart(figure, width, theme);
    }
    case "images": {
      const { renderImages } = await import("./image_svg.ts");
      return renderImages(figure, width, {
        theme,
        forRaster: format === "png",
      });
    }
  }
}

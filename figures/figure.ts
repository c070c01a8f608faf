// Copyright 2026 the Convlab authors. MIT license.

/**
 * Draws figures: one description, several renderings.
 *
 * What draws is loaded when it is first used, so importing this costs nothing,
 * and it needs no permission.
 *
 * @module
 */

import type { Chart } from "./chart.ts";
import { drawFigure } from "./draw_figure.ts";
import type { FigureStack } from "./figure_stack.ts";
import type { ImageFigure } from "./image_figure.ts";
import type { MatrixFigure } from "./matrix_figure.ts";
import { svgDocument } from "./svg.ts";
import { THEMES } from "./theme.ts";
import type { ThemeName } from "./theme.ts";

/** Whatever can be drawn. */
export type Figure = Chart | ImageFigure | MatrixFigure | FigureStack;

/** A format of files that figures are drawn in. */
export type FigureFormat = "svg" | "png" | "html";

/** Options of {@linkcode renderFigure}. */
export interface RenderFigureOptions<F extends FigureFormat = FigureFormat> {
  /** The format of the result. */
  readonly format: F;
  /**
   * Width in pixels, 100 to 8000. The height follows from what is drawn. Default
   * 720, and as PNG twice that, which suits screens of high density. In an HTML
   * page figures shrink with narrow windows.
   */
  readonly width?: number;
  /**
   * The colours; `"auto"`, which PNG does not have, follows the setting of the
   * reader's system. Default `"light"`, and in HTML `"auto"`.
   */
  readonly theme?: ThemeName;
}

const DEFAULT_WIDTH: Readonly<Record<FigureFormat, number>> = {
  svg: 720,
  png: 1440,
  html: 720,
};
const MIN_WIDTH = 100;
const MAX_WIDTH = 8000;

/**
 * Draws a figure.
 *
 * HTML is one page that needs nothing else: no script, no other file, no network.
 *
 * @returns An SVG document, an HTML page, or the bytes of a PNG file.
 * @throws {RangeError} If the width is not an integer from 100 to 8000, if the theme of a PNG file is `"auto"`, or if the figure has nothing to draw or does not fit together.
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
  options: RenderFigureOptions<"svg" | "html">,
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
  {
    format,
    width = DEFAULT_WIDTH[format],
    theme = format === "html" ? "auto" : "light",
  }: RenderFigureOptions,
): Promise<string | Uint8Array> {
  if (!Number.isInteger(width) || width < MIN_WIDTH || width > MAX_WIDTH) {
    throw new RangeError(
      `Cannot draw figure: expected width to be an integer from ${MIN_WIDTH} to ${MAX_WIDTH} but found ${width}`,
    );
  }
  const forRaster = format === "png";
  if (forRaster && theme === "auto") {
    throw new RangeError(
      `Cannot draw figure: expected the theme of a PNG file to be "light" or "dark" but found "auto"`,
    );
  }
  const colors = THEMES[theme];
  const drawn = await drawFigure(figure, { width, theme: colors, forRaster });
  const svg = svgDocument({ ...drawn, width }, colors);
  if (format === "svg") return svg;
  if (format === "html") {
    const { htmlPage } = await import("./html.ts");
    return htmlPage(svg, figure.title ?? drawn.label, theme);
  }
  const { rasterize } = await import("./png.ts");
  return await rasterize(svg, width);
}

/**
 * The format that a file's ending asks for.
 *
 * @throws {RangeError} If the ending is none of `.svg`, `.png` and `.html`.
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
  const ending = /\.(svg|png|html)$/i.exec(path)?.[1]?.toLowerCase();
  if (ending !== undefined) return ending as FigureFormat;
  throw new RangeError(
    `Cannot draw figure: expected a file name that ends with .svg, .png or .html but found ${path}`,
  );
}

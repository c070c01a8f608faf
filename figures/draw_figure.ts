// Copyright 2026 the Convlab authors. MIT license.

/**
 * Draws figures of all kinds as SVG elements. What draws a kind is loaded when
 * the first of that kind is drawn.
 *
 * @module
 */

import { assertChart } from "./chart.ts";
import type { Figure } from "./figure.ts";
import type { Theme } from "./theme.ts";

/** How figures are drawn. */
export interface DrawOptions {
  /** Width in pixels. */
  readonly width: number;
  /** The colours. */
  readonly theme: Theme;
  /** Whether the result is to be rasterised: then images have just the pixels that show. */
  readonly forRaster: boolean;
}

/** A drawn figure, with its margins. */
export interface DrawnFigure {
  /** Height in pixels. */
  readonly height: number;
  /** SVG elements. */
  readonly content: string;
  /** The figure in words, for those who cannot see it. */
  readonly label: string;
}

/**
 * Draws a figure.
 *
 * @throws {RangeError} If it has nothing to draw or does not fit together.
 */
export async function drawFigure(
  figure: Figure,
  options: DrawOptions,
): Promise<DrawnFigure> {
  switch (figure.kind) {
    case "chart": {
      assertChart(figure);
      const { drawChart } = await import("./chart_svg.ts");
      return await drawChart(figure, options);
    }
    case "images": {
      const { drawImages } = await import("./image_svg.ts");
      return drawImages(figure, options);
    }
    case "matrix": {
      const { drawMatrix } = await import("./matrix_svg.ts");
      return drawMatrix(figure, options);
    }
    case "stack": {
      const { drawStack } = await import("./stack_svg.ts");
      return await drawStack(figure, options);
    }
  }
}

// Copyright 2026 the Convlab authors. MIT license.

/**
 * Draws figures one above the other.
 *
 * @module
 */

import { drawFigure } from "./draw_figure.ts";
import type { DrawnFigure, DrawOptions } from "./draw_figure.ts";
import { assertStack } from "./figure_stack.ts";
import type { FigureStack } from "./figure_stack.ts";
import { layoutHeading } from "./heading.ts";
import { textElements, translate } from "./svg.ts";
import { FONT_SIZE, layoutWidthOf, MARGIN } from "./theme.ts";

/** Size of the letters of the title, which stands above those of the figures. */
const TITLE_SIZE = 18;

/** A stack as SVG elements. */
export async function drawStack(
  stack: FigureStack,
  options: DrawOptions,
): Promise<DrawnFigure> {
  assertStack(stack);
  const { width, theme } = options;
  const unit = width / layoutWidthOf(width);
  const margin = Math.round(MARGIN * unit);
  const heading = layoutHeading({
    title: stack.title,
    subtitle: stack.subtitle,
    fontSize: {
      title: TITLE_SIZE * unit,
      subtitle: FONT_SIZE.label * unit,
    },
    x: margin,
    y: margin,
    width: width - 2 * margin,
  });
  let content = textElements(heading.texts, theme);
  let y = heading.height > 0 ? margin + heading.height : 0;
  const labels: string[] = [];
  for (const figure of stack.figures) {
    const drawn = await drawFigure(figure, options);
    content += translate(0, y, drawn.content);
    y += drawn.height;
    labels.push(drawn.label);
  }
  const label = [stack.title ?? [], labels].flat(2);
  return { height: y, content, label: label.join(". ") };
}

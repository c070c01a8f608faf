// Copyright 2026 the Convlab authors. MIT license.

/**
 * A compact preview of a figure, for whoever sits at a terminal that can show
 * it.
 *
 * @module
 */

import type { Figure } from "../figures/figure.ts";
import { previewFigure } from "../figures/preview_figure.ts";
import { canPreview, terminalOf } from "../figures/terminal.ts";
import type { Streams } from "./command.ts";

/** Shows a figure on standard error, if that is a terminal that can. */
export function showPreview(figure: Figure, { stderr }: Streams): void {
  const terminal = terminalOf(Deno.stderr);
  if (stderr.isTerminal && canPreview(terminal)) {
    stderr.write(previewFigure(figure, terminal));
  }
}

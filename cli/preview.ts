// Copyright 2026 the Convlab authors. MIT license.

/**
 * A compact preview of a figure, for whoever sits at a terminal that can show
 * it.
 *
 * @module
 */

import type { Figure } from "../figures/figure.ts";
import { canPreview, terminalOf } from "../figures/terminal.ts";
import { figureForTerminal } from "../figures/terminal_figure.ts";
import type { Streams } from "./command.ts";

/** Shows a figure on standard error, if that is a terminal that can. */
export async function showPreview(
  figure: Figure,
  { stderr }: Streams,
): Promise<void> {
  const terminal = terminalOf(Deno.stderr);
  if (stderr.isTerminal && canPreview(terminal)) {
    stderr.write(await figureForTerminal(figure, terminal));
  }
}

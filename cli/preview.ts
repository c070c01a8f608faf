// Copyright 2026 the Convlab authors. MIT license.

/**
 * A compact preview of a figure, for whoever sits at a terminal that can show
 * it.
 *
 * @module
 */

import { decodeImage } from "../data/decode_image.ts";
import { type Figure, renderFigure } from "../figures/figure.ts";
import { type ColorDepth, halfBlocks } from "../figures/terminal.ts";
import type { Streams } from "./command.ts";

/** The widest preview, in characters. */
const MAX_COLUMNS = 100;

/** Shows a figure on standard error, if that is a terminal with colours. */
export async function previewFigure(
  figure: Figure,
  { stderr }: Streams,
): Promise<void> {
  const depth = stderr.isTerminal && !Deno.noColor ? colorDepth() : undefined;
  if (depth === undefined) return;
  const columns = Math.min(stderr.columns - 1, MAX_COLUMNS);
  const width = Math.max(100, 4 * columns);
  const png = await renderFigure(figure, {
    format: "png",
    theme: "dark",
    width,
  });
  for (const line of halfBlocks(decodeImage(png), columns, depth)) {
    stderr.line(line);
  }
}

/** How many colours the terminal says it has; none if it does not say. */
function colorDepth(): ColorDepth | undefined {
  if (/truecolor|24bit/i.test(environment("COLORTERM"))) return "24-bit";
  return environment("TERM").includes("256color") ? "256" : undefined;
}

/** A variable of the environment, or nothing where it may not be read. */
function environment(name: string): string {
  const { state } = Deno.permissions.querySync({ name: "env", variable: name });
  return state === "granted" ? Deno.env.get(name) ?? "" : "";
}

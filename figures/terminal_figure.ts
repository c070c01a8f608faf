// Copyright 2026 the Convlab authors. MIT license.

/**
 * Shows figures in a terminal as well as it can: as a picture where it has
 * pictures, and otherwise in letters.
 *
 * @module
 */

import { renderFigure } from "./figure.ts";
import type { Figure } from "./figure.ts";
import { previewFigure } from "./preview_figure.ts";
import type { Terminal } from "./terminal.ts";

/** Letters that a picture is wide at most, so that it is not much higher than a terminal. */
const MAX_COLUMNS = 72;
/** Pixels for each letter: kitty's protocol scales pictures, sixel does not. */
const PIXELS = { kitty: 16, sixel: 8 } as const;

/**
 * A figure for a terminal, ending with a line break: by kitty's graphics
 * protocol or as sixels where the terminal has them, and otherwise as
 * {@linkcode previewFigure} gives it. Pictures are dark, as most terminals are.
 *
 * @param figure The figure.
 * @param terminal What the terminal can show, as {@linkcode terminalOf} finds it.
 * @throws {RangeError} If the figure has nothing to draw or does not fit together.
 *
 * @example In letters
 * ```ts
 * import { figureForTerminal } from "@convlab/convlab";
 * import { assertStringIncludes } from "@std/assert";
 *
 * const text = await figureForTerminal({
 *   kind: "chart",
 *   panels: [{ x: { title: "epoch" }, y: { title: "loss" }, series: [{ y: [3, 2, 1] }] }],
 * }, { columns: 40, colors: "none" });
 * assertStringIncludes(text, "loss");
 * ```
 */
export async function figureForTerminal(
  figure: Figure,
  terminal: Terminal,
): Promise<string> {
  const { graphics = "none" } = terminal;
  if (graphics === "none") return previewFigure(figure, terminal);
  const columns = Math.min(terminal.columns, MAX_COLUMNS);
  const width = Math.max(100, columns * PIXELS[graphics]);
  const png = await renderFigure(figure, {
    format: "png",
    width,
    theme: "dark",
  });
  if (graphics === "kitty") {
    const { kittyPicture } = await import("./kitty.ts");
    return kittyPicture(png, columns) + "\n";
  }
  const [{ decodePng }, { sixelPicture }] = await Promise.all([
    import("../data/png.ts"),
    import("./sixel.ts"),
  ]);
  return sixelPicture(decodePng(png, "the figure")) + "\n";
}

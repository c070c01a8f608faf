// Copyright 2026 the Convlab authors. MIT license.

/**
 * Lets figures show themselves in notebooks.
 *
 * @module
 */

import { type Figure, renderFigure } from "./figure.ts";
import { cleanText } from "./text.ts";

/** What a notebook of Deno's kernel calls to show a value. */
const DISPLAY: unique symbol = Symbol.for("Jupyter.display") as never;

/** Renderings by media type, of which a notebook shows the best that it can. */
export interface FigureDisplay {
  /** The figure. */
  readonly "image/svg+xml": string;
  /** Its title and what it holds, for who cannot see it. */
  readonly "text/plain": string;
}

/**
 * The same figure, which a notebook shows as a picture when it is the last
 * value of a cell. It has the same properties and compares equal; the method
 * behind `Symbol.for("Jupyter.display")` is not enumerable.
 *
 * @param figure The figure, which stays as it is.
 *
 * @example
 * ```ts
 * import { displayFigure } from "@convlab/convlab";
 * import { assertStringIncludes } from "@std/assert";
 *
 * const figure = displayFigure({
 *   kind: "chart",
 *   panels: [{ x: { title: "epoch" }, y: { title: "loss" }, series: [{ y: [3, 2, 1] }] }],
 * });
 * const shown = await Reflect.get(figure, Symbol.for("Jupyter.display")).call(figure);
 * assertStringIncludes(shown["image/svg+xml"], "epoch");
 * ```
 */
export function displayFigure<F extends Figure>(figure: F): F {
  return Object.defineProperty({ ...figure }, DISPLAY, {
    value: async (): Promise<FigureDisplay> => ({
      "image/svg+xml": await renderFigure(figure, { format: "svg" }),
      "text/plain": inWords(figure),
    }),
  });
}

/** A line that tells what a figure is. */
function inWords(figure: Figure): string {
  const words = [figure.title, figure.subtitle].flatMap((line) => line ?? []);
  return cleanText([`Figure (${figure.kind})`, ...words].join(": "));
}

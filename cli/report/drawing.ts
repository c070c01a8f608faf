// Copyright 2026 the Convlab authors. MIT license.

/**
 * Figures within a report: drawn into the page, in the reader's light or dark.
 *
 * @module
 */

import { type Figure, renderFigure } from "../../figures/figure.ts";
import { Html, html } from "./html.ts";

/** Widths that a chart is drawn for: that of a phone, and that of a page. */
const NARROW = 340;
const WIDE = 860;
/** Width of all others, which are scrolled where there is less room. */
const MIDDLE = 720;

/**
 * Draws a chart twice, of which the page shows what suits its width.
 *
 * @param caption What is to be seen in it, for those who look.
 */
export async function drawChart(
  figure: Figure,
  caption: string,
): Promise<Html> {
  const narrow = await draw(figure, NARROW);
  const wide = await draw(figure, WIDE);
  return html`
    <figure>
      <div class="narrow">${narrow}</div>
      <div class="wide">${wide}</div>
      <figcaption>${caption}</figcaption>
    </figure>
  `;
}

/** Draws any other figure. */
export async function drawPicture(
  figure: Figure,
  caption: string,
): Promise<Html> {
  return html`
    <figure>
      <div class="scroll" role="region" aria-label="${caption}" tabindex="0">
        <div class="picture">${await draw(
          figure,
          MIDDLE,
        )}</div>
      </div>
      <figcaption>${caption}</figcaption>
    </figure>
  `;
}

/** An SVG element without title and subtitle, which the page tells itself. */
async function draw(figure: Figure, width: number): Promise<Html> {
  const { title: _, subtitle: __, ...rest } = figure;
  const svg = await renderFigure(rest as Figure, {
    ...{ format: "svg", width, theme: "auto" },
  });
  return new Html(svg.trim());
}

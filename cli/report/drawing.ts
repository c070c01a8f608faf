// Copyright 2026 the Convlab authors. MIT license.

/**
 * Figures within a report: drawn into the page, in the reader's light or dark.
 *
 * @module
 */

import type { Image } from "../../data/image.ts";
import { encodePng } from "../../data/png.ts";
import { type Figure, renderFigure } from "../../figures/figure.ts";
import type { ImageFigure } from "../../figures/image_figure.ts";
import { Html, markup } from "./html.ts";

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
  return markup`<figure>
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
  const picture = await draw(figure, MIDDLE);
  return markup`<figure>
<div class="scroll" role="region" aria-label="${caption}" tabindex="0"><div class="picture">${picture}</div></div>
<figcaption>${caption}</figcaption>
</figure>
`;
}

/** Lays out the images of a figure, in as many columns as there is room for. */
export function gallery({ images }: ImageFigure, caption: string): Html {
  const items = images.map(({ image, title = "", subtitle = "" }) => {
    const alt = [title, subtitle].filter((text) => text !== "").join(", ");
    return markup`<li>${
      pixels(image, alt)
    }<span>${title}</span><span class="about">${subtitle}</span></li>\n`;
  });
  return markup`<figure>
<ul class="gallery">
${items}</ul>
<figcaption>${caption}</figcaption>
</figure>
`;
}

/** Shows the one image of a figure, as wide as it may be. */
export function drawImage({ images }: ImageFigure, caption: string): Html {
  return markup`<figure>
<div class="pixels">${images.map(({ image }) => pixels(image, caption))}</div>
<figcaption>${caption}</figcaption>
</figure>
`;
}

function pixels(image: Image, alt: string): Html {
  const { width, height } = image;
  const data = encodeBase64(encodePng(image));
  return markup`<img src="data:image/png;base64,${data}" width="${width}" height="${height}" alt="${alt}"/>`;
}

function encodeBase64(bytes: Uint8Array): string {
  return bytes.toBase64();
}

/** An SVG element without title and subtitle, which the page tells itself. */
async function draw(figure: Figure, width: number): Promise<Html> {
  const { title: _, subtitle: __, ...rest } = figure;
  const svg = await renderFigure(rest as Figure, {
    ...{ format: "svg", width, theme: "auto" },
  });
  return new Html(svg.trim());
}

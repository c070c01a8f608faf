// Copyright 2026 the Convlab authors. MIT license.

/**
 * The part of a report on gradients: their norms, and for those who ask, how
 * large their numbers were.
 *
 * @module
 */

import type { RunFolder } from "../../training/run_folder.ts";
import { gradientsOf } from "../../views/gradients.ts";
import { drawChart, drawPicture } from "./drawing.ts";
import { type Html, markup } from "./html.ts";

/** Parameters whose numbers are shown: weights, but not those of normalisations. */
const WEIGHTS = /^(conv|fc)\d+\.weight|^W\d/;

/**
 * Draws the gradients of a run.
 *
 * @throws {Error} If it has kept none.
 */
export async function gradientsPart(run: RunFolder): Promise<Html> {
  const [norms, ...histograms] = gradientsOf(run).figures;
  const shown = histograms.filter(({ title = "" }) => WEIGHTS.test(title));
  const drawn: Html[] = [];
  for (const figure of shown) {
    const { title = "" } = figure;
    const caption =
      `${title}: how large the numbers of its gradient were, over the training.`;
    const picture = await drawPicture(figure, caption);
    drawn.push(markup`<h3>${title}</h3>\n${picture}`);
  }
  const chart = norms &&
    await drawChart(
      norms,
      "Norms of the gradients of the weights over the training.",
    );
  const details = drawn.length > 0
    ? markup`<details>
<summary>How large the numbers of each gradient were</summary>
${drawn}</details>
`
    : undefined;
  return markup`${chart}${details}`;
}

// Copyright 2026 the Convlab authors. MIT license.

/**
 * The parts of a report on a network's answers: classes, and mistakes.
 *
 * @module
 */

import { confusionOf } from "../../views/confusion.ts";
import { mistakesOf } from "../../views/mistakes.ts";
import { grouped } from "../words.ts";
import { classesPart } from "./classes.ts";
import { drawPicture, gallery } from "./drawing.ts";
import type { Answers } from "./evaluation.ts";
import { type Html, markup } from "./html.ts";

/** Precision and recall of each class, and what is taken for what. */
export async function answersPart(
  { evaluation, what, title }: Answers,
  classNames: readonly string[],
): Promise<Html> {
  const images = `${grouped(evaluation.images)} ${what} of ${title}`;
  const confusion = await drawPicture(
    confusionOf(evaluation, { classNames, what }),
    `A row for each class, a column for what its images are taken for; ${images}.`,
  );
  return markup`<p>Of ${images}. Precision is the share of the images taken for a class that are of it, recall the share of a class’s images that are taken for it, and F1 their harmonic mean.</p>
${
    classesPart(evaluation, classNames)
  }<h3>What is taken for what</h3>\n${confusion}`;
}

/** The wrong answers that the network is most sure of. */
export function mistakesPart(
  { images, mistakes, what }: Answers,
  classNames: readonly string[],
): Html {
  const all = grouped(mistakes.images);
  if (mistakes.wrong === 0) {
    return markup`<p>None: all ${all} ${what} are classified rightly.</p>\n`;
  }
  const shown = mistakes.mistakes.length;
  const wrong = grouped(mistakes.wrong);
  return gallery(
    mistakesOf(images, mistakes, { classNames, what }),
    `The ${
      shown === 1 ? "wrong answer" : `${shown} wrong answers`
    } that the network is most sure of, of ${wrong} among ${all} ${what}: what each picture is taken for, how sure the network is, and what it is.`,
  );
}

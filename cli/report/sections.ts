// Copyright 2026 the Convlab authors. MIT license.

/**
 * The parts of a report, one after the other. A part that cannot be had says why
 * in one line, and the rest is there.
 *
 * @module
 */

import { loadRun } from "../../training/load_run.ts";
import { curvesOf } from "../../views/curves.ts";
import { filtersOf } from "../../views/filters.ts";
import type { Streams } from "../command.ts";
import type { ReadRun } from "../runs/summary.ts";
import { counted } from "../words.ts";
import { answersPart, mistakesPart } from "./answers_parts.ts";
import { type Attempt, attempt, part, valueOf } from "./attempt.ts";
import { configurationPart } from "./configuration.ts";
import { dataPart } from "./data_part.ts";
import { drawChart, drawImage } from "./drawing.ts";
import { type Answers, answersOf, type Moved } from "./evaluation.ts";
import { gradientsPart } from "./gradients_part.ts";
import { type Content, type Html, missing } from "./html.ts";
import { machinePart } from "./machine.ts";
import { networkOf, networkPart } from "./network.ts";
import type { Section } from "./page.ts";
import { repeatPart } from "./repeat_part.ts";

/** What a report has besides its head. */
export interface Sections {
  /** The parts in order. */
  readonly sections: readonly Section[];
  /** The network's answers, which the head tells of as well. */
  readonly answers: Attempt<Answers>;
}

/** Makes the parts. */
export async function sectionsOf(
  read: ReadRun,
  moved: Moved,
  streams: Streams,
): Promise<Sections> {
  const { run, summary } = read;
  const trained = await attempt(() => loadRun(run));
  const answers = await attempt(() =>
    answersOf(run, valueOf(trained), moved, streams)
  );
  const withAnswers = (
    draw: (answers: Answers, classNames: readonly string[]) =>
      | Html
      | Promise<Html>,
  ) => part(() => draw(valueOf(answers), valueOf(trained).classNames));
  const parts: [title: string, content: Content | Promise<Content>][] = [
    ["Curves", part(() => curvesPart(read))],
    ["Configuration", configurationPart(read)],
    ["Network", part(() => networkPart(networkOf(run)))],
    ["Data", part(() => dataPart(run))],
    ["Classes", withAnswers(answersPart)],
    ["Mistakes", withAnswers(mistakesPart)],
    [
      "Filters",
      part(() =>
        drawImage(
          filtersOf(run),
          "The filters of the first convolution, each scaled on its own.",
        )
      ),
    ],
    [
      "Gradients",
      summary.status === "imported"
        ? missing(IMPORTED)
        : part(() => gradientsPart(run)),
    ],
    ["Machine", machinePart(read)],
    ["Repeat it", part(() => repeatPart(read))],
  ];
  const sections: Section[] = [];
  for (const [title, content] of parts) {
    const id = title.toLowerCase().replaceAll(" ", "-");
    sections.push({ id, title, content: await content });
  }
  return { sections, answers };
}

const IMPORTED =
  "Its weights were imported, so nothing is known of their training";

async function curvesPart({ run, history, summary }: ReadRun): Promise<Html> {
  if (summary.status === "imported") return missing(IMPORTED);
  return await drawChart(
    curvesOf(run),
    `Loss of each batch and its moving average, and the accuracies at ${
      counted(history.checks.length, "check")
    }.`,
  );
}

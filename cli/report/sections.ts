// Copyright 2026 the Convlab authors. MIT license.

/**
 * The parts of a report, one after the other. A part whose figures cannot be had
 * says why in one line, and the rest is there.
 *
 * @module
 */

import type { RunFolder } from "../../training/run_folder.ts";
import { loadRun } from "../../training/load_run.ts";
import type { TrainedNetwork } from "../../training/trained_network.ts";
import { confusionOf } from "../../views/confusion.ts";
import { curvesOf } from "../../views/curves.ts";
import { filtersOf } from "../../views/filters.ts";
import { gradientsOf } from "../../views/gradients.ts";
import { mistakesOf } from "../../views/mistakes.ts";
import type { Streams } from "../command.ts";
import { Interrupted } from "../exit.ts";
import { commandLine, repetitionOf } from "../repeat.ts";
import type { ReadRun } from "../runs/summary.ts";
import { grouped } from "../words.ts";
import { classesPart } from "./classes.ts";
import { dataPart } from "./data_part.ts";
import { drawChart, drawPicture } from "./drawing.ts";
import { type Answers, answersOf, type Moved } from "./evaluation.ts";
import { type Content, type Html, html } from "./html.ts";
import { machinePart } from "./machine.ts";
import { networkOf, networkPart } from "./network.ts";
import type { Section } from "./page.ts";
import { configurationPart } from "./configuration.ts";

/** Or why it cannot be had. */
export type Attempt<T> = { readonly value: T } | { readonly reason: string };

/** Makes the parts. */
export async function sectionsOf(
  read: ReadRun,
  moved: Moved,
  streams: Streams,
): Promise<{ sections: Section[]; answers: Attempt<Answers> }> {
  const { run, history, summary } = read;
  const trained = await attempt(() => loadRun(run));
  const answers = await attempt(() =>
    answersOf(run, valueOf(trained), moved, streams)
  );
  const curves = summary.status === "imported"
    ? missing(
      "Its weights were imported, so nothing is known of their training",
    )
    : await part(() =>
      drawChart(
        curvesOf(run),
        `Loss of each batch and its moving average, and the accuracies at ${
          grouped(history.checks.length)
        } checks.`,
      )
    );
  const withAnswers = (
    draw: (answers: Answers, network: TrainedNetwork) => Promise<Html>,
  ) => part(() => draw(valueOf(answers), valueOf(trained)));
  const sections = [
    { id: "curves", title: "Curves", content: curves },
    {
      id: "configuration",
      title: "Configuration",
      content: configurationPart(read),
    },
    {
      id: "network",
      title: "Network",
      content: await part(() => networkPart(networkOf(run))),
    },
    {
      id: "data",
      title: "Data",
      content: await part(() => dataPart(run)),
    },
    {
      id: "classes",
      title: "Classes",
      content: await withAnswers(async (answers, { classNames }) => {
        const { evaluation, what, title } = answers;
        const of = `${grouped(evaluation.images)} ${what} of ${title}`;
        return html`<p>On ${of}. Precision is the share of the images that were taken for a class that are of it; recall is the share of a class’s images that were taken for it.</p>
${classesPart(evaluation, classNames)}<h3>What is taken for what</h3>
${await drawPicture(
          confusionOf(evaluation, { classNames, what }),
          `A row for each class, a column for what its images are taken for; ${of}.`,
        )}`;
      }),
    },
    {
      id: "mistakes",
      title: "Mistakes",
      content: await withAnswers(async (answers, { classNames }) => {
        const { images, mistakes, what } = answers;
        if (mistakes.wrong === 0) {
          return html`<p>None: all ${
            grouped(mistakes.images)
          } ${what} were classified rightly.</p>\n`;
        }
        return await drawPicture(
          mistakesOf(images, mistakes, { classNames, what }),
          `The ${mistakes.mistakes.length} wrong answers that the network is most sure of, of ${
            grouped(mistakes.wrong)
          } in ${
            grouped(mistakes.images)
          } ${what}: the class, what it is taken for, and how probable that seems to it.`,
        );
      }),
    },
    {
      id: "filters",
      title: "Filters",
      content: await part(async () => {
        const figure = filtersOf(run);
        return await drawPicture(
          figure,
          `The filters of the first convolution, each scaled on its own.`,
        );
      }),
    },
    {
      id: "gradients",
      title: "Gradients",
      content: await gradientsPart(run),
    },
    {
      id: "machine",
      title: "Machine",
      content: machinePart(read),
    },
    {
      id: "repeat",
      title: "Repeat it",
      content: await part(() => repeatPart(run)),
    },
  ];
  return { sections, answers };
}

/** The norms of gradients, and their histograms for those who ask. */
async function gradientsPart(run: RunFolder): Promise<Content> {
  return await part(async () => {
    const [norms, ...histograms] = gradientsOf(run).figures;
    if (norms === undefined) throw new Error("The run has kept none");
    const weights = histograms.filter(({ title = "" }) =>
      /^(conv|fc)\d+\.weight|^W\d/.test(title)
    );
    const drawn = [];
    for (const figure of weights) {
      const { title = "" } = figure;
      drawn.push(
        html`<h3>${title}</h3>
${await drawPicture(
          figure,
          `${title}: how large the numbers of its gradient are, over the training.`,
        )}`,
      );
    }
    return html`${await drawChart(
      norms,
      "Norms of the gradients of weights over the training.",
    )}${
      drawn.length > 0 &&
        html`
          <details><summary>How the numbers of each gradient are spread</summary>
          ${drawn}</details>
        ` || undefined
    }`;
  });
}

function repeatPart(run: RunFolder): Html {
  const { words, notes } = repetitionOf(run);
  const remarks = notes.map((note) => html`<p>${note}.</p>\n`);
  if (words.length === 0) {
    return html`${
      notes.map((note) => missing(`${note}, so there is no command to repeat`))
    }`;
  }
  const line = commandLine(words);
  return html`<p>In Convlab’s folder, with the same data, this command gives the same parameters to the last bit, with any number of threads:</p>
<pre tabindex="0" aria-label="Command"><code>${line}</code></pre>
${remarks}`;
}

/** What is made, or why it cannot be, in one line of the page. */
async function part(make: () => Content | Promise<Content>): Promise<Content> {
  const made = await attempt(make);
  return "reason" in made ? missing(made.reason) : made.value;
}

/** A line that says what is not there. */
function missing(why: string): Html {
  return html`<p class="missing">${why}.</p>\n`;
}

/** What is made, or why it cannot be. */
async function attempt<T>(make: () => T | Promise<T>): Promise<Attempt<T>> {
  try {
    return { value: await make() };
  } catch (error) {
    // Neither is a matter of the run.
    if (error instanceof Deno.errors.NotCapable) throw error;
    if (error instanceof Interrupted || !(error instanceof Error)) throw error;
    return { reason: error.message.split("\n", 1)[0]!.replace(/\.$/, "") };
  }
}

/** The value, or the reason again. */
function valueOf<T>(attempt: Attempt<T>): T {
  if ("value" in attempt) return attempt.value;
  throw new Error(attempt.reason);
}

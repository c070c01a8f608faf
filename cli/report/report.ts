// Copyright 2026 the Convlab authors. MIT license.

/**
 * A run as a page.
 *
 * @module
 */

import config from "../../deno.json" with { type: "json" };
import type { RunFolder } from "../../training/run_folder.ts";
import type { Streams } from "../command.ts";
import { bestCheck } from "../runs/history.ts";
import {
  durationText,
  percentText,
  progressText,
  statusText,
  timeText,
} from "../runs/format.ts";
import { type ReadRun, readRun } from "../runs/summary.ts";
import { grouped } from "../words.ts";
import type { Attempt } from "./attempt.ts";
import type { Answers, Moved } from "./evaluation.ts";
import { type Html, markup, missing } from "./html.ts";
import { networkOf } from "./network.ts";
import { pageOf } from "./page.ts";
import { sectionsOf } from "./sections.ts";

/**
 * Describes a run as a page that needs nothing else.
 *
 * @param run The run; it may be unfinished, imported, or without its data.
 * @param moved Where its images are, if no longer where they were.
 * @throws {Error} If its configuration or its metrics are damaged.
 */
export async function reportOf(
  run: RunFolder,
  moved: Moved,
  streams: Streams,
): Promise<string> {
  const read = readRun(run);
  const { sections, answers } = await sectionsOf(read, moved, streams);
  return pageOf({
    title: run.name,
    lead: leadOf(read, answers),
    sections,
    footer: markup`<p>Written by Convlab ${config.version} on ${
      timeText(new Date().toISOString())
    } from <code>${run.path}</code>.</p>`,
  });
}

/** What comes first: what was trained on what, and what came of it. */
function leadOf(read: ReadRun, answers: Attempt<Answers>): Html {
  const { summary, settings } = read;
  const { model, started } = summary;
  const data = settings.get("data") ?? summary.data ?? "unknown data";
  const when = started === null ? "" : `, ${timeText(started)}`;
  const items = figuresOf(read, answers).map(([name, value]) =>
    markup`<li><span class="value">${value}</span> <span class="name">${name}</span></li>\n`
  );
  return markup`<p class="about"><code>${
    model ?? "three-layer network"
  }</code> on ${String(data)}${when}: ${statusText(summary)}.</p>
<ul class="figures of-${items.length}">
${items}</ul>
${keptText(read)}`;
}

/** The numbers that one looks for. */
function figuresOf(
  { run, summary, history }: ReadRun,
  answers: Attempt<Answers>,
): [string, string][] {
  const { final } = history;
  const parameters = parametersOf(run);
  const figures: [string, string | undefined][] = [
    [
      "test accuracy",
      known(final?.testAccuracy) ??
        ("value" in answers && answers.value.what === "test images"
          ? percentText(answers.value.evaluation.accuracy)
          : undefined),
    ],
    ["validation accuracy", known(summary.valAccuracy)],
    ["training accuracy", known(final?.trainAccuracy)],
    [
      "parameters",
      parameters === undefined ? undefined : grouped(parameters),
    ],
    [
      "trained",
      summary.status === "imported" || summary.epochs === null
        ? undefined
        : progressText(summary),
    ],
    [
      "training time",
      summary.seconds === null ? undefined : durationText(summary.seconds),
    ],
  ];
  return figures.filter((figure): figure is [string, string] =>
    figure[1] !== undefined
  );
}

/** Of when the parameters are. */
function keptText(
  { summary, history, settings }: ReadRun,
): Html | undefined {
  const { status, resumableFrom } = summary;
  if (status === "imported") return undefined;
  if (history.final === undefined) {
    const from = resumableFrom
      ? `, after iteration ${grouped(resumableFrom)}`
      : "";
    return missing(
      `This run has not ended: what it has learned is shown as of its newest checkpoint${from}`,
    );
  }
  const best = bestCheck(history.checks);
  const isLast = settings.get("recipe.keep") === "last" || best === undefined;
  const which = isLast
    ? "the last ones"
    : `those of ${
      best.epoch > 0 ? `epoch ${best.epoch}` : `iteration ${best.iteration}`
    }, with the best validation accuracy`;
  return markup`<p>The accuracies are those of the parameters that were kept: ${which}.</p>\n`;
}

function parametersOf(run: RunFolder): number | undefined {
  try {
    return networkOf(run).total.parameters;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return undefined;
  }
}

function known(share: number | null | undefined): string | undefined {
  return share === null || share === undefined || Number.isNaN(share)
    ? undefined
    : percentText(share);
}

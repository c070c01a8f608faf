// Copyright 2026 the Convlab authors. MIT license.

/**
 * What a live page tells of a run besides what happens.
 *
 * @module
 */

import { dirname } from "@std/path";
import type { About } from "../live/protocol.ts";
import type { RunRecord } from "./run_record.ts";
import { timeText } from "./runs/format.ts";
import {
  numberSetting,
  setting,
  settingsOf,
  textSetting,
} from "./runs/settings.ts";
import { RUN_OPTIONS } from "./training_options.ts";
import { grouped } from "./words.ts";

/** Settings that are shown, by what they are called. */
const SHOWN: Readonly<Record<string, string>> = {
  trainingImages: "Training images",
  batchSize: "Batch size",
  updateRule: "Update rule",
  learningRate: "Learning rate",
  schedule: "Schedule",
  lrDecay: "Decay per epoch",
  momentum: "Momentum",
  weightDecay: "Weight decay",
  reg: "Regularisation",
  labelSmoothing: "Label smoothing",
  average: "Average",
  seed: "Seed",
  dtype: "Precision",
  threads: "Threads",
  started: "Started",
};

/**
 * Describes a run by its configuration.
 *
 * @param length How long its training is, as far as that is known.
 */
export function aboutRun(
  run: Pick<RunRecord, "name" | "readConfig">,
  length: {
    readonly iterations: number | null;
    readonly epochs: number | null;
  },
  canControl: boolean,
): About {
  const settings = settingsOf(run.readConfig());
  const isScheduled = setting(settings, "schedule") !== undefined;
  const rate = numberSetting(settings, "learningRate");
  const isSteady = !isScheduled &&
    (numberSetting(settings, "lrDecay") ?? 1) === 1;
  return {
    name: run.name,
    data: textSetting(settings, "data") ?? "unknown data",
    model: textSetting(settings, "model") ?? "three-layer network",
    settings: Object.entries(SHOWN).flatMap(([name, title]) => {
      const text = shown(name, setting(settings, name));
      return text === undefined ? [] : [[title, text] as const];
    }),
    iterations: length.iterations,
    epochs: length.epochs,
    learningRate: isSteady ? rate ?? null : null,
    ...{ canControl, isScheduled },
  };
}

/** A run as one types it, quoted where a shell would take it apart. */
export function typedRun(
  { name, path }: Pick<RunRecord, "name" | "path">,
): string {
  const run = dirname(path) === RUN_OPTIONS.runsDir.default ? name : path;
  return /^[\w./+-]+$/.test(run) ? run : quoted(run);
}

function quoted(word: string): string {
  return Deno.build.os === "windows"
    ? `"${word}"`
    : `'${word.replaceAll("'", `'\\''`)}'`;
}

function shown(name: string, value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (name === "lrDecay" && value === 1) return undefined;
  if (["reg", "labelSmoothing"].includes(name) && value === 0) return undefined;
  if (name === "started") return timeText(String(value));
  if (typeof value === "number") {
    return name === "seed" || !Number.isInteger(value)
      ? String(value)
      : grouped(value);
  }
  return typeof value === "string" ? value : JSON.stringify(value);
}

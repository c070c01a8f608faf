// Copyright 2026 the Convlab authors. MIT license.

/**
 * A run in a few words: what was trained, how far it came, how good it is.
 *
 * @module
 */

import type { RunFolder } from "../../training/run_folder.ts";
import { bestCheck, type History, historyOf } from "./history.ts";
import {
  numberSetting,
  type Settings,
  settingsOf,
  textSetting,
} from "./settings.ts";

/** How far a run came. */
export type Status =
  /** A process trains in it now. */
  | "running"
  /** It came to its end. */
  | "finished"
  /** Its weights were trained elsewhere. */
  | "imported"
  /** It did not, and nobody trains in it. */
  | "stopped";

/** A run in a few words. What is not known is null. */
export interface RunSummary {
  readonly name: string;
  readonly path: string;
  readonly status: Status;
  /** The subcommand that made it. */
  readonly command: string | null;
  /** The network's spec; null for the three-layer network. */
  readonly model: string | null;
  /** The data set. */
  readonly data: string | null;
  /** Iterations that are finished, and those that there are to be. */
  readonly iteration: number;
  readonly iterations: number | null;
  /** Epochs that are finished, and those that there are to be. */
  readonly epoch: number;
  readonly epochs: number | null;
  /** Iteration whose loss was not finite. */
  readonly divergedAt: number | null;
  /** Iteration from which a run that stopped can go on: that of the newest whole checkpoint, or 0 if there is none. */
  readonly resumableFrom: number | null;
  /** The validation accuracy of the parameters that were kept, or the best so far, from 0 to 1. */
  readonly valAccuracy: number | null;
  /** The best validation accuracy of all checks. */
  readonly bestValAccuracy: number | null;
  /** The accuracy on the test images of the parameters that were kept. */
  readonly testAccuracy: number | null;
  /** When it was started, as ISO 8601 has it. */
  readonly started: string | null;
  /** How long it trained, in seconds. */
  readonly seconds: number | null;
}

/** A run that was read. */
export interface ReadRun {
  readonly run: RunFolder;
  readonly settings: Settings;
  readonly history: History;
  readonly summary: RunSummary;
}

/**
 * Reads a run.
 *
 * @throws {Error} If its configuration or its metrics are damaged.
 */
export function readRun(run: RunFolder): ReadRun {
  const settings = settingsOf(run.readConfig());
  const history = historyOf(run.readMetrics());
  return { run, settings, history, summary: summarize(run, settings, history) };
}

function summarize(
  run: RunFolder,
  settings: Settings,
  { losses, checks, final }: History,
): RunSummary {
  const status = run.isLocked()
    ? "running"
    : final !== undefined && run.hasParameters()
    ? "finished"
    : textSetting(settings, "command") === "import" && run.hasParameters()
    ? "imported"
    : "stopped";
  const diverged = losses.find(({ loss }) => loss === null);
  const isResumable = status === "stopped" && diverged === undefined &&
    isTraining(settings);
  return {
    name: run.name,
    path: run.path,
    status,
    command: textSetting(settings, "command") ?? null,
    model: textSetting(settings, "model") ?? null,
    data: textSetting(settings, "dataset") ?? null,
    iteration: losses.at(-1)?.iteration ?? 0,
    iterations: plannedIterations(settings) ?? null,
    epoch: checks.at(-1)?.epoch ?? 0,
    epochs: numberSetting(settings, "epochs") ?? null,
    divergedAt: diverged?.iteration ?? null,
    resumableFrom: isResumable
      ? run.checkpoints().latest().checkpoint?.iteration ?? 0
      : null,
    valAccuracy: final?.valAccuracy ?? bestCheck(checks)?.valAccuracy ?? null,
    bestValAccuracy: bestCheck(checks)?.valAccuracy ?? null,
    testAccuracy: final?.testAccuracy ?? null,
    started: textSetting(settings, "started") ?? null,
    seconds: final?.seconds ?? null,
  };
}

/** Whether it is a run of `train` that has its recipe, so that it can be repeated. */
function isTraining(settings: Settings): boolean {
  return textSetting(settings, "command") === "train" &&
    [...settings.keys()].some((name) => name.startsWith("recipe."));
}

/** As many as the Solver would take. */
function plannedIterations(settings: Settings): number | undefined {
  const images = numberSetting(settings, "trainingImages");
  const batch = numberSetting(settings, "batchSize");
  const epochs = numberSetting(settings, "epochs");
  const most = numberSetting(settings, "maxIterations");
  if (images === undefined || batch === undefined || epochs === undefined) {
    return most;
  }
  const all = epochs * Math.max(1, Math.floor(images / batch));
  return Math.min(all, most ?? Infinity);
}

// Copyright 2026 the Convlab authors. MIT license.

/**
 * What the files of a run tell, as events: all that is in them, and then what is
 * added, whoever trains. So the training has nothing to send of it, and an old
 * run looks as it did when it was trained.
 *
 * @module
 */

import { join } from "@std/path";
import { parseLine } from "../training/run_lines.ts";
import { GrowingFile } from "./growing_file.ts";
import type { Point, RunEvent } from "./protocol.ts";

/** Points that go into one event. */
const MAX_POINTS = 5000;

/** Reads a run's metrics and log as they grow. */
export class RunFiles {
  readonly #metrics: GrowingFile;
  readonly #log: GrowingFile;

  /** @param path The run's folder. */
  constructor(path: string) {
    this.#metrics = new GrowingFile(join(path, "metrics.jsonl"));
    this.#log = new GrowingFile(join(path, "log.txt"));
  }

  /** What happened since the last call. */
  read(): RunEvent[] {
    let metrics = this.#metrics.read();
    let log = this.#log.read();
    const isAnew = metrics.isAnew || log.isAnew;
    if (isAnew) {
      // The run was cut back to a checkpoint: both are told from the beginning.
      this.#metrics.restart();
      this.#log.restart();
      metrics = this.#metrics.read();
      log = this.#log.read();
    }
    return [
      ...(isAnew ? [{ kind: "reset" } as const] : []),
      ...eventsOf(metrics.lines),
      ...logOf(log.lines),
    ];
  }
}

function logOf(lines: readonly string[]): RunEvent[] {
  return lines.length > 0 ? [{ kind: "log", lines }] : [];
}

/** Lines that are damaged, or of a kind that is not known, are left out. */
function* eventsOf(lines: readonly string[]): Generator<RunEvent> {
  let points: Point[] = [];
  for (const line of lines) {
    const metric = parseLine(line);
    const event = metric && eventOf(metric);
    if (metric?.kind === "iteration") {
      const { iteration, loss, learningRate } = metric;
      points.push([Number(iteration), numeric(loss), numeric(learningRate)]);
    }
    if (points.length > 0 && (event || points.length === MAX_POINTS)) {
      yield { kind: "points", points };
      points = [];
    }
    if (event) yield event;
  }
  if (points.length > 0) yield { kind: "points", points };
}

function eventOf(metric: Record<string, unknown>): RunEvent | undefined {
  const iteration = Number(metric.iteration);
  const accuracies = {
    trainAccuracy: numeric(metric.trainAccuracy),
    valAccuracy: numeric(metric.valAccuracy),
  };
  switch (metric.kind) {
    case "check": {
      const epoch = Number(metric.epoch);
      return { kind: "check", check: { iteration, epoch, ...accuracies } };
    }
    case "learningRate": {
      const learningRate = Number(metric.learningRate);
      return { kind: "rate", change: { iteration, learningRate } };
    }
    case "final": {
      const testAccuracy = numeric(metric.testAccuracy);
      const seconds = numeric(metric.seconds);
      return {
        kind: "final",
        final: { ...accuracies, testAccuracy, seconds },
      };
    }
    default:
      return undefined;
  }
}

/** JSON has null for what is not finite. */
function numeric(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

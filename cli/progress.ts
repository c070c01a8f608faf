// Copyright 2026 the Convlab authors. MIT license.

/**
 * A progress bar on standard error, for whoever waits at a terminal: it shows
 * only after two seconds, and nothing at all is written anywhere else.
 *
 * There is no timer behind it, so that it moves during work that never waits,
 * cannot keep the process alive, and has nothing to restore after Ctrl-C.
 *
 * @module
 */

import type { Streams } from "./command.ts";
import type { Output } from "./output.ts";
import { grouped } from "./words.ts";

/** Options of {@linkcode startProgress}. */
export interface ProgressOptions extends Streams {
  /** How many items there are to do. */
  readonly total: number;
  /** How many of them had been done before. @default {0} */
  readonly before?: number;
  /** What an item is, in the plural, such as `images`. */
  readonly unit: string;
  /** What is being done, such as `Training`. */
  readonly label: string;
  /** Clock in milliseconds. @default {performance.now} */
  readonly now?: () => number;
}

/** A progress bar; `using` stops it also when an error is thrown. */
export interface Progress extends Disposable {
  /**
   * Says how far the work is. Cheap enough to be called for each item.
   *
   * @param done Items that are done.
   * @param note Something to show behind it, such as `loss 1.23`.
   */
  update(done: number, note?: string): void;
  /** Prints a line to standard output without disturbing the bar. */
  log(line: string): void;
  /** Takes the bar away. */
  stop(): void;
}

/** Time before the bar shows, in milliseconds. */
const PATIENCE = 2000;
/**
 * Time that is not counted for the rate, in milliseconds, and updates that are
 * not: the first items take longer, as kernels are compiled, and a training
 * checks its accuracies after the first iteration.
 */
const WARM_UP = { milliseconds: 1000, updates: 2 };
/** Time between two pictures, in milliseconds. */
const INTERVAL = 100;
const BAR_LENGTH = 24;
const ERASE_LINE = "\r\x1b[K";

/** Starts to measure progress; `update` draws it. */
export function startProgress(options: ProgressOptions): Progress {
  const { stdout, stderr, now = () => performance.now() } = options;
  const start = now();
  let due = stderr.isTerminal ? start + PATIENCE : Infinity;
  let shown = "";
  let updates = 0;
  /** What the rate is reckoned from. */
  let base = { done: options.before ?? 0, time: start };
  const draw = (text: string) => {
    if (text !== shown) stderr.write(ERASE_LINE + text);
    shown = text;
  };
  const stop = () => {
    draw("");
    due = Infinity;
  };
  return {
    update(done, note = "") {
      const time = now();
      if (
        updates++ < WARM_UP.updates || time - start < WARM_UP.milliseconds
      ) base = { done, time };
      if (time < due) return;
      due = time + INTERVAL;
      const rate = done > base.done
        ? 1000 * (done - base.done) / (time - base.time)
        : undefined;
      draw(picture(options, { done, rate, note }, stderr));
    },
    log(line) {
      const picture = shown;
      draw("");
      stdout.line(line);
      draw(picture);
    },
    stop,
    [Symbol.dispose]: stop,
  };
}

function picture(
  { total, unit, label }: ProgressOptions,
  { done, rate, note }: {
    readonly done: number;
    /** Items a second, once that is known. */
    readonly rate: number | undefined;
    readonly note: string;
  },
  { columns, style }: Output,
): string {
  const part = total > 0 ? Math.min(1, done / total) : 1;
  const full = Math.round(part * BAR_LENGTH);
  const bar = "█".repeat(full) + "░".repeat(BAR_LENGTH - full);
  const left = rate === undefined ? "-:--" : clock((total - done) / rate);
  const facts = [
    `${Math.floor(part * 100)} %`.padStart(5),
    `${grouped(done)}/${grouped(total)} ${unit}`,
    ...rate === undefined ? [] : [
      `${rate < 10 ? rate.toPrecision(2) : grouped(rate)} ${unit}/s`,
    ],
    `${left} left`,
    ...note === "" ? [] : [note],
  ].join("  ");
  // In a narrow terminal the bar goes first, then the end of the facts.
  return `${label} ${bar} ${facts}`.length < columns
    ? `${label} ${style.cyan(bar)} ${facts}`
    : `${label} ${facts.trimStart()}`.slice(0, columns - 1);
}

/** Seconds as `m:ss` or `h:mm:ss`. */
function clock(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds));
  const two = (n: number) => String(Math.floor(n) % 60).padStart(2, "0");
  const minutes = Math.floor(whole / 60);
  return whole < 3600
    ? `${minutes}:${two(whole)}`
    : `${Math.floor(minutes / 60)}:${two(minutes)}:${two(whole)}`;
}

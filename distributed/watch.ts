// Copyright 2026 the Convlab authors. MIT license.

/**
 * When a rank counts as lost, and a main thread as hung: by clocks that are
 * passed in, so without any of its own.
 *
 * A rank is lost that is not heard of for five seconds, so that its job can end
 * within ten. A main thread hangs that gives no sign of life for six seconds
 * while it trains, or for four times its longest silence so far if that is more;
 * how long its first step takes is not known before. Time in which the watcher
 * itself did not run, since its machine or its job was paused, counts for
 * nothing.
 *
 * @module
 */

import type { Phase } from "./thread_protocol.ts";

/** Silence of a rank after which it is given up, in milliseconds. */
const LOST_MS = 5000;
/** The same where this process was told to end, as by a launcher that misses a rank. */
const LOST_TERMINATED_MS = 800;
/** The shortest silence of a main thread after which it is. */
const HUNG_MS = 6000;
/** A gap between two looks that can only come from not running. */
const PAUSE_MS = 1500;
/** How much longer than the longest silence so far one may last. */
const PATIENCE = 4;

/** What is wrong. */
export type Finding =
  | { readonly kind: "lost"; readonly rank: number; readonly ms: number }
  | { readonly kind: "hung"; readonly ms: number };

/** What the main thread shows of itself. */
export interface MainSigns {
  /** Its steps and requests so far, as signs of life. */
  readonly signs: number;
  /** How often it came round to its timers: it lives too while it awaits something. */
  readonly turns: number;
  readonly phase: Phase;
  /** Whether it waits for other ranks, which is no fault of its own. */
  readonly waits: boolean;
}

/** Watches other ranks, and this rank's main thread. All times are in milliseconds. */
export class Watch {
  readonly #heard: Map<number, number>;
  #looked: number;
  #sign: { at: number; signs: number; turns: number; steps: number };
  #longest = 0;

  /** @param ranks Those to be heard of. */
  constructor(ranks: Iterable<number>, now: number) {
    this.#heard = new Map([...ranks].map((rank) => [rank, now]));
    this.#looked = now;
    this.#sign = { at: now, signs: 0, turns: 0, steps: 0 };
  }

  /** A rank was heard of. */
  heard(rank: number, now: number): void {
    if (this.#heard.has(rank)) this.#heard.set(rank, now);
  }

  /** What is wrong now, if anything is; to be asked a few times a second. Tell whether this process was told to end. */
  look(now: number, main: MainSigns, terminated = false): Finding | undefined {
    const gap = now - this.#looked;
    this.#looked = now;
    if (gap > PAUSE_MS) this.#forget(gap);
    return this.#lookAtMain(now, main) ??
      this.#lookAtRanks(now, terminated ? LOST_TERMINATED_MS : LOST_MS);
  }

  #lookAtRanks(now: number, lostMs: number): Finding | undefined {
    let longest: { rank: number; ms: number } | undefined;
    for (const [rank, at] of this.#heard) {
      const ms = now - at;
      if (ms >= (longest?.ms ?? lostMs)) longest = { rank, ms };
    }
    return longest && { kind: "lost", ...longest };
  }

  #lookAtMain(now: number, main: MainSigns): Finding | undefined {
    const { at, signs, turns, steps } = this.#sign;
    const ms = now - at;
    const isTraining = main.phase === "training";
    const moved = signs !== main.signs;
    if (!isTraining || main.waits || moved || turns !== main.turns) {
      if (isTraining && steps > 0) {
        this.#longest = Math.max(this.#longest, ms);
      }
      this.#sign = {
        at: now,
        signs: main.signs,
        turns: main.turns,
        steps: isTraining ? steps + (moved ? 1 : 0) : 0,
      };
      return undefined;
    }
    const limit = Math.max(HUNG_MS, PATIENCE * this.#longest);
    return steps > 1 && ms >= limit ? { kind: "hung", ms } : undefined;
  }

  /** Takes time out of all silences. */
  #forget(ms: number): void {
    for (const [rank, at] of this.#heard) this.#heard.set(rank, at + ms);
    this.#sign.at += ms;
  }
}

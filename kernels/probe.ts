// Copyright 2026 the Convlab authors. MIT license.

/**
 * Finds out whether wide register tiles, or joined ones, are faster here than
 * narrow ones, by running all. They are where the engine makes one operation of
 * 256 bits of two of 128 (V8 does, with flags), and nothing else tells whether it
 * does.
 *
 * @module
 */

import type { TileWidth } from "./select.ts";

/** What the probe found. */
export interface Probe {
  /** The fastest one; wide ones before joined ones. */
  readonly width: TileWidth;
  /** Speed of wide or joined tiles, whichever were found better, in units of that of narrow ones. */
  readonly ratio: number;
  /** How long it took, in milliseconds. */
  readonly milliseconds: number;
}

/** The wide tile has to be this much faster: joined it is almost twice as fast, and otherwise slower. */
const FASTER = 1.3;
/**
 * Where the optimiser was not waited for to the end: twice the width cannot be more
 * than twice as fast, so the narrow tile was not optimised in time. Of optimised
 * tiles it can, for a busy neighbour on the same core slows narrow ones down more.
 */
const PLAUSIBLE = 2.5;
/** An engine's optimised code is some five times as fast as its first; a tile that got so much faster is optimised. */
const OPTIMISED = 2.5;
/** Rounds after all tiles are optimised. */
const ROUNDS = 20;
/** Give up waiting for the optimiser after this long, in milliseconds. */
const PATIENCE_MS = 90;

const WIDTHS: readonly TileWidth[] = ["narrow", "wide", "joined"];

/** Steps of the clock in one timing: fewer would tell more of the clock than of the work. */
const CLOCK_STEPS = 20;
/** Steps that are short enough for any work, in milliseconds. */
const FINE_STEP_MS = 0.001;

/**
 * How many times the work has to be done for a clock to time it. Browsers give
 * clocks in steps of 5 to 100 µs.
 *
 * @param milliseconds What the work takes.
 * @param now The clock.
 */
export function timesForClock(
  milliseconds: number,
  now: () => number = () => performance.now(),
): number {
  let step = Infinity;
  for (let changes = 0, before = now(); changes < 5;) {
    const time = now();
    if (time === before) continue;
    step = Math.min(step, time - before);
    before = time;
    changes++;
  }
  if (step <= FINE_STEP_MS) return 1;
  return Math.max(1, Math.ceil(CLOCK_STEPS * step / milliseconds));
}

/**
 * Times the tiles until all are optimised.
 *
 * @param work Does some microseconds of multiply-adds, twice as many with wide and joined tiles.
 * @param now A clock in milliseconds.
 */
export function probeTiles(
  work: (width: TileWidth) => void,
  now: () => number = () => performance.now(),
): Probe {
  const begin = now();
  const tiles = new Map(WIDTHS.map((width) => [width, new Timings()]));
  // The very first run also compiles, and says nothing.
  WIDTHS.forEach(work);
  let optimised = false;
  for (let rounds = 0; rounds < ROUNDS && now() - begin < PATIENCE_MS;) {
    for (const [width, timings] of tiles) {
      const start = now();
      work(width);
      timings.add(now() - start);
    }
    optimised ||= [...tiles.values()].every(({ optimised }) => optimised);
    if (optimised) rounds++;
  }
  const best = (width: TileWidth) => tiles.get(width)?.best ?? Infinity;
  const ratioOf = (width: TileWidth) => 2 * best("narrow") / best(width);
  const most = optimised ? Infinity : PLAUSIBLE;
  const width =
    (["wide", "joined"] as const).find((width) =>
      ratioOf(width) > FASTER && ratioOf(width) < most
    ) ?? "narrow";
  return {
    width,
    ratio: width === "narrow"
      ? Math.max(ratioOf("wide"), ratioOf("joined"))
      : ratioOf(width),
    milliseconds: now() - begin,
  };
}

/** Timings of one tile. */
class Timings {
  best = Infinity;
  /** The better of the first two, one of which may have been interrupted. */
  #first = Infinity;
  #count = 0;

  add(time: number): void {
    if (this.#count++ < 2) this.#first = Math.min(this.#first, time);
    this.best = Math.min(this.best, time);
  }

  /** Whether the engine's optimised code has taken over. */
  get optimised(): boolean {
    return this.best * OPTIMISED < this.#first;
  }
}

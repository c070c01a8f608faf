// Copyright 2026 the Convlab authors. MIT license.

/**
 * Finds out whether wide register tiles are faster here than narrow ones, by
 * running both. They are where the engine makes one operation of 256 bits of two
 * of 128 (V8 does, with flags), and nothing else tells whether it does.
 *
 * @module
 */

import type { TileWidth } from "./select.ts";

/** What the probe found. */
export interface Probe {
  /** The faster one. */
  readonly width: TileWidth;
  /** Speed of wide tiles in units of that of narrow ones. */
  readonly ratio: number;
  /** How long it took, in milliseconds. */
  readonly milliseconds: number;
}

/** The wide tile has to be this much faster: joined it is almost twice as fast, and otherwise slower. */
const FASTER = 1.3;
/** An engine's optimised code is some five times as fast as its first; a tile that got so much faster is optimised. */
const OPTIMISED = 2.5;
/** Rounds after both tiles are optimised. */
const ROUNDS = 20;
/** Give up waiting for the optimiser after this long, in milliseconds. */
const PATIENCE_MS = 60;

/**
 * Times the two tiles until both are optimised.
 *
 * @param work Does some microseconds of multiply-adds, twice as many with wide tiles.
 * @param now A clock in milliseconds.
 */
export function probeTiles(
  work: (width: TileWidth) => void,
  now: () => number = () => performance.now(),
): Probe {
  const begin = now();
  // The very first run also compiles, and says nothing.
  work("narrow");
  work("wide");
  const best = { narrow: Infinity, wide: Infinity };
  const first = { narrow: 0, wide: 0 };
  for (let rounds = 0; rounds < ROUNDS && now() - begin < PATIENCE_MS;) {
    for (const width of ["narrow", "wide"] as const) {
      const start = now();
      work(width);
      const time = now() - start;
      first[width] ||= time;
      best[width] = Math.min(best[width], time);
    }
    const optimised = best.narrow * OPTIMISED < first.narrow &&
      best.wide * OPTIMISED < first.wide;
    if (optimised) rounds++;
  }
  const ratio = 2 * best.narrow / best.wide;
  return {
    width: ratio > FASTER ? "wide" : "narrow",
    ratio,
    milliseconds: now() - begin,
  };
}

// Copyright 2026 the Convlab authors. MIT license.

/**
 * How long the communication thread sleeps between two looks at MPI. MPI moves
 * nothing by itself: it has to be called, and each call costs the core that the
 * training may need.
 *
 * @module
 */

/** How long to look without sleep while the main thread waits, in milliseconds since anything happened. */
const SPIN_MS = 3;
/** The longest sleep while a request is open, but for what has been quiet for long. */
const OPEN_MS = 1;
/** The part of a long wait that one sleep may last. */
const LONG_WAIT = 0.01;

/** What the communication thread knows of the moment. */
export interface Moment {
  /** Whether any request is open. */
  readonly open: boolean;
  /** Whether the main thread waits for one, so that its core is free. */
  readonly awaited: boolean;
  /** Milliseconds since anything was begun, done or moved. */
  readonly quietMs: number;
  /** Milliseconds until heartbeats are to be exchanged. */
  readonly nextLookMs: number;
}

/**
 * Milliseconds to sleep; 0 to look again at once. A sleep is a fraction of the
 * time that was quiet before it, so that it adds no more than that fraction to
 * what is waited for, and long waits cost little.
 */
export function sleepMs(
  { open, awaited, quietMs, nextLookMs }: Moment,
): number {
  if (quietMs <= 0 || awaited && quietMs < SPIN_MS) return 0;
  const longest = open ? Math.max(OPEN_MS, LONG_WAIT * quietMs) : nextLookMs;
  return Math.min(Math.max(quietMs / 8, 0.05), longest, nextLookMs);
}

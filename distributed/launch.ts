// Copyright 2026 the Convlab authors. MIT license.

/**
 * What a launcher tells a process that it started as one of many.
 *
 * @module
 */

/** A process's place among those that a launcher started. */
export interface Launch {
  /** The launcher, such as `Open MPI`, `MPICH` or `Slurm`. */
  readonly launcher: string;
  /** This process's number among all, from 0. */
  readonly rank: number;
  /** How many there are, where the launcher tells. */
  readonly size?: number;
  /** Its number among those on the same host, from 0, where the launcher tells. */
  readonly localRank?: number;
  /** How many are on the same host, where the launcher tells. */
  readonly localSize?: number;
}

// Copyright 2026 the Convlab authors. MIT license.

/**
 * Whether a launcher such as `mpirun` or `srun` started this process as one of
 * many, by the variables that it sets for them.
 *
 * @module
 */

/** A process's place among those that a launcher started. */
export interface Launch {
  /** The launcher, such as `Open MPI`, `MPICH`, `Slurm` or `Slurm's PMI`. */
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

/** The variables of a launcher; those that it does not set are left out. */
interface Signature {
  readonly launcher: string;
  readonly rank: string;
  readonly size?: string;
  readonly localRank?: string;
  readonly localSize?: string;
  /** Where all of these are set too. */
  readonly with?: readonly string[];
}

/**
 * What launchers set, the nearest first: `mpirun` may start its ranks by way of
 * Slurm, whose variables then tell of something else. Slurm sets PMI's as well
 * for `srun --mpi=pmi2`, which MPICH understands and Open MPI does not; in batch
 * scripts it sets its rank, but no tasks of a step.
 */
const SIGNATURES: readonly Signature[] = [
  {
    launcher: "Open MPI",
    rank: "OMPI_COMM_WORLD_RANK",
    size: "OMPI_COMM_WORLD_SIZE",
    localRank: "OMPI_COMM_WORLD_LOCAL_RANK",
    localSize: "OMPI_COMM_WORLD_LOCAL_SIZE",
  },
  {
    launcher: "MPICH",
    rank: "PMI_RANK",
    size: "PMI_SIZE",
    localRank: "MPI_LOCALRANKID",
    localSize: "MPI_LOCALNRANKS",
    with: ["MPI_LOCALNRANKS"],
  },
  {
    launcher: "Slurm's PMI",
    rank: "PMI_RANK",
    size: "PMI_SIZE",
    localRank: "SLURM_LOCALID",
    with: ["SLURM_STEP_NUM_TASKS"],
  },
  {
    launcher: "Slurm",
    rank: "SLURM_PROCID",
    size: "SLURM_STEP_NUM_TASKS",
    localRank: "SLURM_LOCALID",
    with: ["SLURM_STEP_NUM_TASKS"],
  },
  { launcher: "PMI", rank: "PMI_RANK", size: "PMI_SIZE" },
  { launcher: "PMIx", rank: "PMIX_RANK" },
];

/**
 * The place of a process, or `undefined` if no launcher started it, or only this one.
 *
 * @param env Gives a variable of the environment.
 */
export function launchOf(
  env: (name: string) => string | undefined,
): Launch | undefined {
  const number = (name: string | undefined) => {
    const text = name === undefined ? undefined : env(name);
    return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
  };
  for (const names of SIGNATURES) {
    const rank = number(names.rank);
    if (rank === undefined) continue;
    if (names.with?.some((name) => env(name) === undefined)) continue;
    const size = number(names.size);
    if (size === 1) continue;
    const localRank = number(names.localRank);
    const localSize = number(names.localSize);
    return {
      ...{ launcher: names.launcher, rank },
      ...(size === undefined ? {} : { size }),
      ...(localRank === undefined ? {} : { localRank }),
      ...(localSize === undefined ? {} : { localSize }),
    };
  }
  return undefined;
}

/**
 * The place of this process. What may not be read counts as not set, so that
 * nothing is asked for where no launcher is at work.
 */
export function launchHere(): Launch | undefined {
  // Pages have no environment.
  if (typeof Deno === "undefined") return undefined;
  return launchOf((variable) => {
    const { state } = Deno.permissions.querySync({ name: "env", variable });
    return state === "granted" ? Deno.env.get(variable) : undefined;
  });
}

// Copyright 2026 the Convlab authors. MIT license.

import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { launchOf } from "../../distributed/launch.ts";

/** What processes find in their environment; taken down from real ones, but for the last four. */
const CASES: Readonly<Record<string, readonly [string, unknown]>> = {
  "mpirun of Open MPI 4": [
    "PMIX_RANK=1 OMPI_COMM_WORLD_SIZE=2 OMPI_COMM_WORLD_RANK=1 OMPI_COMM_WORLD_LOCAL_RANK=1 OMPI_COMM_WORLD_LOCAL_SIZE=2",
    {
      ...{ launcher: "Open MPI", rank: 1, size: 2 },
      ...{ localRank: 1, localSize: 2 },
    },
  ],
  "mpirun of MPICH 4": [
    "MPI_LOCALNRANKS=2 PMI_SIZE=2 MPI_LOCALRANKID=0 PMI_FD=6 PMI_RANK=0",
    { launcher: "MPICH", rank: 0, size: 2, localRank: 0, localSize: 2 },
  ],
  "nothing": ["HOME=/root TERM=xterm", undefined],
  "a single rank under mpirun": [
    "OMPI_COMM_WORLD_SIZE=1 OMPI_COMM_WORLD_RANK=0",
    undefined,
  ],
  "srun --mpi=pmix": [
    "SLURM_NTASKS=2 SLURM_PROCID=1 SLURM_STEP_NUM_TASKS=2 SLURM_LOCALID=1 PMIX_RANK=1",
    { launcher: "Slurm", rank: 1, size: 2, localRank: 1 },
  ],
  "srun --mpi=pmi2": [
    "PMI_FD=12 PMI_JOBID=5.0 PMI_RANK=1 PMI_SIZE=2 SLURM_NTASKS=2 SLURM_PROCID=1 SLURM_STEP_NUM_TASKS=2 SLURM_LOCALID=1",
    { launcher: "Slurm's PMI", rank: 1, size: 2, localRank: 1 },
  ],
  "a batch script of Slurm": [
    "SLURM_LOCALID=0 SLURM_NTASKS=2 SLURM_PROCID=0 SLURM_TASKS_PER_NODE=2",
    undefined,
  ],
  "mpirun in a batch script of Slurm": [
    "OMPI_COMM_WORLD_LOCAL_RANK=1 OMPI_COMM_WORLD_LOCAL_SIZE=2 OMPI_COMM_WORLD_RANK=1 OMPI_COMM_WORLD_SIZE=2 PMIX_RANK=1 SLURM_LOCALID=0 SLURM_NTASKS=2 SLURM_PROCID=0",
    {
      ...{ launcher: "Open MPI", rank: 1, size: 2 },
      ...{ localRank: 1, localSize: 2 },
    },
  ],
  "srun of one task": ["SLURM_PROCID=0 SLURM_STEP_NUM_TASKS=1", undefined],
  "mpirun that starts its ranks by srun": [
    "SLURM_PROCID=0 SLURM_STEP_NUM_TASKS=2 OMPI_COMM_WORLD_SIZE=8 OMPI_COMM_WORLD_RANK=5",
    { launcher: "Open MPI", rank: 5, size: 8 },
  ],
  "another launcher with PMIx": [
    "PMIX_RANK=2",
    { launcher: "PMIx", rank: 2 },
  ],
  "a rank that is no number": [
    "OMPI_COMM_WORLD_SIZE=2 OMPI_COMM_WORLD_RANK=x",
    undefined,
  ],
};

describe("launchOf()", () => {
  for (const [name, [variables, expected]] of Object.entries(CASES)) {
    it(`recognises ${name}`, () => {
      const env = new Map(
        variables.split(" ").map((pair) => pair.split("=") as [string, string]),
      );
      assertEquals(launchOf((variable) => env.get(variable)), expected);
    });
  }
});

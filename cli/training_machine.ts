// Copyright 2026 the Convlab authors. MIT license.

/**
 * On what a run is trained, as far as it can be told without a permission that
 * training does not need anyway.
 *
 * @module
 */

import type { Communicator } from "../distributed/communicator.ts";
import { processorName } from "./bench/machine.ts";

/** The machine, and what runs the program on it. */
export interface TrainingMachine {
  /** The processor's name, where it may be read. */
  readonly processor?: string | undefined;
  /** Cores that the system tells of. */
  readonly cores: number;
  /** Such as `x86_64-unknown-linux-gnu`. */
  readonly target: string;
  /** Version of Deno. */
  readonly deno: string;
  /** Version of V8, which compiles the kernels. */
  readonly v8: string;
  /** The host of each rank, where several trained together. */
  readonly hosts?: readonly string[];
  /** The MPI library by which they did. */
  readonly mpi?: string;
}

/** This machine, and those of other ranks. */
export function trainingMachine(
  ranks?: Pick<Communicator, "hosts" | "library">,
): TrainingMachine {
  const { deno, v8 } = Deno.version;
  return {
    processor: processorName(),
    cores: navigator.hardwareConcurrency,
    target: Deno.build.target,
    ...{ deno, v8 },
    ...(ranks ? { hosts: ranks.hosts, mpi: ranks.library } : {}),
  };
}

// Copyright 2026 the Convlab authors. MIT license.

/**
 * What the two families of MPI libraries pass for communicators, datatypes,
 * operations and special addresses. Open MPI's handles are addresses of its
 * variables; those of MPICH, and of all that keep its binary interface, are
 * constants.
 *
 * @module
 */

/** The families of MPI libraries whose binary interfaces are known. */
export type MpiFamily = "Open MPI" | "MPICH";

/** Handles, as arguments of 64 bits. */
export interface MpiHandles {
  /** `MPI_COMM_WORLD` */
  readonly world: bigint;
  /** `MPI_FLOAT` */
  readonly float32: bigint;
  /** `MPI_DOUBLE` */
  readonly float64: bigint;
  /** `MPI_BYTE` */
  readonly byte: bigint;
  /** `MPI_SUM` */
  readonly sum: bigint;
  /** `MPI_ERRORS_RETURN` */
  readonly errorsReturn: bigint;
  /** `MPI_IN_PLACE` */
  readonly inPlace: bigint;
  /** `MPI_ANY_SOURCE` */
  readonly anySource: number;
}

/** MPICH's, from its `mpi.h`; all that keep its binary interface have the same. */
export const MPICH_HANDLES: MpiHandles = {
  world: 0x44000000n,
  float32: 0x4c00040an,
  float64: 0x4c00080bn,
  byte: 0x4c00010dn,
  sum: 0x58000003n,
  errorsReturn: 0x54000001n,
  inPlace: 0xffff_ffff_ffff_ffffn,
  anySource: -2,
};

/** Names of Open MPI's variables whose addresses are its handles. */
export const OPEN_MPI_SYMBOLS = {
  world: "ompi_mpi_comm_world",
  float32: "ompi_mpi_float",
  float64: "ompi_mpi_double",
  byte: "ompi_mpi_byte",
  sum: "ompi_mpi_op_sum",
  errorsReturn: "ompi_mpi_errors_return",
} as const;

/** Open MPI's handles, by the addresses of its variables. */
export function openMpiHandles(
  addressOf: (symbol: string) => bigint,
): MpiHandles {
  return {
    world: addressOf(OPEN_MPI_SYMBOLS.world),
    float32: addressOf(OPEN_MPI_SYMBOLS.float32),
    float64: addressOf(OPEN_MPI_SYMBOLS.float64),
    byte: addressOf(OPEN_MPI_SYMBOLS.byte),
    sum: addressOf(OPEN_MPI_SYMBOLS.sum),
    errorsReturn: addressOf(OPEN_MPI_SYMBOLS.errorsReturn),
    inPlace: 1n,
    anySource: -1,
  };
}

// Copyright 2026 the Convlab authors. MIT license.

/**
 * The types of the few functions of MPI that are called, as both families have
 * them. Handles have 64 bits here; MPICH's functions read the lower 32 of them.
 *
 * @module
 */

const HANDLE = "u64";
const ADDRESS = "u64";

/** Parameters and results, by name. */
export const MPI_CALLS = {
  MPI_Get_library_version: {
    parameters: ["buffer", "buffer"],
    result: "i32",
  },
  MPI_Init_thread: {
    parameters: [ADDRESS, ADDRESS, "i32", "buffer"],
    result: "i32",
  },
  MPI_Finalize: { parameters: [], result: "i32" },
  MPI_Abort: { parameters: [HANDLE, "i32"], result: "i32" },
  MPI_Comm_rank: { parameters: [HANDLE, "buffer"], result: "i32" },
  MPI_Comm_size: { parameters: [HANDLE, "buffer"], result: "i32" },
  MPI_Comm_set_errhandler: { parameters: [HANDLE, HANDLE], result: "i32" },
  MPI_Error_string: {
    parameters: ["i32", "buffer", "buffer"],
    result: "i32",
  },
  MPI_Get_processor_name: { parameters: ["buffer", "buffer"], result: "i32" },
  MPI_Iallreduce: {
    parameters: [ADDRESS, ADDRESS, "i32", HANDLE, HANDLE, HANDLE, "buffer"],
    result: "i32",
  },
  MPI_Ibcast: {
    parameters: [ADDRESS, "i32", HANDLE, "i32", HANDLE, "buffer"],
    result: "i32",
  },
  MPI_Iallgather: {
    // deno-fmt-ignore
    parameters: [ADDRESS, "i32", HANDLE, ADDRESS, "i32", HANDLE, HANDLE, "buffer"],
    result: "i32",
  },
  MPI_Ibarrier: { parameters: [HANDLE, "buffer"], result: "i32" },
  MPI_Isend: {
    parameters: [ADDRESS, "i32", HANDLE, "i32", "i32", HANDLE, "buffer"],
    result: "i32",
  },
  MPI_Irecv: {
    parameters: [ADDRESS, "i32", HANDLE, "i32", "i32", HANDLE, "buffer"],
    result: "i32",
  },
  MPI_Test: { parameters: ["buffer", "buffer", "buffer"], result: "i32" },
  MPI_Cancel: { parameters: ["buffer"], result: "i32" },
} as const;

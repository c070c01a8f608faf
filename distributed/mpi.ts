// Copyright 2026 the Convlab authors. MIT license.

/**
 * The few calls of MPI that are needed, typed, over an open library of either
 * family. A call that fails throws, in the library's own words. The thread that
 * calls `init` is the only one that may call any other.
 *
 * @module
 */

import { MPI_CALLS } from "./mpi_calls.ts";
import {
  MPICH_HANDLES,
  type MpiFamily,
  type MpiHandles,
  OPEN_MPI_SYMBOLS,
  openMpiHandles,
} from "./mpi_handles.ts";
import {
  familyOf,
  libraryNames,
  missingLibrary,
  shortVersion,
  unknownLibrary,
} from "./mpi_library.ts";

/** Open MPI's variables; what is read of one is its address. */
const VARIABLES = Object.fromEntries(
  Object.values(OPEN_MPI_SYMBOLS).map((name) => [name, { type: "pointer" }]),
) as Record<string, { type: "pointer" }>;

type Calls = Deno.DynamicLibrary<typeof MPI_CALLS>["symbols"];

/** `MPI_THREAD_FUNNELED`, the same number in both families. */
const FUNNELED = 1;
/** As long as any library's `MPI_MAX_LIBRARY_VERSION_STRING`. */
const TEXT_BYTES = 8192;

/** A dtype that is added up. */
export type SumType = "float32" | "float64";

/** A request in progress: the library's handle of it. */
export type MpiRequest = BigUint64Array<ArrayBuffer>;

/** An open MPI library. */
export class Mpi {
  /** Its family, by which its handles are known. */
  readonly family: MpiFamily;
  /** Its name and version, such as `Open MPI 4.1.4`. */
  readonly library: string;
  /** The file that was opened. */
  readonly file: string;
  readonly #calls: Calls;
  readonly #handles: MpiHandles;
  readonly #number = new Int32Array(1);
  /** More than any family's `MPI_Status`. */
  readonly #status = new Uint8Array(64);

  private constructor(
    calls: Calls,
    handles: MpiHandles,
    library: { family: MpiFamily; library: string; file: string },
  ) {
    this.#calls = calls;
    this.#handles = handles;
    this.family = library.family;
    this.library = library.library;
    this.file = library.file;
  }

  /**
   * Opens the library that belongs to a launcher.
   *
   * @throws {Error} If there is none, or an unknown one.
   */
  static open(launcher: string, os: string = Deno.build.os): Mpi {
    for (const file of libraryNames(launcher, os)) {
      let calls: Calls;
      try {
        calls = Deno.dlopen(file, MPI_CALLS).symbols;
      } catch (error) {
        if (error instanceof Deno.errors.NotCapable) throw error;
        continue;
      }
      const text = new Uint8Array(TEXT_BYTES);
      const length = new Int32Array(1);
      calls.MPI_Get_library_version(text, length);
      const version = decode(text, length[0]!);
      const family = familyOf(version);
      if (family === undefined) throw new Error(unknownLibrary(file, version));
      return new Mpi(
        calls,
        family === "MPICH" ? MPICH_HANDLES : openMpiHandles(variables(file)),
        { family, library: shortVersion(version), file },
      );
    }
    throw new Error(missingLibrary(launcher, os));
  }

  /** `MPI_Init_thread`; from here on errors are returned and thrown. */
  init(): void {
    const provided = this.#number;
    this.#check(
      "MPI_Init_thread",
      this.#calls.MPI_Init_thread(0n, 0n, FUNNELED, provided),
    );
    if (provided[0]! < FUNNELED) {
      throw new Error(
        `Cannot join: ${this.library} was built without support for threads`,
      );
    }
    this.#check(
      "MPI_Comm_set_errhandler",
      this.#calls.MPI_Comm_set_errhandler(
        this.#handles.world,
        this.#handles.errorsReturn,
      ),
    );
  }

  /** This process's number among all, from 0. */
  rank(): number {
    const { MPI_Comm_rank: call } = this.#calls;
    this.#check("MPI_Comm_rank", call(this.#handles.world, this.#number));
    return this.#number[0]!;
  }

  /** How many processes there are. */
  size(): number {
    const { MPI_Comm_size: call } = this.#calls;
    this.#check("MPI_Comm_size", call(this.#handles.world, this.#number));
    return this.#number[0]!;
  }

  /** The name of this machine. */
  hostName(): string {
    const text = new Uint8Array(TEXT_BYTES);
    const { MPI_Get_processor_name: call } = this.#calls;
    this.#check("MPI_Get_processor_name", call(text, this.#number));
    return decode(text, this.#number[0]!);
  }

  /** Begins to add up `count` numbers at an address over all ranks, in place. */
  startSum(address: bigint, count: number, dtype: SumType): MpiRequest {
    const { inPlace, sum, world, [dtype]: type } = this.#handles;
    const { MPI_Iallreduce: call } = this.#calls;
    return this.#start(
      "MPI_Iallreduce",
      (request) => call(inPlace, address, count, type, sum, world, request),
    );
  }

  /** Begins to copy `bytes` bytes at an address from a rank to all others. */
  startBroadcast(address: bigint, bytes: number, root: number): MpiRequest {
    const { byte, world } = this.#handles;
    const { MPI_Ibcast: call } = this.#calls;
    return this.#start(
      "MPI_Ibcast",
      (request) => call(address, bytes, byte, root, world, request),
    );
  }

  /** Begins to gather `bytes` bytes of each rank at an address, where each has put its own in its place. */
  startGather(address: bigint, bytes: number): MpiRequest {
    const { byte, world, inPlace } = this.#handles;
    const { MPI_Iallgather: call } = this.#calls;
    return this.#start(
      "MPI_Iallgather",
      (request) => call(inPlace, 0, byte, address, bytes, byte, world, request),
    );
  }

  /** Begins to wait until all ranks are here. */
  startBarrier(): MpiRequest {
    const { MPI_Ibarrier: call } = this.#calls;
    return this.#start(
      "MPI_Ibarrier",
      (request) => call(this.#handles.world, request),
    );
  }

  /** Begins to send bytes to a rank. */
  startSend(
    address: bigint,
    bytes: number,
    rank: number,
    tag: number,
  ): MpiRequest {
    const { byte, world } = this.#handles;
    const { MPI_Isend: call } = this.#calls;
    return this.#start(
      "MPI_Isend",
      (request) => call(address, bytes, byte, rank, tag, world, request),
    );
  }

  /** Begins to receive bytes from a rank, or from any. */
  startReceive(
    address: bigint,
    bytes: number,
    rank: number | "any",
    tag: number,
  ): MpiRequest {
    const { byte, world, anySource } = this.#handles;
    const source = rank === "any" ? anySource : rank;
    const { MPI_Irecv: call } = this.#calls;
    return this.#start(
      "MPI_Irecv",
      (request) => call(address, bytes, byte, source, tag, world, request),
    );
  }

  /** Whether a request is done; also drives all others. */
  test(request: MpiRequest): boolean {
    this.#check(
      "MPI_Test",
      this.#calls.MPI_Test(request, this.#number, this.#status),
    );
    return this.#number[0] !== 0;
  }

  /** Gives up receiving. */
  cancel(request: MpiRequest): void {
    this.#check("MPI_Cancel", this.#calls.MPI_Cancel(request));
  }

  /** Ends all processes with an exit code. Seldom returns. */
  abort(code: number): void {
    this.#calls.MPI_Abort(this.#handles.world, code);
  }

  /** The last call. */
  finalize(): void {
    this.#check("MPI_Finalize", this.#calls.MPI_Finalize());
  }

  #start(name: string, call: (request: MpiRequest) => number): MpiRequest {
    const request = new BigUint64Array(1);
    this.#check(name, call(request));
    return request;
  }

  #check(name: string, code: number): void {
    if (code === 0) return;
    const text = new Uint8Array(TEXT_BYTES);
    const length = new Int32Array(1);
    this.#calls.MPI_Error_string(code, text, length);
    const words = plainWords(decode(text, length[0]!));
    throw new Error(
      `${name} failed: ${words === "" ? `error ${code}` : words}`,
    );
  }
}

/** Addresses of a library's variables. */
function variables(file: string): (symbol: string) => bigint {
  const { symbols } = Deno.dlopen(file, VARIABLES);
  return (symbol) => {
    const pointer = symbols[symbol] as Deno.PointerValue;
    return Deno.UnsafePointer.value(pointer);
  };
}

/** An error's own words, without the calls that MPICH puts before them. */
function plainWords(text: string): string {
  const lines = text.split("\n").map((line) => line.trim());
  const last = lines.at(-1) ?? "";
  return last.replace(/^\w+\(\d+\)\.*: /, "");
}

function decode(text: Uint8Array, length: number): string {
  return new TextDecoder().decode(text.subarray(0, length)).replace(
    /\0.*$/s,
    "",
  )
    .trim();
}

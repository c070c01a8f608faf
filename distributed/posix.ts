// Copyright 2026 the Convlab authors. MIT license.

/**
 * The few functions of the C library that Deno has none for, or none without
 * further permissions. They are found through the MPI library, which is linked
 * with them.
 *
 * @module
 */

const CALLS = {
  getpid: { parameters: [], result: "i32" },
  getppid: { parameters: [], result: "i32" },
  kill: { parameters: ["i32", "i32"], result: "i32" },
  system: { parameters: ["buffer"], result: "i32" },
  sched_yield: { parameters: [], result: "i32" },
  alarm: { parameters: ["u32"], result: "u32" },
  _exit: { parameters: ["i32"], result: "void" },
  readlink: { parameters: ["buffer", "buffer", "usize"], result: "isize" },
  open: { parameters: ["buffer", "i32"], result: "i32" },
  read: { parameters: ["i32", "buffer", "usize"], result: "isize" },
  setenv: { parameters: ["buffer", "buffer", "i32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
  sched_getaffinity: {
    parameters: ["i32", "usize", "buffer"],
    result: "i32",
    optional: true, // Linux alone has it.
  },
} as const;

/** The C library, as far as it is needed. */
export class Posix {
  readonly #calls: Deno.DynamicLibrary<typeof CALLS>["symbols"];

  /** @param library The file of a library that is linked with the C library. */
  constructor(library: string) {
    this.#calls = Deno.dlopen(library, CALLS).symbols;
  }

  /** This process's id. */
  pid(): number {
    return this.#calls.getpid();
  }

  /** The cores that this process may run on, as one text; empty where the system does not tell. */
  cores(): string {
    const mask = new Uint8Array(128);
    const found =
      this.#calls.sched_getaffinity?.(0, BigInt(mask.length), mask) === 0;
    return found ? mask.toHex().replace(/(00)+$/, "") : "";
  }

  /** Whether a process of this machine exists, so far as this one may ask. */
  exists(pid: number): boolean {
    return this.#calls.kill(pid, 0) === 0;
  }

  /** The processes from this one's parent up: the id of each, and the name of its program. */
  *ancestors(): Generator<{ pid: number; program: string }> {
    for (let pid = this.#calls.getppid(); pid > 1;) {
      // "4711 (name) S 4710 …", and the name may be anything.
      const stat = this.#readFile(`/proc/${pid}/stat`);
      const [, program = "", parent] = /\((.*)\) \S (\d+)/s.exec(stat) ?? [];
      yield { pid, program };
      pid = Number(parent ?? 0);
    }
  }

  /** Runs a command of the shell. */
  shell(command: string): void {
    this.#calls.system(zeroEnded(command));
  }

  /** Lets another thread have the core, if one wants it. */
  yield(): void {
    this.#calls.sched_yield();
  }

  /** Ends this process after some seconds, whatever its threads are at. */
  endIn(seconds: number): void {
    this.#calls.alarm(seconds);
  }

  /** Ends this process now. */
  exit(code: number): void {
    this.#calls._exit(code);
  }

  /** Sets a variable of this process's environment, as its libraries see it, if it has no value. */
  setUnset(name: string, value: string): void {
    this.#calls.setenv(zeroEnded(name), zeroEnded(value), 0);
  }

  /** What tells this machine since it was started, its space of process ids and its network from all others. */
  machineId(): string {
    return [
      this.#readFile("/proc/sys/kernel/random/boot_id"),
      this.#readLink("/proc/self/ns/pid"),
      this.#readLink("/proc/self/ns/net"),
    ].join(" ");
  }

  #readFile(path: string): string {
    const file = this.#calls.open(zeroEnded(path), 0);
    if (file < 0) return "";
    const bytes = new Uint8Array(256);
    const length = Number(this.#calls.read(file, bytes, 256n));
    this.#calls.close(file);
    return decode(bytes, length);
  }

  #readLink(path: string): string {
    const bytes = new Uint8Array(256);
    return decode(
      bytes,
      Number(this.#calls.readlink(zeroEnded(path), bytes, 256n)),
    );
  }
}

function zeroEnded(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${text}\0`);
}

function decode(bytes: Uint8Array, length: number): string {
  return new TextDecoder().decode(bytes.subarray(0, Math.max(length, 0)))
    .trim();
}

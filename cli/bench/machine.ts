// Copyright 2026 the Convlab authors. MIT license.

/**
 * On what a measurement was taken.
 *
 * @module
 */

import { kernelReport } from "../../kernels/runtime.ts";

/** The machine and what runs the kernels on it. */
export interface Machine {
  /** The processor's name, where it may be read. */
  readonly processor: string | undefined;
  readonly cores: number;
  /** Such as `x86_64-unknown-linux-gnu`. */
  readonly target: string;
  /** Version of Deno. */
  readonly deno: string;
  /** Version of V8, which compiles the kernels. */
  readonly v8: string;
  /** `turbo` where the engine joins vectors and kernels use wide tiles, else `default`. */
  readonly mode: string;
  /** `relaxed` (fused multiply-add) or `strict`. */
  readonly instructions: string;
}

/** This machine. */
export function thisMachine(): Machine {
  const { mode, instructions } = kernelReport();
  return {
    processor: processorName(),
    cores: navigator.hardwareConcurrency,
    target: Deno.build.target,
    deno: Deno.version.deno,
    v8: Deno.version.v8,
    mode,
    instructions,
  };
}

/** What Linux calls the processor, if the permission to look is there already. */
export function processorName(): string | undefined {
  const path = "/proc/cpuinfo";
  const { state } = Deno.permissions.querySync({ name: "read", path });
  if (state !== "granted") return undefined;
  try {
    return Deno.readTextFileSync(path).match(/^model name\s*:\s*(.*)$/m)?.[1];
  } catch {
    return undefined; // another system
  }
}

// Copyright 2026 the Convlab authors. MIT license.

/**
 * The kernels, the memory that they work on, and the team that runs them:
 * made at first use, one of each for a program.
 *
 * @module
 */

import type { DType } from "../numerics/tensor.ts";
import { SharedMemory } from "../workers/memory.ts";
import { MAX_CHUNKS } from "../workers/crew.ts";
import { MAX_THREADS, Team } from "../workers/team.ts";
import { type Kernel, kernelName, type TileWidth } from "./select.ts";
import relaxed from "./relaxed.js";
import strict from "./strict.js";
import wide from "./wide.js";

/** How a kernel is to be run. */
export interface Run {
  /** The kernel's arguments, without the last three (scratch, begin, end). */
  readonly args: readonly number[];
  /** Work items. */
  readonly items: number;
  /**
   * Work items in one chunk, or more where a job would have too many chunks.
   * Must follow from shapes alone.
   */
  readonly step: number;
  /** What the whole costs on one thread, in microseconds, roughly. */
  readonly cost: number;
  /** Scratch memory that one thread needs, in bytes. */
  readonly scratchBytes?: number;
  /** Width of the register tile, if not the one in use. */
  readonly width?: TileWidth;
}

/** A description of what runs the kernels, as `bench` prints it. */
export interface KernelReport {
  /** Threads in use, the caller's included. */
  readonly threads: number;
  /** `relaxed` (fused multiply-add) or `strict`. */
  readonly instructions: "relaxed" | "strict";
  /** Why there are no workers, if they could not start. */
  readonly limitation: string | undefined;
}

/**
 * Work below this many microseconds stays on the caller's thread: waking a
 * worker and waiting for it takes about a third of it.
 */
const SHARE_ABOVE = 20;

/** (module (func (param v128 v128 v128) (result v128) … f32x4.relaxed_madd)) */
// deno-fmt-ignore
const RELAXED_PROBE = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 8, 1, 96, 3, 123, 123, 123, 1, 123, 3, 2, 1,
  0, 10, 13, 1, 11, 0, 32, 0, 32, 1, 32, 2, 253, 133, 2, 11,
]);

/** Whether this engine has fused multiply-add for vectors. */
export const instructions: "relaxed" | "strict" =
  WebAssembly.validate(RELAXED_PROBE) ? "relaxed" : "strict";

/** The memory that tensors lie in while kernels work on them. */
export const shared: SharedMemory = new SharedMemory();

let width: TileWidth = "narrow";
let wanted: number | undefined;
let team: Team | undefined;

/**
 * Sets how many threads the fast layers use, the caller's included. Results do
 * not depend on it, to the last bit.
 *
 * @param threads From 1 to 256; by default the number of the machine's cores.
 * @throws {RangeError} If it is not an integer in that range.
 *
 * @example Run on one thread
 * ```ts
 * import { getThreads, setThreads } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * setThreads(1);
 * assertEquals(getThreads(), 1);
 * ```
 */
export function setThreads(threads: number): void {
  if (!Number.isInteger(threads) || threads < 1 || threads > MAX_THREADS) {
    throw new RangeError(
      `Cannot set threads: expected an integer from 1 to ${MAX_THREADS} but found ${threads}`,
    );
  }
  if (threads === wanted) return;
  wanted = threads;
  team?.close();
  team = undefined;
}

/** How many threads the fast layers use, the caller's included. */
export function getThreads(): number {
  return wanted ?? Math.min(navigator.hardwareConcurrency, MAX_THREADS);
}

/** How wide the register tiles are that kernels use now. */
export function tileWidth(): TileWidth {
  return width;
}

/** Sets how wide the register tiles are. Results do not depend on it. */
export function setTileWidth(wanted: TileWidth): void {
  width = wanted;
}

/** What runs the kernels now. */
export function kernelReport(): KernelReport {
  return {
    threads: getThreads(),
    instructions,
    limitation: currentTeam().limitation,
  };
}

/** Runs a kernel, on the whole team if it is worth it. */
export function runKernel(kernel: Kernel, dtype: DType, run: Run): void {
  if (run.items === 0) return;
  const job = {
    ...run,
    kernel: kernelName(kernel, dtype, run.width ?? width),
    step: Math.max(run.step, Math.ceil(run.items / MAX_CHUNKS)),
  };
  if (run.cost < SHARE_ABOVE) currentTeam().runAlone(job);
  else currentTeam().run(job);
}

function currentTeam(): Team {
  const modules = instructions === "relaxed" ? [relaxed, wide] : [strict];
  return team ??= new Team(modules, shared, getThreads());
}

// Copyright 2026 the Convlab authors. MIT license.

/**
 * The kernels, the memory that they work on, and the team that runs them:
 * made at first use, one of each for a program.
 *
 * @module
 */

import type { DType } from "../numerics/tensor.ts";
import { teamLimitation } from "../workers/environment.ts";
import { SharedMemory } from "../workers/memory.ts";
import { MAX_CHUNKS } from "../workers/crew.ts";
import { MAX_THREADS, Team } from "../workers/team.ts";
import { kernelModule } from "./modules.ts";
import { type Probe, probeTiles, timesForClock } from "./probe.ts";
import { profiling, recordTime } from "./profile.ts";
import {
  dtypesOf,
  hasTile,
  type Kernel,
  kernelName,
  KERNELS,
  SPILL_BYTES,
  type TileWidth,
} from "./select.ts";

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

/** What runs the kernels. */
export interface KernelReport {
  /** Threads in use, the caller's included. */
  readonly threads: number;
  /** `relaxed` (fused multiply-add) or `strict`. */
  readonly instructions: "relaxed" | "strict";
  /** `turbo` where the engine joins vectors and wide register tiles are used; `wide` where it does so with bounds checks, and joined ones are. */
  readonly mode: "default" | "wide" | "turbo";
  /** Why no workers help although there were to be some, if that is so. */
  readonly limitation: string | undefined;
}

/** A kernel that was picked, and why. */
export interface KernelChoice {
  readonly operation: Kernel;
  readonly dtype: DType;
  /** Name of the kernel and of its instructions. */
  readonly kernel: string;
  readonly why: string;
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

/** Microseconds of kernels after which it pays to find out which tiles are faster. */
const PROBE_AFTER = 100_000;
/** Turns of the probe's loop in one timing, and what they take in milliseconds, roughly. */
const PROBE_TURNS = 3000;
const PROBE_MS = 0.01;

let width: TileWidth = "narrow";
let settled = false;
let probe: Probe | undefined;
/** What all kernels so far cost on one thread, in microseconds, roughly. */
let spent = 0;
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

/**
 * How many threads the fast layers use, the caller's included. It is 1 where no
 * workers can help, as on the main thread of a page, whatever was set;
 * {@linkcode kernelReport} tells why.
 */
export function getThreads(): number {
  const threads = wantedThreads();
  const isAlone = threads > 1 &&
    (limitation() ?? team?.limitation) !== undefined;
  return isAlone ? 1 : threads;
}

/** How wide the register tiles are that kernels use now. */
export function tileWidth(): TileWidth {
  return width;
}

/**
 * Sets how wide the register tiles are, instead of finding out what is faster.
 * Results do not depend on it. Engines without fused multiply-add have no wide ones.
 */
export function setTileWidth(wanted: TileWidth): void {
  useTiles(instructions === "relaxed" ? wanted : "narrow");
  settled = true;
}

function useTiles(wanted: TileWidth): void {
  // A team has either the one or the other of the wide modules.
  if ((wanted === "joined") !== (width === "joined")) {
    team?.close();
    team = undefined;
  }
  width = wanted;
}

/**
 * Finds out which register tiles are faster, if that is not known yet, and uses
 * them from now on. Call it between layers, not while one is computed.
 *
 * @param soon Whether to find out now; otherwise only a program that has worked
 * on the kernels for so long that it pays does.
 */
export function settleTileWidth(soon: boolean): void {
  if (settled || !soon && spent < PROBE_AFTER) return;
  settled = true;
  if (instructions === "strict") return;
  const out = shared.allocate(8);
  const turns = PROBE_TURNS * timesForClock(PROBE_MS);
  const alone = new Team(
    [...modulesFor("wide"), kernelModule("joined")],
    shared,
    1,
  );
  probe = probeTiles((tiles) =>
    alone.runAlone({
      kernel: kernelName("multiplyAddPeak", "float32", tiles),
      args: [out, turns],
      items: 1,
      step: 1,
      scratchBytes: SPILL_BYTES,
    })
  );
  alone.close();
  shared.free(out);
  useTiles(probe.width);
}

/** What the engine is found to do, by the tiles that are fastest there. */
const MODES = { narrow: "default", joined: "wide", wide: "turbo" } as const;

/**
 * What runs the kernels now, and why no workers help where that is so.
 *
 * @example Tell whether workers help
 * ```ts
 * import { getThreads, kernelReport } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const { threads, limitation } = kernelReport();
 * assertEquals(threads, getThreads());
 * if (limitation !== undefined) console.log(`On one thread: ${limitation}`);
 * ```
 */
export function kernelReport(): KernelReport {
  return {
    threads: getThreads(),
    instructions,
    mode: MODES[width],
    limitation: currentTeam().limitation,
  };
}

/** Which kernels are used now, and why. */
export function describeKernels(): KernelChoice[] {
  const multiply = instructions === "relaxed"
    ? "fused multiply-add, which this engine has"
    : "separate multiply and add: this engine has no fused one";
  const tile = probe
    ? `${width} tile: a probe of both found wide ones ${
      probe.ratio.toFixed(2)
    } times as fast as narrow ones`
    : `${width} tile, not measured`;
  return KERNELS.flatMap((operation) =>
    dtypesOf(operation).map((dtype) => ({
      operation,
      dtype,
      kernel: `${kernelName(operation, dtype, width)}_${instructions}`,
      why: dtypesOf(operation).length === 1
        ? "where shapes make it less work than direct convolution"
        : hasTile(operation)
        ? `${tile}; ${multiply}`
        : "the only one",
    }))
  );
}

/** Runs a kernel, on the whole team if it is worth it. */
export function runKernel(kernel: Kernel, dtype: DType, run: Run): void {
  if (run.items === 0) return;
  const job = {
    ...run,
    kernel: kernelName(kernel, dtype, run.width ?? width),
    step: Math.max(run.step, Math.ceil(run.items / MAX_CHUNKS)),
  };
  spent += run.cost;
  const start = profiling() ? performance.now() : 0;
  if (run.cost < SHARE_ABOVE) currentTeam().runAlone(job);
  else currentTeam().run(job);
  if (profiling()) recordTime(job.kernel, performance.now() - start);
}

function currentTeam(): Team {
  return team ??= new Team(
    instructions === "relaxed" ? modulesFor(width) : [kernelModule("strict")],
    shared,
    wantedThreads(),
  );
}

/** The modules with fused multiply-add that have tiles of this width, and all narrow ones. */
function modulesFor(width: TileWidth): WebAssembly.Module[] {
  return [
    kernelModule("relaxed"),
    kernelModule(width === "joined" ? "joined" : "wide"),
  ];
}

function wantedThreads(): number {
  return wanted ?? Math.min(navigator.hardwareConcurrency, MAX_THREADS);
}

/** Why no workers can help here, if so. It is the same for as long as the program runs. */
let here: { readonly limitation: string | undefined } | undefined;

function limitation(): string | undefined {
  here ??= { limitation: teamLimitation(shared) };
  return here.limitation;
}

// Copyright 2026 the Convlab authors. MIT license.

/**
 * The time of a pass, kernel by kernel.
 *
 * @module
 */

import * as runtime from "../../kernels/runtime.ts";
import { textTable } from "../text_table.ts";
import { milliseconds, percent } from "./columns.ts";
import { nameOf, type Pass } from "./pass.ts";
import { warmUp } from "./timing.ts";

/** What a kernel took. */
export interface KernelTime {
  readonly name: string;
  /** How often it ran. */
  readonly calls: number;
  readonly milliseconds: number;
}

/** What the kernels of one run of a pass took. */
export interface Profile {
  /** The pass. */
  readonly name: string;
  /** The whole run, in milliseconds. */
  readonly milliseconds: number;
  /** The slowest first. */
  readonly kernels: readonly KernelTime[];
}

/** Runs something, and takes the time of each kernel meanwhile. */
export type Profiler = <R>(
  body: () => R,
) => { result: R; kernels: readonly KernelTime[] };

/** Runs that the times are averaged over. */
const RUNS = 20;

/**
 * What takes the times.
 *
 * @throws {Error} If nothing does.
 */
export function profiler(): Profiler {
  if ("profileKernels" in runtime) return runtime.profileKernels as Profiler;
  throw new Error("Cannot profile kernels: their runtime takes no times");
}

/** Takes the time of each kernel, averaged over some runs. */
export function profilePass(pass: Pass, profileKernels: Profiler): Profile {
  warmUp(pass.run);
  const start = performance.now();
  const { kernels } = profileKernels(() => {
    for (let i = 0; i < RUNS; i++) pass.run();
  });
  const elapsed = performance.now() - start;
  return {
    name: nameOf(pass.work),
    milliseconds: elapsed / RUNS,
    kernels: kernels.map(({ name, calls, milliseconds }) => ({
      name,
      calls: calls / RUNS,
      milliseconds: milliseconds / RUNS,
    })).toSorted((a, b) => b.milliseconds - a.milliseconds),
  };
}

/** A profile as a table; what lies between the kernels is its last line. */
export function profileLines(profile: Profile): string[] {
  const { name, kernels, milliseconds: whole } = profile;
  const inKernels = kernels.reduce((sum, k) => sum + k.milliseconds, 0);
  const line = (name: string, calls: string, time: number) => [
    ...[name, calls, milliseconds(time), percent(time / whole)],
  ];
  const rows = [
    ["kernel", "calls", "ms", "of the run"],
    ...kernels.map((k) => line(k.name, String(k.calls), k.milliseconds)),
    line("outside kernels", "", whole - inKernels),
  ];
  return ["", name, ...textTable(rows).map((row) => `  ${row}`)];
}

// Copyright 2026 the Convlab authors. MIT license.

/**
 * The time of a pass, kernel by kernel.
 *
 * @module
 */

import { type KernelTime, profileKernels } from "../../kernels/profile.ts";
import { textTable } from "../text_table.ts";
import { milliseconds, percent } from "./columns.ts";
import { nameOf, type Pass } from "./pass.ts";
import { warmUp } from "./timing.ts";

/** What the kernels of one run of a pass took. */
export interface Profile {
  /** The pass. */
  readonly name: string;
  /** The whole run, in milliseconds. */
  readonly milliseconds: number;
  /** The slowest first. */
  readonly kernels: readonly KernelTime[];
}

/** Runs that the times are averaged over. */
const RUNS = 20;

/** Takes the time of each kernel, averaged over some runs. */
export function profilePass(pass: Pass): Profile {
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
    })),
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

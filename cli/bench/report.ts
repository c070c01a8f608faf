// Copyright 2026 the Convlab authors. MIT license.

/**
 * Prints what was measured, as text or as JSON.
 *
 * @module
 */

import { describeKernels, kernelReport } from "../../kernels/runtime.ts";
import type { Streams } from "../command.ts";
import type { Outcome } from "./benchmark.ts";
import { compareReports, comparisonLines, type Report } from "./compare.ts";
import { kernelLines } from "./kernels.ts";
import { thisMachine } from "./machine.ts";

/** What a report begins with. */
export interface Head {
  /** The kind of bench. */
  readonly what: string;
  /** Threads, where there is one number of them. */
  readonly threads: number;
  /** Timed runs of each piece of work. */
  readonly runs: number;
}

/** How to print it, and beside what. */
export interface ReportOptions extends Streams {
  readonly json: boolean;
  /** Whether to tell which kernels were picked. */
  readonly kernels: boolean;
  /** A report to compare with, and its file. */
  readonly earlier: { file: string; report: Report } | undefined;
}

/**
 * Prints a report; what is wrong goes to standard error.
 *
 * @returns Whether nothing is wrong.
 */
export function printReport(
  head: Head,
  outcome: Outcome,
  { json, kernels, earlier, stdout, stderr }: ReportOptions,
): boolean {
  const machine = thisMachine();
  const { limitation } = kernelReport();
  const { rows, heading, lines, more } = outcome;
  const comparison = earlier &&
    compareReports(
      earlier.report,
      { ...head, machine, rows },
      earlier.file,
    );
  const unlike = comparison?.rows.length === 0
    ? [
      `Cannot compare with ${comparison.file}: expected some of the same work but found none`,
    ]
    : [];
  const complaints = [...outcome.complaints, ...unlike];
  const choices = kernels ? describeKernels() : undefined;
  if (json) {
    const { instructions, mode } = machine;
    const whole = {
      ...{ ...head, instructions, mode, limitation, machine },
      ...{ ...more, rows, comparison, kernels: choices, complaints },
    };
    stdout.line(JSON.stringify(whole, null, 2));
  } else {
    stdout.line([
      ...heading,
      machine.instructions === "relaxed"
        ? "fused multiply-add"
        : "separate multiply-add",
      // The document's report is as short as it always was.
      ...head.what === "document" && machine.mode === "default"
        ? []
        : [`${machine.mode} mode`],
    ].join(", "));
    for (const line of lines) stdout.line(line);
    if (choices) ["", ...kernelLines(choices)].forEach(stdout.line);
    if (comparison?.rows.length) {
      ["", ...comparisonLines(comparison)].forEach(stdout.line);
    }
  }
  if (limitation) stderr.line(`Workers could not start: ${limitation}`);
  for (const complaint of outcome.complaints) stderr.line(complaint);
  for (const error of unlike) stderr.line(`error: ${error}`);
  return complaints.length === 0;
}

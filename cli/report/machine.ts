// Copyright 2026 the Convlab authors. MIT license.

/**
 * The part of a report on the machine that a run was trained on, which need not
 * be the one that the report is written on.
 *
 * @module
 */

import { resumptionsOf } from "../run_configuration.ts";
import { durationText, NONE, timeText } from "../runs/format.ts";
import type { ReadRun } from "../runs/summary.ts";
import type { TrainingMachine } from "../training_machine.ts";
import { grouped } from "../words.ts";
import { type Content, type Html, markup, missing } from "./html.ts";
import { factList } from "./table.ts";

/** What stands for what a run of an earlier version has not kept. */
const UNKNOWN = "not recorded";

/** The machine at the beginning, and those on which the run was gone on with. */
export function machinePart({ run, history, summary }: ReadRun): Html {
  const config = run.readConfig();
  const { convlab, threads, machine } = config;
  if (summary.status === "imported") {
    return missing(
      "Its weights were imported, so nothing is known of the machine",
    );
  }
  const { final } = history;
  const { started, seconds } = summary;
  const facts: (readonly [string, Content])[] = [
    ...machineFacts(machine as TrainingMachine | undefined, threads),
    ["Mode", final?.mode ?? (final === undefined ? NONE : UNKNOWN)],
    ["Convlab", typeof convlab === "string" ? convlab : UNKNOWN],
    ["Started", timeText(started)],
    ["Trained for", durationText(seconds)],
  ];
  const elsewhere = resumptionsOf(config)
    .filter(({ machine }) => machine !== undefined)
    .map(({ iteration, machine, threads }) =>
      markup`<h3>From iteration ${grouped(iteration + 1)} on</h3>\n${
        factList(machineFacts(machine, threads))
      }`
    );
  return markup`${factList(facts)}${elsewhere}`;
}

function machineFacts(
  machine: TrainingMachine | undefined,
  threads: unknown,
): (readonly [string, Content])[] {
  const { processor, cores, target, deno, v8, hosts, mpi } = machine ?? {};
  return [
    // Deno lets programs read its name with all permissions only.
    ...processor === undefined ? [] : [["Processor", processor] as const],
    ["Cores", cores ?? UNKNOWN],
    ...hosts === undefined
      ? []
      : [["Ranks", `${hosts.length} on ${hostsText(hosts)} (${mpi})`] as const],
    [
      hosts === undefined ? "Threads" : "Threads of a rank",
      typeof threads === "number" ? threads : UNKNOWN,
    ],
    ["System", target ?? UNKNOWN],
    ["Deno", deno === undefined ? UNKNOWN : `${deno} (V8 ${v8 ?? "?"})`],
  ];
}

/** Each host once, in the order of the ranks. */
function hostsText(hosts: readonly string[]): string {
  return [...new Set(hosts)].join(", ");
}

// Copyright 2026 the Convlab authors. MIT license.

/**
 * `runs`: what was trained so far.
 *
 * @module
 */

import { RunFolder } from "../training/run_folder.ts";
import { defineCommand } from "./command.ts";
import { ExitCode, UsageError } from "./exit.ts";
import { askerAt } from "./ask.ts";
import { deleteRuns } from "./runs/delete.ts";
import { compareRuns } from "./runs/compare.ts";
import { listRuns } from "./runs/list.ts";
import { showRun } from "./runs/show.ts";

export default defineCommand({
  examples: [
    { args: "list", help: "All runs, the newest first" },
    {
      args: "show RUN",
      help: "Configuration, history and files of a run, and what to do next",
    },
    {
      args: "compare A B",
      help: "What was set differently, and what came of it",
    },
    { args: "list --json", help: "For other programs to read" },
    { args: "delete RUN", help: "Remove a run for good, once you say yes" },
  ],
  notes:
    "RUN is a run's name, the beginning of it if no other begins so, or its folder; for delete it is the whole name or the folder. A run that is being trained is not deleted, nor is a folder that holds other folders than a run has. Folders among the runs that are none, or are damaged, are named on standard error.",
  positionals: {
    action: {
      choices: ["list", "show", "compare", "delete"],
      help: "What to do",
    },
    runs: {
      rest: true,
      help: "One run for show, two or more for compare, one or more for delete",
    },
  },
  options: {
    runsDir: {
      kind: "string",
      placeholder: "DIR",
      default: "runs",
      help: "Folder of all runs",
    },
    yes: { kind: "boolean", help: "With delete: does not ask" },
    json: { kind: "boolean", help: "Print JSON" },
  },
  run({ options: { runsDir, yes, json }, positionals, ...streams }) {
    const { action, runs: names } = positionals;
    checkCount(action, names.length);
    if (yes && action !== "delete") {
      throw new UsageError(
        `Expected --yes only with delete but found it with ${action}`,
      );
    }
    const runs = names.map((name) => RunFolder.open(name, runsDir));
    const [run] = runs;
    if (action === "delete") {
      deleteRuns(
        runs.map((run, i) => ({ run, typed: names[i]! })),
        { yes, json, ask: askerAt(streams.stderr) },
        streams,
      );
    } else if (action === "compare") compareRuns(runs, json, streams);
    else if (run !== undefined) showRun(run, json, streams);
    else listRuns(runsDir, json, streams);
    return ExitCode.success;
  },
});

function checkCount(
  action: "list" | "show" | "compare" | "delete",
  count: number,
): void {
  const found = `but found ${count === 0 ? "none" : count}`;
  if (action === "list" && count > 0) {
    throw new UsageError(`Expected no run after list ${found}`);
  }
  if (action === "show" && count !== 1) {
    throw new UsageError(`Expected one run after show ${found}`);
  }
  if (action === "delete" && count === 0) {
    throw new UsageError(`Expected one or more runs after delete ${found}`);
  }
  if (action === "compare" && count < 2) {
    throw new UsageError(`Expected two or more runs after compare ${found}`);
  }
}

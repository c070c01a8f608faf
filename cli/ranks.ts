// Copyright 2026 the Convlab authors. MIT license.

/**
 * Training as one of several ranks that a launcher such as `mpirun` started:
 * only the first writes, and what goes wrong in one of them ends all.
 *
 * @module
 */

import type { DataSet } from "../data/data_set.ts";
import type { Communicator } from "../distributed/communicator.ts";
import { type Launch, launchHere } from "../distributed/launch.ts";
import { NonFiniteLossError } from "../training/non_finite_loss.ts";
import type { Recipe } from "../training/recipe.ts";
import { encodeRunData } from "../training/run_data.ts";
import type { Streams } from "./command.ts";
import { endingOf, type ExitCode, Interrupted, UsageError } from "./exit.ts";
import { invocation } from "./invocation.ts";
import { outputTo, SILENT } from "./output.ts";

/** The subcommand that ranks can run together. */
const COMMAND = "train";

/** Milliseconds that the first rank has to tell of what all find wrong. */
const FIRST_MS = 1500;

/** Whether this is a rank, but the first, of those that run a subcommand together; only the first writes. */
export function isOtherRank(command: string | undefined): boolean {
  return command === COMMAND && (launchHere()?.rank ?? 0) > 0;
}

/** Whether this is the first of ranks, or there is no other. */
export function isFirst(ranks: Communicator | undefined): boolean {
  return (ranks?.rank ?? 0) === 0;
}

/** Where other ranks write. */
export const SILENT_STREAMS: Streams = { stdout: SILENT, stderr: SILENT };

/** Lets the first rank tell what all find wrong before a launcher sees that one has ended, and ends the others. */
export function letFirstTell(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, FIRST_MS));
}

/**
 * Does the work of a subcommand: alone, or as one of the ranks that a launcher
 * started, all of which call this. What all ranks find at the same point is
 * thrown; any other error ends all.
 *
 * @throws {Error} If there is a launcher but no MPI, or no permission for it.
 */
export async function onRanks(
  body: (ranks: Communicator | undefined) => Promise<ExitCode>,
): Promise<ExitCode> {
  const launch = launchHere();
  if (launch === undefined) return await body(undefined);
  const ranks = await join(launch);
  try {
    const code = await body(ranks);
    await ranks.leave();
    return code;
  } catch (error) {
    if (!isAgreed(error)) return await endAll(ranks, error);
    await ranks.leave();
    throw error;
  }
}

/**
 * Checks that each rank has something to do.
 *
 * @throws {UsageError} If batches are smaller than the number of ranks.
 */
export function checkBatch(ranks: Communicator, batchSize: number): void {
  if (batchSize >= ranks.size) return;
  throw new UsageError(
    `Expected --batch-size of at least ${ranks.size}, an image for each rank, but found ${batchSize}`,
  );
}

/**
 * Checks that all ranks were asked for the same, and have loaded the same images.
 *
 * @throws {Error} If this one differs from the first.
 */
export function checkSameOnRanks(
  ranks: Communicator,
  data: DataSet,
  recipe: Recipe,
): void {
  // Images may be elsewhere on each host.
  const { dataset: _, dataDir: __, ...asked } = recipe;
  const own = JSON.stringify(asked);
  const first = ranks.broadcastText(own);
  if (first !== own) {
    const mine: Record<string, unknown> = { ...asked };
    const expected: Record<string, unknown> = JSON.parse(first);
    const differs = Object.keys({ ...expected, ...mine })
      .find((name) => expected[name] !== mine[name]) ?? "order of options";
    throw new Error(
      `Cannot train together: expected ${differs} to be ${
        expected[differs]
      }, as for the first rank, but found ${mine[differs]}`,
    );
  }
  checkSameData(ranks, data);
}

function checkSameData(ranks: Communicator, data: DataSet): void {
  const { title, classNames, train, validation, test } = data;
  const { imageShape, mean, std } = train;
  const sizes = [train, validation, test].map(({ length }) => length);
  const words = `${title} with ${sizes.join(", ")} images`;
  const own = [
    words,
    encodeRunData({ title, classNames, imageShape, mean, std }),
  ];
  const [first, ofFirst] = JSON.parse(
    ranks.broadcastText(JSON.stringify(own)),
  );
  if (first !== words) {
    throw new Error(
      `Cannot train together: expected ${first} to train on, validate and test with, as the first rank has, but found ${words}`,
    );
  }
  if (ofFirst !== own[1]) {
    throw new Error(
      `Cannot train together: expected the images of the first rank but found others of the same number; copy its data set`,
    );
  }
}

async function join(launch: Launch): Promise<Communicator> {
  const { state } = Deno.permissions.querySync({ name: "ffi" });
  if (state !== "granted") {
    const task = invocation(`${COMMAND}:mpi`);
    throw new Error(
      `Cannot train on ranks: ${launch.launcher} started this as one of several, which takes --allow-ffi; use "${task}"`,
    );
  }
  const { Communicator } = await import("../distributed/communicator.ts");
  return await Communicator.join(launch);
}

/** Whether an error comes up on all ranks in the same iteration. */
function isAgreed(error: unknown): boolean {
  return error instanceof Interrupted || error instanceof NonFiniteLossError;
}

/** Tells what went wrong on this rank, and ends all. */
async function endAll(ranks: Communicator, error: unknown): Promise<never> {
  const { rank, hosts } = ranks;
  const { code, line = "nobody reads its output" } = endingOf(error, COMMAND);
  // What all find wrong, as wrong usage, the first tells.
  if (rank > 0) await letFirstTell();
  const stderr = outputTo(Deno.stderr);
  const where = rank === 0 && error instanceof UsageError
    ? ""
    : `rank ${rank} on host ${hosts[rank]}: `;
  stderr.line(`${stderr.style.red("error")}: ${where}${line}`);
  if (Deno.args.includes("--debug")) stderr.line(Deno.inspect(error));
  return ranks.abort(code);
}

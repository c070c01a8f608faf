// Copyright 2026 the Convlab authors. MIT license.

/**
 * What a training reads and writes of its run: a run's folder or, for all ranks
 * but the first, what the first one sent, and nothing written at all.
 *
 * @module
 */

import {
  decodeCheckpoint,
  encodeCheckpoint,
} from "../training/checkpoint_format.ts";
import type { LatestCheckpoint } from "../training/checkpoints.ts";
import {
  decodeRunData,
  encodeRunData,
  type RunData,
} from "../training/run_data.ts";
import type { Metric, RunFolder } from "../training/run_folder.ts";

/** What a training needs of a run's folder. */
export type RunRecord =
  & Pick<
    RunFolder,
    | ("name" | "path" | "lock" | "log" | "lengths" | "truncate")
    | ("readConfig" | "writeConfig" | "readData" | "writeData")
    | ("readMetrics" | "metric" | "truncateMetrics")
    | ("writeParameters" | "removeParameters")
  >
  & {
    /** The checkpoints; `keep` is for those that are written. */
    checkpoints(
      options?: { readonly keep?: number },
    ): Pick<ReturnType<RunFolder["checkpoints"]>, "latest" | "write">;
  };

/** All that a run is gone on from. */
interface Contents {
  readonly name: string;
  readonly path: string;
  readonly config: Record<string, unknown>;
  readonly data: string;
  readonly isFinished: boolean;
  readonly checkpointBytes: number;
}

/** Sends bytes from the first rank to all, as a `Communicator` does. */
interface Sender {
  readonly rank: number;
  broadcast(bytes: Uint8Array): void;
  broadcastText(text?: string): string;
}

/** A run of which nothing is written. */
export class UnwrittenRun implements RunRecord {
  readonly name: string;
  readonly path: string;
  readonly #contents: Partial<Contents>;
  readonly #checkpoint: Uint8Array;

  /** A new run, or one that is gone on with. */
  constructor(
    contents: Pick<Contents, "name" | "path"> & Partial<Contents>,
    checkpoint: Uint8Array = new Uint8Array(),
  ) {
    this.name = contents.name;
    this.path = contents.path;
    this.#contents = contents;
    this.#checkpoint = checkpoint;
  }

  lock(): Disposable {
    return { [Symbol.dispose]() {} };
  }
  readConfig(): Record<string, unknown> {
    return { ...this.#contents.config };
  }
  readData(): RunData {
    return decodeRunData(this.#contents.data ?? "");
  }
  readMetrics(): Metric[] {
    return this.#contents.isFinished ? [{ kind: "final" } as Metric] : [];
  }
  checkpoints(): {
    latest(): LatestCheckpoint;
    write(): never;
  } {
    return {
      latest: () => ({
        checkpoint: this.#checkpoint.length === 0
          ? undefined
          : decodeCheckpoint(this.#checkpoint).checkpoint,
        skipped: [],
      }),
      write() {
        throw new Error("Cannot write: expected the first rank to do so");
      },
    };
  }
  lengths(): { log: number; metrics: number } {
    return { log: 0, metrics: 0 };
  }
  log(): void {}
  metric(): void {}
  truncate(): void {}
  truncateMetrics(): void {}
  writeConfig(): void {}
  writeData(): void {}
  writeParameters(): void {}
  removeParameters(): void {}
}

/**
 * The run that all ranks go on with: of the first it is the folder, which only
 * that one has to see.
 *
 * @param open Opens the folder; called by the first.
 */
export function sharedRun(sender: Sender, open: () => RunFolder): RunRecord {
  if (sender.rank > 0) {
    const contents: Contents = JSON.parse(sender.broadcastText());
    const checkpoint = new Uint8Array(contents.checkpointBytes);
    sender.broadcast(checkpoint);
    return new UnwrittenRun(contents, checkpoint);
  }
  const run = open();
  const { name, path } = run;
  const { checkpoint } = run.checkpoints().latest();
  const encoded = checkpoint ? encodeCheckpoint(checkpoint) : new Uint8Array();
  const contents: Contents = {
    ...{ name, path, config: run.readConfig() },
    data: encodeRunData(run.readData()),
    isFinished: run.readMetrics().some(({ kind }) => kind === "final"),
    checkpointBytes: encoded.length,
  };
  sender.broadcastText(JSON.stringify(contents));
  sender.broadcast(encoded);
  return run;
}

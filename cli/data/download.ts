// Copyright 2026 the Convlab authors. MIT license.

/**
 * `data download`: gets a known data set.
 *
 * @module
 */

import { downloadDataSet } from "../../data/download_data_set.ts";
import { isDataSetName } from "../../data/load_data_set.ts";
import { PUBLISHED_DATA } from "../../data/published_data.ts";
import type { Streams } from "../command.ts";
import {
  ExitCode,
  Interrupted,
  listenForInterrupt,
  UsageError,
} from "../exit.ts";
import { type Progress, startProgress } from "../progress.ts";
import { oneOf, unknownWord } from "../words.ts";

/** Options of `data download`. */
export interface DownloadOptions {
  readonly dataDir: string | undefined;
  readonly url: string | undefined;
  readonly checksums: string | undefined;
  readonly json: boolean;
}

const MEGABYTE = 1e6;

/** Downloads the data set, and prints where it is. */
export async function downloadData(
  name: string | undefined,
  options: DownloadOptions,
  streams: Streams,
): Promise<ExitCode> {
  const names = Object.keys(PUBLISHED_DATA);
  if (name === undefined) {
    throw new UsageError(`Expected ${oneOf(names)} after download`);
  }
  if (!isDataSetName(name)) {
    throw new UsageError(unknownWord("data set", name, names));
  }
  const { dataDir: folder, url, checksums, json } = options;
  using interrupt = listenForInterrupt();
  const progress = fileProgress(streams);
  try {
    const result = await downloadDataSet(name, {
      folder,
      url,
      checksums: checksums === undefined ? undefined : readChecksums(checksums),
      signal: interrupt.signal,
      onProgress: progress.update,
    });
    progress.stop();
    const { title } = PUBLISHED_DATA[name];
    streams.stdout.line(
      json
        ? JSON.stringify({ name, ...result }, null, 2)
        : result.wasThere
        ? `${title} was in ${result.folder} already`
        : `${title} is in ${result.folder}`,
    );
    return ExitCode.success;
  } catch (error) {
    progress.stop();
    throw error instanceof Interrupted
      ? new Interrupted("Interrupted: run this again to go on")
      : error;
  }
}

/** A bar for each file in turn. */
function fileProgress(streams: Streams) {
  let current = "";
  let bar: Progress | undefined;
  return {
    update(file: string, done: number, total?: number) {
      if (file !== current) {
        bar?.stop();
        current = file;
        bar = total === undefined ? undefined : startProgress({
          ...streams,
          total: total / MEGABYTE,
          unit: "MB",
          label: file,
        });
      }
      bar?.update(done / MEGABYTE);
    },
    stop: () => bar?.stop(),
  };
}

/** Checksums by file name, from lines of a checksum and a name. */
function readChecksums(path: string): Record<string, string> {
  let text;
  try {
    text = Deno.readTextFileSync(path);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`Cannot read ${path}: ${reason}`, { cause });
  }
  const lines = text.split("\n").map((line) => line.trimEnd())
    .filter((line) => line !== "");
  return Object.fromEntries(lines.map((line) => {
    const match = /^([\da-f]{32}) [ *](.+)$/i.exec(line);
    if (match !== null) return [match[2], match[1]];
    throw new Error(
      `Cannot read ${path}: expected lines of an MD5 checksum and a file name but found ${
        JSON.stringify(line)
      }`,
    );
  }));
}

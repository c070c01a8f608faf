// Copyright 2026 the Convlab authors. MIT license.

/**
 * `data verify`: whether data is whole.
 *
 * @module
 */

import type { DataSetName } from "../../data/data_set.ts";
import { PUBLISHED_DATA } from "../../data/published_data.ts";
import { verifyData } from "../../data/verify_data.ts";
import type { Streams } from "../command.ts";
import { ExitCode } from "../exit.ts";
import { invocation } from "../invocation.ts";
import { type Progress, startProgress } from "../progress.ts";
import { grouped } from "../words.ts";
import { countImages } from "./info.ts";
import { type DataOptions, locateNamed, pathOf } from "./named.ts";

/** Checks what a name or path stands for, or all known data sets that are there. */
export async function verifyNamed(
  target: string | undefined,
  { dataDir, json }: DataOptions,
  streams: Streams,
): Promise<ExitCode> {
  const paths = target === undefined ? foundPaths() : [pathOf(target, dataDir)];
  if (paths.length === 0) {
    throw new Error(
      `Cannot verify data sets: none was found; ${
        invocation("data")
      } download cifar10 gets one`,
    );
  }
  const { stdout } = streams;
  const results = [];
  for (const path of paths) {
    const result = { path, ...await verifyOne(path, streams) };
    results.push(result);
    if (json) continue;
    const { description, problems } = result;
    for (const problem of problems) {
      stdout.line(`${stdout.style.red("FAIL")}  ${problem}`);
    }
    if (problems.length > 0) continue;
    const images = countImages(description);
    const facts = [
      path,
      description?.kind ?? "",
      ...images > 0 ? [`${grouped(images)} images`] : [],
    ];
    stdout.line(`${stdout.style.green("pass")}  ${facts.join(", ")}`);
  }
  if (json) stdout.line(JSON.stringify(results, null, 2));
  return results.every(({ problems }) => problems.length === 0)
    ? ExitCode.success
    : ExitCode.failure;
}

async function verifyOne(path: string, streams: Streams) {
  let progress: Progress | undefined;
  const result = await verifyData(path, {
    onProgress(done, total) {
      progress ??= startProgress({
        ...streams,
        total,
        unit: "images",
        label: "Reading",
      });
      progress.update(done);
    },
  });
  progress?.stop();
  return result;
}

function foundPaths(): string[] {
  return Object.keys(PUBLISHED_DATA)
    .map((name) => locateNamed(name as DataSetName))
    .filter((path) => path !== undefined);
}

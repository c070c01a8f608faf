// Copyright 2026 the Convlab authors. MIT license.

/**
 * Where the data sets are that are known by name.
 *
 * @module
 */

import type { DataSetName } from "../../data/data_set.ts";
import { isDataSetName } from "../../data/load_data_set.ts";
import { locateCifar10, locateFashionMnist } from "../../data/locate.ts";
import { PUBLISHED_DATA } from "../../data/published_data.ts";
import { UsageError } from "../exit.ts";
import { invocation } from "../invocation.ts";
import { suggest } from "../words.ts";

/** The folder of a data set, if it is found. */
export function locateNamed(name: DataSetName): string | undefined {
  return name === "cifar10" ? locateCifar10() : locateFashionMnist();
}

/**
 * The path that a name or path stands for.
 *
 * @throws {UsageError} If there is nothing of that name.
 */
export function pathOf(target: string): string {
  if (isDataSetName(target)) {
    const folder = locateNamed(target);
    if (folder !== undefined) return folder;
    throw new Error(
      `${PUBLISHED_DATA[target].title} was not found: ${
        invocation("data")
      } download ${target} gets it`,
    );
  }
  try {
    Deno.statSync(target);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    const meant = suggest(target, Object.keys(PUBLISHED_DATA));
    throw new UsageError(
      `Expected a data set or a path but found ${JSON.stringify(target)}${
        meant === undefined ? "" : `: did you mean ${JSON.stringify(meant)}?`
      }`,
    );
  }
  return target;
}

// Copyright 2026 the Convlab authors. MIT license.

/**
 * Where the data sets are that are known by name.
 *
 * @module
 */

import type { DataSetName } from "../../data/data_set.ts";
import { isDataSetName } from "../../data/load_data_set.ts";
import { findCifar10 } from "../../data/cifar10.ts";
import { findFashionMnist } from "../../data/fashion_mnist.ts";
import { locateCifar10, locateFashionMnist } from "../../data/locate.ts";
import { PUBLISHED_DATA } from "../../data/published_data.ts";
import { UsageError } from "../exit.ts";
import { invocation } from "../invocation.ts";
import { suggest } from "../words.ts";

/** Options of what tells about data that is there. */
export interface DataOptions {
  /** Where a data set is that is known by name; by default in the usual places. */
  readonly dataDir?: string | undefined;
  /** Whether to print JSON. */
  readonly json: boolean;
}

/** The folder of a data set, if it is found. */
export function locateNamed(name: DataSetName): string | undefined {
  return name === "cifar10" ? locateCifar10() : locateFashionMnist();
}

/**
 * The path that a name or path stands for.
 *
 * @param target The name or path.
 * @param dataDir The folder that a data set is in, if it was named.
 * @throws {UsageError} If there is nothing of that name.
 */
export function pathOf(target: string, dataDir?: string): string {
  if (isDataSetName(target)) {
    if (dataDir !== undefined) {
      const find = target === "cifar10" ? findCifar10 : findFashionMnist;
      const folder = find(dataDir);
      if (folder !== undefined) return folder;
      throw new Error(
        `Cannot find ${
          PUBLISHED_DATA[target].title
        }: expected its files in ${dataDir} but found none of them`,
      );
    }
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

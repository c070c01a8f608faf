// Copyright 2026 the Convlab authors. MIT license.

/**
 * Recipes: all that a training is told, as plain JSON that can be written down,
 * shared, and repeated.
 *
 * @module
 */

import { closestString } from "@std/text/closest-string";
import { levenshteinDistance } from "@std/text/levenshtein-distance";
import * as v from "valibot";
import { DataError } from "../data/data_error.ts";
import type { Normalization } from "../data/data_set.ts";
import { readDataFile } from "../data/files.ts";
import { parseModel } from "../models/parse_model.ts";
import type { DType } from "../numerics/tensor.ts";
import {
  type Recipe,
  RECIPE_FIELDS,
  type RecipeField,
} from "./recipe_fields.ts";
import { findDuplicateKey } from "./json_keys.ts";
import { named } from "./named_key.ts";
import { parseSchedule } from "./parse_schedule.ts";
import type { UpdateRuleName } from "./update_rules.ts";

/** More bytes than any recipe has. */
const MAX_BYTES = 1 << 20;

/** A recipe with its defaults filled in. */
export interface CompleteRecipe extends Recipe {
  /** Precision of the arithmetic. */
  readonly dtype: DType;
  /** Times that the training images are gone through. */
  readonly epochs: number;
  /** Images in a batch. */
  readonly batchSize: number;
  /** How batches are drawn. */
  readonly sampling: "replacement" | "shuffle";
  /** How parameters follow their gradients. */
  readonly updateRule: UpdateRuleName;
  /** Step size of the update rule. */
  readonly learningRate: number;
  /** What the learning rate is multiplied by after each epoch. */
  readonly lrDecay: number;
  /** Strength of the L2 regularisation in the loss. */
  readonly reg: number;
  /** What pixels become. */
  readonly normalize: Normalization;
  /** Which parameters are the result. */
  readonly keep: "best" | "last";
  /** Seed of all random numbers. */
  readonly seed: number;
  /** Iterations between two logged losses. */
  readonly printEvery: number;
}

export type { Recipe };

const DEFAULTS = {
  dtype: "float32",
  epochs: 1,
  batchSize: 50,
  updateRule: "adam",
  learningRate: 1e-3,
  lrDecay: 1,
  keep: "best",
  seed: 231,
  printEvery: 20,
} as const satisfies Recipe;

/** What only the three-layer network has, with its defaults. */
const THREE_LAYER = {
  numFilters: 32,
  filterSize: 7,
  hiddenDim: 500,
  weightScale: 1e-3,
} as const satisfies Recipe;

/**
 * Checks a recipe: that it has no unknown keys, that all values are of their type
 * and in their range, and that they go together.
 *
 * @param value What was read, such as from JSON.
 * @param naming How a key is named in messages; as it is by default.
 * @throws {TypeError} If a key is unknown or a value is of another type.
 * @throws {RangeError} If a value is out of range, or two do not go together.
 * @throws {SyntaxError} If the model or the schedule cannot be read.
 *
 * @example
 * ```ts
 * import { checkRecipe } from "@convlab/convlab";
 * import { assertThrows } from "@std/assert";
 *
 * checkRecipe({ model: "conv8-relu gap fc10", epochs: 3 });
 * assertThrows(() => checkRecipe({ epoch: 3 }), TypeError, 'unknown key "epoch"');
 * assertThrows(() => checkRecipe({ epochs: 0 }), RangeError, "at least 1");
 * ```
 */
export function checkRecipe(
  value: unknown,
  naming: (key: string) => string = (key) => key,
): Recipe {
  if (Array.isArray(value)) throw noRecipe(value);
  const result = v.safeParse(SCHEMA, value);
  if (!result.success) throw explain(result.issues[0], naming);
  const recipe = result.output as Recipe;
  checkTogether(recipe, naming);
  return recipe;
}

/**
 * Reads a recipe from a JSON file.
 *
 * @throws {DataError} If the file cannot be read, is no JSON, or holds no recipe.
 */
export function readRecipe(path: string): Recipe {
  const bytes = readDataFile(path, { minBytes: 2, maxBytes: MAX_BYTES });
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    const value = JSON.parse(text);
    const twice = findDuplicateKey(text);
    if (twice !== undefined) {
      throw new TypeError(
        `Expected each key once but found ${describe(twice)} twice`,
      );
    }
    return checkRecipe(value);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    // What is wrong with JSON is told with a piece of it, line breaks included.
    const line = reason.replaceAll(/\s+/g, " ");
    throw new DataError(`Cannot read recipe ${path}: ${line}`, { cause });
  }
}

/** The recipe with its defaults, some of which depend on the network. */
export function completeRecipe(recipe: Recipe): CompleteRecipe {
  const deep = recipe.model !== undefined;
  const complete = {
    ...DEFAULTS,
    ...(deep ? {} : THREE_LAYER),
    normalize: deep ? "channels" : "mean-image",
    sampling: deep ? "shuffle" : "replacement",
    reg: deep ? 0 : 1e-3,
    ...withoutUndefined(recipe),
  };
  // In the order of the table, so that two configurations are easily compared.
  const order = Object.keys(RECIPE_FIELDS);
  return Object.fromEntries(
    Object.entries(complete)
      .sort(([a], [b]) => order.indexOf(a) - order.indexOf(b)),
  ) as unknown as CompleteRecipe;
}

/** What two fields have to do with each other. */
function checkTogether(recipe: Recipe, naming: (key: string) => string): void {
  const { model, filterSize, schedule, momentum, updateRule = "adam" } = recipe;
  const given = (Object.keys(RECIPE_FIELDS) as (keyof Recipe)[])
    .filter((key) => recipe[key] !== undefined);
  const clash = (key: keyof Recipe, other: keyof Recipe, why: string) =>
    new RangeError(
      `Expected no ${naming(key)} with${
        recipe[other] === undefined ? "out" : ""
      } ${naming(other)}, ${why}`,
    );
  if (model !== undefined) {
    named("model", naming, () => parseModel(model));
    const shape = given.find((key) =>
      key in THREE_LAYER && key !== "weightScale"
    );
    if (shape !== undefined) throw clash(shape, "model", "whose text says it");
  } else if (recipe.labelSmoothing !== undefined) {
    throw clash(
      "labelSmoothing",
      "model",
      "since the three-layer network has none",
    );
  }
  if (filterSize !== undefined && filterSize % 2 === 0) {
    throw new RangeError(
      `Expected ${naming("filterSize")} to be odd but found ${filterSize}`,
    );
  }
  if (schedule !== undefined) {
    named("schedule", naming, () => parseSchedule(schedule));
  }
  if (
    momentum !== undefined && !/^sgd_/.test(updateRule)
  ) {
    throw new RangeError(
      `Expected no ${naming("momentum")} with ${
        naming("updateRule")
      } ${updateRule}, which has none`,
    );
  }
  if (recipe.reg && recipe.weightDecay) {
    throw clash("reg", "weightDecay", "since both pull weights towards 0");
  }
  if (recipe.patience !== undefined && recipe.numValidation === 0) {
    throw new RangeError(
      `Expected no ${naming("patience")} with ${
        naming("numValidation")
      } 0, since it waits for a better validation accuracy`,
    );
  }
}

const SCHEMA = v.strictObject(
  Object.fromEntries(
    Object.entries(RECIPE_FIELDS).map((
      [key, field],
    ) => [key, v.optional(schemaOf(field))]),
  ),
);

function schemaOf(field: RecipeField): v.GenericSchema {
  switch (field.kind) {
    case "string":
      return v.pipe(v.string(), v.nonEmpty("to be a text that is not empty"));
    case "boolean":
      return v.boolean();
    case "choice":
      return v.picklist(
        field.choices,
        `to be ${field.choices.slice(0, -1).join(", ")} or ${
          field.choices.at(-1)
        }`,
      );
    default: {
      const { kind, min = -Infinity, max = Infinity } = field;
      const { above = -Infinity, below = Infinity } = field;
      const noun = kind === "integer" ? "an integer" : "a number";
      const bounds = [
        ...(min > -Infinity ? [`at least ${min}`] : []),
        ...(above > -Infinity ? [`above ${above}`] : []),
        ...(max < Infinity ? [`at most ${max}`] : []),
        ...(below < Infinity ? [`below ${below}`] : []),
      ];
      return v.pipe(
        v.number(),
        v.check(
          (n) =>
            Number.isFinite(n) &&
            (kind === "number" || Number.isSafeInteger(n)) &&
            n >= min && n > above && n <= max && n < below,
          `to be ${noun}${bounds.length > 0 ? ` ${bounds.join(" and ")}` : ""}`,
        ),
      );
    }
  }
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: "to be a text",
  number: "to be a number",
  boolean: "to be true or false",
};

/** One line on what is wrong. */
function explain(
  issue: v.BaseIssue<unknown>,
  naming: (key: string) => string,
): Error {
  const [step] = issue.path ?? [];
  const key = typeof step?.key === "string" ? step.key : undefined;
  if (key === undefined) return noRecipe(issue.input);
  if (issue.type === "strict_object") return unknownKey(key);
  const expected = TYPE_NAMES[issue.type] ?? issue.message;
  const message = `Expected ${naming(key)} ${expected} but found ${
    describe(issue.input)
  }`;
  return issue.kind === "schema" && issue.type !== "picklist"
    ? new TypeError(message)
    : new RangeError(message);
}

function noRecipe(value: unknown): TypeError {
  return new TypeError(
    `Expected a recipe to be an object with options but found ${
      describe(value)
    }`,
  );
}

/** Names the key, and the one that was probably meant. */
function unknownKey(key: string): TypeError {
  const keys = Object.keys(RECIPE_FIELDS);
  const plain = key.slice(0, 40).toLowerCase().replaceAll(/[-_]/g, "");
  const meant = closestString(plain, keys, { caseSensitive: false });
  const distance = levenshteinDistance(plain, meant.toLowerCase());
  return new TypeError(
    `Expected the keys of a recipe but found the unknown key ${describe(key)}${
      distance <= Math.ceil(plain.length / 3)
        ? `; did you mean "${meant}"?`
        : `; they are ${keys.join(", ")}`
    }`,
  );
}

/** What was found, on one short line. */
function describe(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object" && value !== null) return "an object";
  if (typeof value !== "string") return String(value);
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}

function withoutUndefined<T extends object>(value: T): Partial<T> {
  return Object.fromEntries(
    Object.entries(value).filter(([, v]) => v !== undefined),
  ) as Partial<T>;
}

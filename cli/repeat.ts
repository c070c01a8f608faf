// Copyright 2026 the Convlab authors. MIT license.

/**
 * The command line that repeats a run.
 *
 * @module
 */

import { dirname } from "@std/path";
import {
  checkRecipe,
  type CompleteRecipe,
  completeRecipe,
  type Recipe,
} from "../training/recipe.ts";
import { RECIPE_FIELDS } from "../training/recipe_fields.ts";
import { solverOptionsOf } from "../training/recipe_training.ts";
import type { RunFolder } from "../training/run_folder.ts";
import { trainingLengthOf } from "../training/training_length.ts";
import { kebabCase } from "./arguments.ts";
import { invocation } from "./invocation.ts";
import { resumptionsOf } from "./run_configuration.ts";
import type { TrainingMachine } from "./training_machine.ts";
import { DATA_OPTIONS, RUN_OPTIONS } from "./training_options.ts";

/** How a run is repeated. */
export interface Repetition {
  /** The words after `deno task`; none where no command repeats the run. */
  readonly words: readonly string[];
  /** What one must know besides, a sentence each; also why there is no command. */
  readonly notes: readonly string[];
}

/** Options that are always told, even where they have their defaults. */
const ALWAYS: ReadonlySet<string> = new Set([
  ...["dataset", "epochs", "batchSize", "learningRate", "seed"],
]);

/** By how much the rate of an iteration may be off from what its recipe says, as a part of it. */
const RATE_ERROR = 1e-6;

/**
 * Makes the command that repeats a run, with the options that are not as they
 * would be without.
 *
 * @throws {Error} If the configuration or the metrics are damaged.
 */
export function repetitionOf(run: RunFolder): Repetition {
  const config = run.readConfig();
  const { command, recipe: own } = config;
  if (command === "import") {
    return none("Its weights were trained elsewhere and imported");
  }
  if ((command !== "train" && command !== "overfit") || own === undefined) {
    return none("It is of an earlier version, which kept no recipe");
  }
  const recipe = completeRecipe(checkRecipe(own));
  const examples = Number(config.trainingImages);
  const words = config.asDocumented === true
    ? ["train", "--as-documented", ...optionsOf(documented(recipe))]
    : command === "overfit"
    ? ["overfit", ...optionsOf(overfitting(recipe, examples))]
    : ["train", ...optionsOf(needed(recipe))];
  const runsDir = dirname(run.path);
  if (recipe.init !== undefined && runsDir !== RUN_OPTIONS.runsDir.default) {
    words.push("--runs-dir", runsDir);
  }
  return { words, notes: [...notesOf(run, recipe, examples)] };
}

/** The words as one line that a shell takes apart as they are. */
export function commandLine(words: readonly string[]): string {
  const [task = "", ...rest] = words;
  return [invocation(task), ...rest.map(quoted)].join(" ");
}

function none(why: string): Repetition {
  return { words: [], notes: [why] };
}

/** The fields of a recipe that it would not have by itself. */
function needed(recipe: CompleteRecipe): Recipe {
  return Object.fromEntries(
    Object.entries(recipe).filter(([name, value]) => {
      if (value === undefined || value === false) return false;
      if (ALWAYS.has(name) || name === "model") return true;
      const { [name as keyof Recipe]: _, ...rest } = recipe;
      return completeRecipe(rest)[name as keyof Recipe] !== value;
    }),
  );
}

function documented(
  { dataDir, maxIterations }: CompleteRecipe,
): Recipe {
  return { dataDir, maxIterations };
}

function overfitting(recipe: CompleteRecipe, examples: number): Recipe {
  const data = Object.keys(DATA_OPTIONS);
  const chosen = Object.entries(needed(recipe)).filter(([name]) =>
    data.includes(name)
  );
  const { epochs, seed } = recipe;
  return { ...Object.fromEntries(chosen), numTraining: examples, epochs, seed };
}

function optionsOf(recipe: Recipe): string[] {
  return (Object.keys(RECIPE_FIELDS) as (keyof Recipe)[]).flatMap((name) => {
    const value = recipe[name];
    if (value === undefined || value === false) return [];
    const flag = `--${kebabCase(name)}`;
    return value === true ? [flag] : [flag, String(value)];
  });
}

function* notesOf(
  run: RunFolder,
  recipe: CompleteRecipe,
  examples: number,
): Generator<string> {
  if (recipe.init !== undefined) {
    yield `It begins with the weights of run "${recipe.init}", which has to be there`;
  }
  const { hosts } = run.readConfig().machine as TrainingMachine ?? {};
  if (hosts !== undefined) {
    yield `It was trained by ${hosts.length} ranks: for the same bytes begin the command with mpirun -n ${hosts.length}, and take train:mpi in place of train`;
  }
  const changed = changedRate(run, recipe, examples);
  if (changed !== undefined) {
    yield `Its learning rate was changed by hand, first at iteration ${changed}, which no command repeats`;
  }
  const { iterationsPerEpoch } = trainingLengthOf(recipe, examples);
  const within = resumptionsOf(run.readConfig()).find((resumption) =>
    resumption.epochsBefore !== undefined &&
    resumption.iteration % iterationsPerEpoch !== 0
  );
  if (within !== undefined) {
    yield `It was made longer after iteration ${within.iteration}, within an epoch: for the same bytes give this command --max-iterations ${within.iteration}, and go on by --resume`;
  }
}

/** The first iteration whose learning rate is not what the recipe says. */
function changedRate(
  run: RunFolder,
  recipe: CompleteRecipe,
  examples: number,
): number | undefined {
  const { schedule } = solverOptionsOf(recipe, examples);
  const { iterationsPerEpoch } = trainingLengthOf(recipe, examples);
  for (const metric of run.readMetrics()) {
    if (metric.kind !== "iteration") continue;
    const { iteration, learningRate } = metric;
    if (typeof learningRate !== "number") continue;
    const done = iteration - 1;
    const expected = recipe.learningRate * (schedule?.(done) ?? 1) *
      recipe.lrDecay ** Math.floor(done / iterationsPerEpoch);
    if (Math.abs(learningRate - expected) > RATE_ERROR * expected) {
      return iteration;
    }
  }
  return undefined;
}

/** A word as a shell takes it for one. */
function quoted(word: string): string {
  if (/^[\w./+:=,@%-]+$/.test(word)) return word;
  return Deno.build.os === "windows"
    ? `"${word}"`
    : `'${word.replaceAll("'", `'\\''`)}'`;
}

// Copyright 2026 the Convlab authors. MIT license.

/**
 * Parses the arguments of a subcommand, strictly: whatever does not fit the
 * description is a {@linkcode UsageError}.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import {
  type Arguments,
  kebabCase,
  type Option,
  type Options,
  type Positional,
  type Positionals,
  type Signature,
} from "./arguments.ts";
import { UsageError } from "./exit.ts";
import { optionValue } from "./option_value.ts";
import { oneOf, suggest, unknownWord } from "./words.ts";

/** An option beside the name that is typed for it. */
interface Flag {
  readonly flag: string;
  readonly option: Option;
}

/** Options that `main.ts` sees to, and that may be meant by a misspelt one. */
const GLOBAL_FLAGS = ["--help", "--debug"];

/**
 * Parses `args` by the description of a subcommand.
 *
 * @throws {UsageError} If an option is unknown, given twice, without a value or
 * with a wrong one, or if there are too few or too many arguments.
 */
export function parseArguments<O extends Options, P extends Positionals>(
  signature: Signature<O, P>,
  args: readonly string[],
): Arguments<O, P> {
  const flags = Object.entries(signature.options)
    .map(([name, option]) => ({ name, flag: kebabCase(name), option }));
  const names = flags.map(({ flag }) => flag);
  // As text and as lists, so that nothing is guessed and no repetition is lost.
  const parsed: Record<string, unknown> = parseArgs(
    [...inOneForm(args, flags)],
    { string: [...names, "_"], collect: names },
  );
  const given = new Set<keyof O>();
  const options: Record<string, unknown> = {};
  for (const { name, flag, option } of flags) {
    const texts = textsOf(parsed[flag]);
    if (texts.length > 0) given.add(name);
    options[name] = optionValue(`--${flag}`, option, texts);
  }
  const positionals = placeWords(signature.positionals, textsOf(parsed._));
  // The types are computed from the same description that the values are.
  return { options, positionals, given } as Arguments<O, P>;
}

/** Writes every option as `--name=value`, which leaves no room for guesses. */
function* inOneForm(
  args: readonly string[],
  flags: readonly Flag[],
): Generator<string> {
  const left = [...args];
  for (let arg = left.shift(); arg !== undefined; arg = left.shift()) {
    if (arg === "--") {
      yield* [arg, ...left];
      return;
    }
    if (!arg.startsWith("-") || arg === "-") {
      yield arg;
      continue;
    }
    const [typed, attached] = splitAtEquals(arg);
    const { flag, option, negated } = findFlag(typed, flags);
    if (option.kind === "boolean") {
      if (attached !== undefined) {
        throw new UsageError(
          `Expected no value for ${typed} but found ${
            JSON.stringify(attached)
          }`,
        );
      }
      yield `--${flag}=${!negated}`;
      continue;
    }
    const first = attached ?? takeValue(left);
    if (first === undefined) {
      throw new UsageError(
        `Expected a value after ${typed} but found ${
          left[0] === undefined ? "none" : JSON.stringify(left[0])
        }`,
      );
    }
    yield `--${flag}=${first}`;
    for (let taken = 1; taken < (option.count ?? 1); taken++) {
      const value = takeValue(left);
      if (value === undefined) break;
      yield `--${flag}=${value}`;
    }
  }
}

function splitAtEquals(arg: string): [name: string, value?: string] {
  const at = arg.indexOf("=");
  return at === -1 ? [arg] : [arg.slice(0, at), arg.slice(at + 1)];
}

/** Takes the next argument, unless it looks like an option. */
function takeValue(left: string[]): string | undefined {
  const [next] = left;
  const isValue = next !== undefined &&
    (!next.startsWith("-") || next === "-" || /^-\.?\d/.test(next));
  return isValue ? left.shift() : undefined;
}

function findFlag(
  typed: string,
  flags: readonly Flag[],
): Flag & { negated: boolean } {
  for (const { flag, option } of flags) {
    const { alias, formerly } = option;
    if (
      typed === `--${flag}` || (alias && typed === `-${alias}`) ||
      (formerly && typed === `--${formerly}`)
    ) {
      return { flag, option, negated: false };
    }
    if (typed === `--no-${flag}` && option.kind === "boolean") {
      return { flag, option, negated: true };
    }
  }
  const known = [...flags.map(({ flag }) => `--${flag}`), ...GLOBAL_FLAGS];
  throw new UsageError(unknownWord("option", typed, known));
}

/** Gives each positional argument its word, or the list of all that are left. */
function placeWords(
  positionals: Positionals,
  words: readonly string[],
): Record<string, unknown> {
  const left = [...words];
  const placed: Record<string, unknown> = {};
  for (const [key, positional] of Object.entries(positionals)) {
    const name = kebabCase(key);
    const taken = left.splice(0, positional.rest ? left.length : 1);
    for (const word of taken) checkWord(name, positional, word);
    if (taken.length === 0 && !positional.optional && !positional.rest) {
      throw new UsageError(
        `Expected an argument ${name.toUpperCase()} but found none`,
      );
    }
    placed[key] = positional.rest ? taken : taken[0];
  }
  if (left.length > 0) {
    throw new UsageError(
      `Expected no further argument but found ${JSON.stringify(left[0])}`,
    );
  }
  return placed;
}

function checkWord(name: string, { choices }: Positional, word: string): void {
  if (choices === undefined || choices.includes(word)) return;
  throw new UsageError(
    suggest(word, choices) === undefined
      ? `Expected ${name.toUpperCase()} to be ${oneOf(choices)} but found ${
        JSON.stringify(word)
      }`
      : unknownWord(name, word, choices),
  );
}

function textsOf(parsed: unknown): string[] {
  return [parsed ?? []].flat().map(String);
}

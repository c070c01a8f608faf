// Copyright 2026 the Convlab authors. MIT license.

/**
 * Turns the texts that were typed for an option into its value.
 *
 * @module
 */

import type { NumberOption, Option } from "./arguments.ts";
import { UsageError } from "./exit.ts";
import { oneOf } from "./words.ts";

type Value = string | number | boolean;

/**
 * The value of an option, or its default.
 *
 * @param name The option as it is typed, for messages.
 * @param option Its description.
 * @param texts All values that were given.
 * @throws {UsageError} If a value is wrong, or there are too few or too many.
 */
export function optionValue(
  name: string,
  option: Option,
  texts: readonly string[],
): Value | readonly Value[] | undefined {
  const values = texts.map((text) => valueOf(name, option, text));
  if (option.kind !== "boolean" && option.repeatable) {
    const { count = values.length } = option;
    if (values.length > 0 && values.length !== count) {
      throw new UsageError(
        `Expected ${count} values for ${name} but found ${values.length}`,
      );
    }
    return values;
  }
  if (values.length > 1) {
    throw new UsageError(
      `Expected ${name} once but found it ${values.length} times`,
    );
  }
  return values[0] ?? option.default ??
    (option.kind === "boolean" ? false : undefined);
}

function valueOf(name: string, option: Option, text: string): Value {
  switch (option.kind) {
    case "boolean":
      return text === "true";
    case "string":
      if (text !== "") return text;
      throw expected(name, "a value", "an empty one");
    case "choice":
      if (option.choices.includes(text)) return text;
      throw expected(name, oneOf(option.choices), JSON.stringify(text));
    default: {
      const value = numberOf(text, option);
      if (value !== undefined) return value;
      throw expected(name, describeNumber(option), JSON.stringify(text));
    }
  }
}

function expected(name: string, what: string, found: string): UsageError {
  return new UsageError(`Expected ${name} to be ${what} but found ${found}`);
}

function numberOf(text: string, option: NumberOption): number | undefined {
  const { kind, min = -Infinity, above = -Infinity } = option;
  const { max = Infinity, below = Infinity } = option;
  const isNumber = kind === "integer"
    ? /^[+-]?\d+$/.test(text) && Number.isSafeInteger(Number(text))
    : /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) &&
      Number.isFinite(Number(text));
  const value = Number(text);
  return isNumber && value >= min && value > above && value <= max &&
      value < below
    ? value
    : undefined;
}

/** Such as `an integer from 1 to 8` or `a number above 0 and at most 1`. */
function describeNumber(
  { kind, min, above, max, below }: NumberOption,
): string {
  const noun = kind === "integer" ? "an integer" : "a number";
  if (min !== undefined && max !== undefined) {
    return `${noun} from ${min} to ${max}`;
  }
  const bounds = [
    min === undefined ? "" : `of at least ${min}`,
    above === undefined ? "" : `above ${above}`,
    max === undefined
      ? ""
      : `${above === undefined ? "of " : ""}at most ${max}`,
    below === undefined ? "" : `below ${below}`,
  ].filter((bound) => bound !== "");
  return [noun, bounds.join(" and ")].join(" ").trim();
}

// Copyright 2026 the Convlab authors. MIT license.

/**
 * Descriptions of options and positional arguments, from which they are parsed
 * (`parse.ts`), explained (`help.ts`) and typed (here).
 *
 * @module
 */

/** What every option has. */
interface OptionBase {
  /** What it does, on one line, without a final period. */
  readonly help: string;
  /** A single letter to be typed for it, as in `-o`. */
  readonly alias?: string;
  /** What it was called before, such as `num-train`; that goes on working. */
  readonly formerly?: string;
  /** The heading that the help lists it under; `Options` by default. */
  readonly group?: string;
}

/** What every option that takes a value has. */
interface ValueOptionBase extends OptionBase {
  /** What stands for the value in the help, such as `FILE`. */
  readonly placeholder?: string;
  /** The option may be given several times, and is a list. */
  readonly repeatable?: boolean;
  /**
   * How many values the list has where it is given at all; they may follow
   * the option at once, as in `--images a.jpg b.png`.
   */
  readonly count?: number;
}

/** An option whose value is any text. */
export interface StringOption extends ValueOptionBase {
  readonly kind: "string";
  readonly default?: string;
}

/** An option whose value is a number within a range. */
export interface NumberOption extends ValueOptionBase {
  readonly kind: "integer" | "number";
  readonly default?: number;
  /** Least value. */
  readonly min?: number;
  /** A bound that the value exceeds, instead of a least one. */
  readonly above?: number;
  /** Greatest value. */
  readonly max?: number;
  /** A bound that the value does not reach, instead of a greatest one. */
  readonly below?: number;
}

/** An option whose value is one of a few words. */
export interface ChoiceOption extends ValueOptionBase {
  readonly kind: "choice";
  readonly choices: readonly string[];
  readonly default?: string;
}

/** An option without a value; `--no-NAME` says no. */
export interface BooleanOption extends OptionBase {
  readonly kind: "boolean";
  /** @default {false} */
  readonly default?: boolean;
}

/** Any option that takes a value. */
export type ValueOption = StringOption | NumberOption | ChoiceOption;
/** Any option. */
export type Option = ValueOption | BooleanOption;
/** Options by their names in camelCase: `batchSize` is typed `--batch-size`. */
export type Options = Readonly<Record<string, Option>>;

/** An argument that is known by its place. */
export interface Positional {
  /** What it is, on one line, without a final period. */
  readonly help: string;
  /** The words it may be; any text by default. */
  readonly choices?: readonly string[];
  /** It may be left out. */
  readonly optional?: boolean;
  /** It takes all arguments that are left, maybe none; it comes last. */
  readonly rest?: boolean;
}

/** Positional arguments by their names, in order; optional ones come last. */
export type Positionals = Readonly<Record<string, Positional>>;

/** What arguments a subcommand takes. */
export interface Signature<O extends Options, P extends Positionals> {
  readonly positionals: P;
  readonly options: O;
}

/** The arguments of a subcommand, checked and converted. */
export interface Arguments<O extends Options, P extends Positionals> {
  readonly options: { readonly [K in keyof O]: OptionValue<O[K]> };
  readonly positionals: { readonly [K in keyof P]: PositionalValue<P[K]> };
  /** The options that were typed, as opposed to those with default values. */
  readonly given: ReadonlySet<keyof O>;
}

/** Type of an option's value. */
export type OptionValue<O extends Option> = O extends { repeatable: true }
  ? readonly Scalar<O>[]
  : O extends { kind: "boolean" } | { default: unknown } ? Scalar<O>
  : Scalar<O> | undefined;

/** Type of a positional argument. */
export type PositionalValue<P extends Positional> = P extends { rest: true }
  ? readonly Word<P>[]
  : P extends { optional: true } ? Word<P> | undefined
  : Word<P>;

type Scalar<O extends Option> = O extends { kind: "boolean" } ? boolean
  : O extends { kind: "integer" | "number" } ? number
  : Word<O>;

type Word<T> = T extends { choices: readonly (infer W)[] } ? W : string;

/** The name of an option or argument as it is typed: `batch-size`. */
export function kebabCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

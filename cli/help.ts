// Copyright 2026 the Convlab authors. MIT license.

/**
 * The help texts: of the program and of each subcommand, examples first.
 *
 * @module
 */

import {
  kebabCase,
  type Option,
  type Positional,
  type ValueOption,
} from "./arguments.ts";
import type { Description } from "./command.ts";
import { invocation } from "./invocation.ts";
import type { Output } from "./output.ts";
import { definitionList, wrap } from "./text_table.ts";
import { oneOf } from "./words.ts";

/** A subcommand's name and what it does, on one line. */
export interface Summary {
  readonly name: string;
  /** Begins with a verb; has no final period. */
  readonly summary: string;
}

/** Where help is shown. */
export type Page = Pick<Output, "columns" | "style">;

type Row = readonly [term: string, meaning: string];
type Section = readonly [title: string, rows: readonly Row[]];

const HELP: Row = ["-h, --help", "Show this help"];
const DEBUG: Row = ["    --debug", "Show where an error comes from"];

/** Help of a subcommand. */
export function commandHelp(
  { name, summary }: Summary,
  { examples, positionals, options, notes }: Description,
  page: Page,
): string {
  const places = Object.entries(positionals);
  const usage = [invocation(name), "[OPTIONS]", ...places.map(placeTerm)];
  return layOut(page, summary, [
    [
      "Examples",
      examples.map(({ args, help }) => exampleRow(name, args, help)),
    ],
    ["Usage", [[usage.join(" "), ""]]],
    ["Arguments", places.map(placeRow)],
    ...optionSections(Object.entries(options)),
  ], notes);
}

/** The options under their headings, in the order in which these come up; `Options` comes last. */
function optionSections(options: readonly [string, Option][]): Section[] {
  const groups = new Map<string, Row[]>();
  for (const option of options) {
    const { group = "Options" } = option[1];
    groups.set(group, [...groups.get(group) ?? [], optionRow(option)]);
  }
  const rest = groups.get("Options") ?? [];
  groups.delete("Options");
  return [...groups, ["Options", [...rest, HELP, DEBUG]]];
}

/** Help of the program as a whole. */
export function programHelp(
  commands: readonly Summary[],
  page: Page,
): string {
  const main = invocation();
  return layOut(
    page,
    "Convlab trains, checks, measures and shows convolutional networks",
    [
      ["Examples", [
        [invocation("train"), "Train a network on real images"],
        [`${main} gradcheck`, "Check gradients, without any permission"],
        [`${main} help train`, "Show what a subcommand can do"],
      ]],
      ["Usage", [
        [
          `${invocation("SUBCOMMAND")} [OPTIONS]`,
          "With the permissions it needs",
        ],
        [`${main} SUBCOMMAND [OPTIONS]`, "With those that you grant"],
      ]],
      ["Subcommands", commands.map((c) => [c.name, c.summary])],
      ["Options", [
        HELP,
        ["-V, --version", "Show the version"],
        DEBUG,
      ]],
    ],
  );
}

function layOut(
  { columns, style }: Page,
  summary: string,
  sections: readonly Section[],
  notes?: string,
): string {
  const blocks = sections
    .filter(([, rows]) => rows.length > 0)
    .map(([title, rows]) => {
      const terms = rows.map((
        [term, meaning],
      ): Row => [style.cyan(term), meaning]);
      return [style.bold(`${title}:`), ...definitionList(terms, columns)];
    });
  const paragraphs = notes?.split(/\n\s*\n/).map((p) =>
    wrap(p.trim(), columns)
  );
  return [
    wrap(style.bold(summary), columns),
    ...blocks,
    ...paragraphs ?? [],
  ].map((lines) => lines.join("\n") + "\n").join("\n");
}

function exampleRow(name: string, args: string, help: string): Row {
  return [`${invocation(name)} ${args}`.trimEnd(), help];
}

/** An argument, with its words where the help does not tell of them. */
function placeRow(place: [string, Positional]): Row {
  const { help, choices = [] } = place[1];
  const told = choices.every((word) => help.includes(word));
  return [placeTerm(place), told ? help : `${help} (${oneOf(choices)})`];
}

function placeTerm([key, { optional, rest }]: [string, Positional]): string {
  const name = kebabCase(key).toUpperCase();
  if (rest) return `[${name}...]`;
  return optional ? `[${name}]` : name;
}

function optionRow([key, option]: [string, Option]): Row {
  const short = option.alias === undefined ? "    " : `-${option.alias}, `;
  const no = option.kind === "boolean" && option.default ? "no-" : "";
  const value = option.kind === "boolean" ? "" : ` ${valueTerm(option)}`;
  const facts = factsOf(option).join("; ");
  return [
    `${short}--${no}${kebabCase(key)}${value}`,
    facts === "" ? option.help : `${option.help} (${facts})`,
  ];
}

function valueTerm(option: ValueOption): string {
  const name = option.placeholder ?? PLACEHOLDERS[option.kind];
  return Array(option.count ?? 1).fill(name).join(" ");
}

const PLACEHOLDERS: Readonly<Record<ValueOption["kind"], string>> = {
  string: "TEXT",
  integer: "N",
  number: "X",
  choice: "NAME",
};

/** What follows the help of an option in parentheses. */
function factsOf(option: Option): string[] {
  if (option.kind === "boolean") return [];
  const facts: string[] = [];
  if (option.kind === "choice") facts.push(oneOf(option.choices));
  if (option.default !== undefined) facts.push(`default ${option.default}`);
  if (option.repeatable && option.count === undefined) {
    facts.push("may be repeated");
  }
  return facts;
}

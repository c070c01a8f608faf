// Copyright 2026 the Convlab authors. MIT license.

/**
 * The part of a report on the configuration: all that the run was told.
 *
 * @module
 */

import {
  RECIPE_FIELDS,
  type RecipeField,
} from "../../training/recipe_fields.ts";
import { kebabCase } from "../arguments.ts";
import { setting, type Settings, valueText } from "../runs/settings.ts";
import type { ReadRun } from "../runs/summary.ts";
import { type Html, markup } from "./html.ts";
import { factList } from "./table.ts";

/** What a network without a text is called. */
const THREE_LAYER = "the three-layer network of the document";

/** The settings, under the headings that the help has. */
export function configurationPart({ settings }: ReadRun): Html {
  const fields: [string, RecipeField][] = Object.entries(RECIPE_FIELDS);
  const groups = [...new Set(fields.map(([, { group }]) => group))];
  const parts = groups.map((group) => {
    const facts = fields
      .filter(([, field]) => field.group === group)
      .flatMap(([name]) => factsOf(settings, name));
    return facts.length === 0
      ? undefined
      : markup`<h3>${group}</h3>\n${factList(facts)}`;
  });
  return markup`${parts}`;
}

function factsOf(settings: Settings, name: string): [string, string][] {
  const value = setting(settings, name);
  if (value === undefined || value === null) {
    return name === "model" && setting(settings, "hiddenDim") !== undefined
      ? [["model", THREE_LAYER]]
      : [];
  }
  return [[kebabCase(name), valueText(value)]];
}

// Copyright 2026 the Convlab authors. MIT license.

/**
 * A run's configuration as a flat list of settings. Nothing is assumed of it but
 * that it is an object: runs of other versions are read as well.
 *
 * @module
 */

/** Settings by name; those within others have both names, with a dot between. */
export type Settings = ReadonlyMap<string, unknown>;

/** Flattens a configuration. */
export function settingsOf(config: Record<string, unknown>): Settings {
  return new Map(flatten(config, ""));
}

/**
 * The value of the setting `name`, be it at the top or in the recipe.
 *
 * @param name Such as `epochs`.
 */
export function setting(settings: Settings, name: string): unknown {
  return settings.get(`recipe.${name}`) ?? settings.get(name);
}

/** The same where it is a number, and else `undefined`. */
export function numberSetting(
  settings: Settings,
  name: string,
): number | undefined {
  const value = setting(settings, name);
  return typeof value === "number" ? value : undefined;
}

/** The same where it is a text, and else `undefined`. */
export function textSetting(
  settings: Settings,
  name: string,
): string | undefined {
  const value = setting(settings, name);
  return typeof value === "string" ? value : undefined;
}

/** A setting's name as a table shows it: the recipe goes without saying. */
export function settingLabel(name: string): string {
  return name.replace(/^recipe\./, "");
}

/** A value as a table shows it: texts as they are, and all else in JSON. */
export function valueText(value: unknown): string {
  if (value === undefined) return "–";
  return typeof value === "string" ? value : JSON.stringify(value);
}

function* flatten(
  value: Record<string, unknown>,
  prefix: string,
): Generator<[string, unknown]> {
  for (const [key, item] of Object.entries(value)) {
    if (isRecord(item) && Object.keys(item).length > 0) {
      yield* flatten(item, `${prefix}${key}.`);
    } else {
      yield [prefix + key, item];
    }
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

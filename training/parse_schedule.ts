// Copyright 2026 the Convlab authors. MIT license.

/**
 * Reads a learning-rate schedule from the text of an option.
 *
 * @module
 */

import {
  checkSchedule,
  SCHEDULE_KEYS,
  type ScheduleConfig,
  type ScheduleKind,
} from "./schedule_config.ts";

/** Digits, a point, an exponent. */
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/**
 * Reads a schedule from a text: its kind, and after a colon its numbers,
 * separated by commas. The milestones of `step` have `+` between them.
 *
 * @param text Such as `one-cycle`, `cosine:warmup=500`, `step:every=10epochs,factor=0.5` or `step:milestones=50%+75%`.
 * @throws {SyntaxError} If it is no such text, the kind or a name is unknown, or `step` has not one of `every` and `milestones`.
 * @throws {RangeError} If a number is out of range.
 *
 * @example A cosine with a warm-up
 * ```ts
 * import { parseSchedule } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(parseSchedule("cosine:warmup=5%,final=0.01"), {
 *   kind: "cosine",
 *   warmup: "5%",
 *   final: 0.01,
 * });
 * ```
 */
export function parseSchedule(text: string): ScheduleConfig {
  const [, kind = "", list] = /^([^:]*)(?::(.*))?$/s.exec(text.trim())!;
  if (!Object.hasOwn(SCHEDULE_KEYS, kind)) {
    throw new SyntaxError(
      `Cannot parse schedule: expected it to begin with one of ${
        Object.keys(SCHEDULE_KEYS).join(", ")
      } but found ${JSON.stringify(text)}`,
    );
  }
  const keys = SCHEDULE_KEYS[kind as ScheduleKind];
  const config: Record<string, unknown> = { kind };
  for (const item of list?.split(",") ?? []) {
    const [, name, value] = /^([^=]*)=(.*)$/s.exec(item) ?? [];
    if (name === undefined || value === undefined) {
      throw new SyntaxError(
        `Cannot parse schedule: expected NAME=VALUE after the colon, separated by commas, but found ${
          JSON.stringify(item)
        }`,
      );
    }
    const key = name.trim();
    if (!Object.hasOwn(keys, key)) {
      throw new SyntaxError(
        `Cannot parse schedule: expected the numbers of ${kind} to be among ${
          Object.keys(keys).join(", ")
        } but found ${JSON.stringify(key)}`,
      );
    }
    if (Object.hasOwn(config, key)) {
      throw new SyntaxError(
        `Cannot parse schedule: expected ${key} once but found it twice`,
      );
    }
    config[key] = keys[key] === "spans"
      ? value.split("+").map((span) => parseValue(key, span, true))
      : parseValue(key, value, keys[key] === "span");
  }
  if (kind === "step" && ("every" in config) === ("milestones" in config)) {
    throw new SyntaxError(
      `Cannot parse schedule: expected step with one of every and milestones ("step:every=10epochs") but found ${
        JSON.stringify(text)
      }`,
    );
  }
  return checkSchedule(config);
}

/** A number, or where it may be one a text with a unit, which is checked later. */
function parseValue(
  name: string,
  value: string,
  isSpan: boolean,
): number | string {
  const trimmed = value.trim();
  if (NUMBER.test(trimmed)) return Number(trimmed);
  if (isSpan) return trimmed;
  throw new SyntaxError(
    `Cannot parse schedule: expected ${name} to be a number but found ${
      JSON.stringify(trimmed)
    }`,
  );
}

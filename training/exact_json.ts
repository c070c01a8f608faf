// Copyright 2026 the Convlab authors. MIT license.

/**
 * JSON that gives back exactly what was put in. `JSON.stringify` turns NaN into
 * null, −0 into 0 and a typed array into an object without a word.
 *
 * @module
 */

/**
 * The JSON of a value, from which `JSON.parse` makes an equal one; `undefined`
 * properties are left out.
 *
 * @param value The value.
 * @param name What error messages call it.
 * @throws {TypeError} If it holds what JSON does not have: NaN, an infinity, a function, or an object that is neither an array nor a plain one.
 */
export function exactJson(value: unknown, name: string): string {
  switch (typeof value) {
    case "number":
      if (!Number.isFinite(value)) throw invalid(name, String(value));
      return Object.is(value, -0) ? "-0" : String(value);
    case "string":
    case "boolean":
      return JSON.stringify(value);
    case "object":
      break;
    default:
      throw invalid(name, typeof value);
  }
  if (value === null) return "null";
  if (Array.isArray(value)) {
    const items = Array.from(
      value,
      (item, i) => exactJson(item, `${name}[${i}]`),
    );
    return `[${items.join(",")}]`;
  }
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    throw invalid(name, `an instance of ${value.constructor?.name}`);
  }
  const items = Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .map(([key, item]) =>
      `${JSON.stringify(key)}:${exactJson(item, `${name}.${key}`)}`
    );
  return `{${items.join(",")}}`;
}

function invalid(name: string, found: string): TypeError {
  return new TypeError(
    `Cannot write JSON: expected ${name} to be a value that JSON has but found ${found}`,
  );
}

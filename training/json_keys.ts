// Copyright 2026 the Convlab authors. MIT license.

/**
 * Finds names that occur twice in a JSON object, of which `JSON.parse` keeps
 * the last without a word.
 *
 * @module
 */

/**
 * The first key that occurs twice in one object of `json`, at any depth, or
 * `undefined`.
 *
 * @param json Text that `JSON.parse` accepts.
 */
export function findDuplicateKey(json: string): string | undefined {
  const open: Set<string>[] = [];
  let string = "";
  for (let i = 0; i < json.length; i++) {
    switch (json[i]) {
      case '"': {
        const begin = i++;
        while (json[i] !== '"') i += json[i] === "\\" ? 2 : 1;
        string = json.slice(begin, i + 1);
        break;
      }
      case ":": {
        const key: string = JSON.parse(string);
        const keys = open.at(-1);
        if (keys?.has(key)) return key;
        keys?.add(key);
        break;
      }
      case "{":
        open.push(new Set());
        break;
      case "}":
        open.pop();
        break;
    }
  }
  return undefined;
}

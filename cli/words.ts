// Copyright 2026 the Convlab authors. MIT license.

/**
 * Words that were typed and words that could have been.
 *
 * @module
 */

import { closestString } from "@std/text/closest-string";
import { levenshteinDistance } from "@std/text/levenshtein-distance";
import { grouped } from "../views/words.ts";

/**
 * The word that was probably meant: the only one that begins with `word`, or
 * else the closest if no more than a third of the letters are wrong.
 *
 * @param word What was typed.
 * @param words What could have been typed.
 */
export function suggest(
  word: string,
  words: readonly string[],
): string | undefined {
  const begun = words.filter((w) => w.startsWith(word));
  if (begun.length === 1 && word.length > 1) return begun[0];
  if (words.length === 0) return undefined;
  const closest = closestString(word, words);
  const distance = levenshteinDistance(word.toLowerCase(), closest);
  const letters = word.replace(/^-+/, "").length;
  return distance <= Math.ceil(letters / 3) ? closest : undefined;
}

/** `Unknown KIND "word"`, and what was probably meant. */
export function unknownWord(
  kind: string,
  word: string,
  words: readonly string[],
): string {
  const meant = suggest(word, words);
  const message = `Unknown ${kind} ${JSON.stringify(word)}`;
  return meant === undefined
    ? message
    : `${message}: did you mean ${JSON.stringify(meant)}?`;
}

export { grouped };

/** Such as `a, b or c`. */
export function oneOf(words: readonly string[]): string {
  return words.length < 2
    ? words.join()
    : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}

/** Such as `1 epoch` and `1,200 epochs`. */
export function counted(n: number, noun: string): string {
  return `${grouped(n)} ${noun}${n === 1 ? "" : "s"}`;
}

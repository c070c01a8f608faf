// Copyright 2026 the Convlab authors. MIT license.

/**
 * Whether a command still prints what a guide shows.
 *
 * Numbers may be others, since they tell of the machine and of rounding; words,
 * and the order of lines, may not.
 *
 * @module
 */

const ELLIPSIS = "…";
/** A number, or the dot that stands for none in a table. */
const NUMBER = /\d[\d.,]*(?:e[+-]?\d+)?|(?<=\s)\.(?=\s|$)/;

/** A pattern of all lines that are as good as the one that is shown. */
export function linePattern(shown: string): RegExp {
  const parts = shown.trim().split(
    new RegExp(`(${ELLIPSIS}|${NUMBER.source}|\\s+)`),
  );
  const source = parts.map((part) =>
    part === ELLIPSIS
      ? ".*"
      : part.trim() === "" && part !== ""
      ? "\\s+"
      : part !== "" && part.replace(NUMBER, "") === ""
      ? `(?:${NUMBER.source})`
      : part === "."
      ? `(?:${NUMBER.source}|\\.)`
      : RegExp.escape(part)
  );
  return new RegExp(`^\\s*${source.join("")}\\s*$`);
}

/**
 * What is wrong with the lines that a guide shows, if anything is.
 *
 * Standard output has to be shown whole but for `…`. Of standard error, which
 * also has what `deno task` says, any lines may be shown.
 */
export function difference(
  shown: readonly string[],
  stdout: readonly string[],
  stderr: readonly string[],
): string | undefined {
  const lines = shown.map((line) => line.trim()).filter((line) => line !== "");
  const found = stdout.filter((line) => line.trim() !== "");
  const patterns = lines.map(linePattern);
  const failed = new Set<string>();
  let furthest = 0;
  let surplus: string | undefined;
  /** Whether lines from the i-th on fit what is printed from there on. */
  const fits = (i: number, out: number, err: number): boolean => {
    const key = `${i},${out},${err}`;
    if (failed.has(key)) return false;
    furthest = Math.max(furthest, i);
    if (i === lines.length) {
      if (out === found.length) return true;
      surplus = found[out];
    } else if (lines[i] === ELLIPSIS) {
      for (let skip = out; skip <= found.length; skip++) {
        if (fits(i + 1, skip, err)) return true;
      }
    } else {
      if (out < found.length && patterns[i]!.test(found[out]!)) {
        if (fits(i + 1, out + 1, err)) return true;
      }
      const next = stderr.findIndex((line, at) =>
        at >= err && patterns[i]!.test(line)
      );
      if (next >= 0 && fits(i + 1, out, next + 1)) return true;
    }
    failed.add(key);
    return false;
  };
  if (fits(0, 0, 0)) return undefined;
  return furthest < lines.length
    ? `expected ${JSON.stringify(lines[furthest])}`
    : `expected no ${JSON.stringify(surplus)}, or "${ELLIPSIS}"`;
}

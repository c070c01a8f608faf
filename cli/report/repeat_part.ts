// Copyright 2026 the Convlab authors. MIT license.

/**
 * The part of a report on how to repeat the run.
 *
 * @module
 */

import { commandLine, repetitionOf } from "../repeat.ts";
import type { ReadRun } from "../runs/summary.ts";
import { type Content, type Html, markup, missing } from "./html.ts";

/** The command, to be copied as a whole. */
export function repeatPart({ run, history }: ReadRun): Html {
  const { words, notes } = repetitionOf(run);
  if (words.length === 0) {
    return missing(`${notes.join("; ")}, so no command repeats it`);
  }
  const remarks = notes.map((note) => markup`<p>${note}.</p>\n`);
  const ending = notes.length === 0 && history.final !== undefined
    ? "ends with the same parameters to the last bit"
    : "repeats the training";
  return markup`<p>With the same version of Convlab and the same data, this ${ending}, on any number of threads:</p>
<pre tabindex="0" aria-label="Command that repeats the run"><code>${
    unbroken(commandLine(words))
  }</code></pre>
${remarks}`;
}

/** The same text, with options that no line is broken within. */
function unbroken(line: string): Content {
  return line.split(/(--[a-z][a-z-]*)/).map((part) =>
    part.startsWith("--") ? markup`<span class="option">${part}</span>` : part
  );
}

// Copyright 2026 the Convlab authors. MIT license.

/**
 * The part of a report on how to repeat the run.
 *
 * @module
 */

import type { RunFolder } from "../../training/run_folder.ts";
import { commandLine, repetitionOf } from "../repeat.ts";
import { type Html, markup, missing } from "./html.ts";

/** The command, to be copied as a whole. */
export function repeatPart(run: RunFolder): Html {
  const { words, notes } = repetitionOf(run);
  if (words.length === 0) {
    return missing(`${notes.join("; ")}, so no command repeats it`);
  }
  const remarks = notes.map((note) => markup`<p>${note}.</p>\n`);
  const ending = notes.length === 0
    ? "ends with the same parameters to the last bit"
    : "repeats the training";
  return markup`<p>With the same version of Convlab and the same data, this ${ending}, on any number of threads:</p>
<pre tabindex="0" aria-label="Command that repeats the run"><code>${
    commandLine(words)
  }</code></pre>
${remarks}`;
}

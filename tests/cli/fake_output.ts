// Copyright 2026 the Convlab authors. MIT license.

/**
 * An output that keeps what is written to it.
 *
 * @module
 */

import { type Output, outputTo } from "../../cli/output.ts";

/** An {@linkcode Output} whose text can be read. */
export interface FakeOutput extends Output {
  /** All that was written. */
  readonly text: string;
}

/** Options of {@linkcode fakeOutput}. */
export interface FakeOutputOptions {
  /** Whether it passes for a terminal. @default {false} */
  readonly isTerminal?: boolean;
  /** Its width. @default {80} */
  readonly columns?: number;
}

/** Makes an output without colours that keeps its text. */
export function fakeOutput(options: FakeOutputOptions = {}): FakeOutput {
  const { isTerminal = false, columns = 80 } = options;
  const decoder = new TextDecoder();
  let text = "";
  const output = outputTo({
    isTerminal: () => false,
    writeSync(bytes) {
      text += decoder.decode(bytes, { stream: true });
      return bytes.length;
    },
  });
  return {
    ...output,
    isTerminal,
    columns,
    get text() {
      return text;
    },
  };
}

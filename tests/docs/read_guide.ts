// Copyright 2026 the Convlab authors. MIT license.

/**
 * The guides' code blocks, and what is done with each:
 *
 * - `console`: lines that begin with `$ ` are commands; what follows is what
 *   they print. `…` stands for anything, whole lines if it has a line of its
 *   own. `^C` is the moment at which Ctrl-C is pressed. Where `error:` or `FAIL`
 *   is shown, the command has to fail.
 * - `sh`: every line is a command, which has to succeed.
 * - `ts`: run by `deno task test:doc`, each block as a module of its own.
 * - `ts ignore`, with `// FILE` as its first line: the file of that name in the
 *   repository has to contain it. Where there is none, it is written for the
 *   commands that follow.
 * - `python`: run if there is Python with what the block imports.
 * - `json`: has to be JSON.
 * - no language: what something prints, for people alone.
 *
 * Everything else is refused, so that no block goes untested by accident.
 *
 * @module
 */

/** A command, and what the guide says of it. */
export interface Command {
  readonly kind: "command";
  readonly text: string;
  /** Lines that it prints; `undefined` if the guide shows none. */
  readonly output: readonly string[] | undefined;
  /** Line of the guide. */
  readonly line: number;
}

/** A block that is put into a file or compared with one. */
export interface File {
  readonly kind: "file";
  readonly path: string;
  readonly text: string;
  readonly line: number;
}

/** A block in Python. */
export interface Python {
  readonly kind: "python";
  readonly text: string;
  readonly line: number;
}

/** What is to be done, in the order of the guide. */
export type Step = Command | File | Python;

const FENCE = /^```(.*)\n([\s\S]*?)^```$/gm;

/**
 * The steps of a guide.
 *
 * @throws {SyntaxError} If a block is of no known kind.
 */
export function readGuide(markdown: string): Step[] {
  return [...markdown.matchAll(FENCE)].flatMap((match): Step[] => {
    const [, language = "", text = ""] = match;
    const line = markdown.slice(0, match.index).split("\n").length + 1;
    const lines = text.split("\n").slice(0, -1);
    switch (language) {
      case "console":
        return readConsole(lines, line);
      case "sh":
        return lines.flatMap((command, i): Step[] => {
          const text = command.replace(/(^|\s+)#.*/, "");
          if (text === "") return [];
          return [{ kind: "command", text, output: undefined, line: line + i }];
        });
      case "ts ignore": {
        const path = lines[0]?.match(/^\/\/ (\S+\.ts)$/)?.[1];
        if (path === undefined) break;
        const body = lines.slice(1).join("\n").trim() + "\n";
        return [{ kind: "file", path, text: body, line }];
      }
      case "python":
        return [{ kind: "python", text, line }];
      case "json":
        JSON.parse(text);
        return [];
      case "ts":
      case "":
        return [];
    }
    throw new SyntaxError(
      `Expected a block that the tests can run but found "${language}" in line ${
        line - 1
      }`,
    );
  });
}

function readConsole(lines: readonly string[], first: number): Command[] {
  const commands: (Command & { output: string[] })[] = [];
  for (const [i, text] of lines.entries()) {
    if (text.startsWith("$ ")) {
      const line = first + i;
      commands.push({ kind: "command", text: text.slice(2), output: [], line });
    } else if (commands.length === 0) {
      throw new SyntaxError(
        `Expected a console block to begin with "$ " but found ${
          JSON.stringify(text)
        } in line ${first + i}`,
      );
    } else commands.at(-1)!.output.push(text);
  }
  return commands;
}

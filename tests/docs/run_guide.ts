// Copyright 2026 the Convlab authors. MIT license.

/**
 * Does what a guide says, as a reader would who has just cloned the repository:
 * in a copy of it, with the tasks' permissions and no data.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { dirname, fromFileUrl, join } from "@std/path";
import { denoDir } from "../deno_dir.ts";
import { difference } from "./compare_output.ts";
import { type Command, type File, readGuide } from "./read_guide.ts";

const ROOT = new URL("../..", import.meta.url);
/** What is no part of the repository, or of no use to a reader; at its top. */
const LEFT_OUT = new Set([
  ...[".git", "node_modules", "built", "coverage", "runs", "tests"],
  ".convlab-cache",
]);
const INTERRUPTED = 130;

/** A copy of the repository, removed at the end of its scope. */
export class Clone implements Disposable {
  /** Where it is. */
  readonly path: string;
  readonly #folder = Deno.makeTempDirSync();
  readonly #env: Record<string, string>;

  constructor() {
    this.path = join(this.#folder, "convlab");
    copyFolder(fromFileUrl(ROOT), this.path, LEFT_OUT);
    this.#env = {
      PATH: [dirname(Deno.execPath()), Deno.env.get("PATH")].join(":"),
      DENO_DIR: denoDir(),
      NO_COLOR: "1",
      ...Object.fromEntries(
        ["HOME", "XDG_CACHE_HOME", "CONVLAB_DATA"]
          .map((name) => [name, this.#folder]),
      ),
    };
  }

  /** Runs a line of a shell; Ctrl-C is pressed once it has printed these lines. */
  async run(
    command: string,
    until?: readonly string[],
  ): Promise<{ code: number; stdout: string[]; stderr: string[] }> {
    return await this.#spawn("sh", ["-c", `exec ${command}`], until);
  }

  /** Runs a program in Python, if there is a Python that has what it imports. */
  async python(text: string): Promise<void> {
    for (const python of ["python3", "/usr/bin/python3"]) {
      try {
        const { code, stderr } = await this.#spawn(python, ["-c", text]);
        if (stderr.some((line) => /^(ModuleNotFound|Import)Error/.test(line))) {
          continue;
        }
        assertEquals(code, 0, stderr.join("\n"));
        return;
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      }
    }
  }

  async #spawn(program: string, args: string[], until?: readonly string[]) {
    const process = new Deno.Command(program, {
      args,
      cwd: this.path,
      env: this.#env,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    let pressed = until === undefined;
    const texts = ["", ""];
    const read = async (stream: ReadableStream<Uint8Array>, i: number) => {
      for await (const part of stream.pipeThrough(new TextDecoderStream())) {
        texts[i] += part;
        const [stdout, stderr] = texts.map(linesOf);
        if (pressed || difference([...until!, "…"], stdout!, stderr!)) continue;
        pressed = true;
        process.kill("SIGINT");
      }
      return linesOf(texts[i]!);
    };
    const [stdout, stderr, { code }] = await Promise.all([
      read(process.stdout, 0),
      read(process.stderr, 1),
      process.status,
    ]);
    return { code, stdout, stderr };
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.#folder, { recursive: true });
  }
}

/**
 * Does what a guide says, and compares what comes of it with what it says.
 *
 * @param guide Its path in the repository.
 * @param instead Parts of commands, and what is run in their place for less.
 */
export async function runGuide(
  guide: string,
  clone: Clone,
  instead: Readonly<Record<string, string>> = {},
): Promise<void> {
  let markdown = Deno.readTextFileSync(new URL(guide, ROOT));
  for (const [part, run] of Object.entries(instead)) {
    assert(markdown.includes(part), `${guide}: expected ${part}`);
    markdown = markdown.replaceAll(part, run);
  }
  for (const step of readGuide(markdown)) {
    const where = `${guide}:${step.line}`;
    if (step.kind === "command") await runCommand(step, clone, where);
    else if (step.kind === "file") placeFile(step, clone, where);
    else await clone.python(step.text);
  }
}

async function runCommand(
  { text, output }: Command,
  clone: Clone,
  where: string,
): Promise<void> {
  const at = output?.findIndex((line) => line.trim() === "^C") ?? -1;
  const until = at < 0 ? undefined : output!.slice(0, at);
  const { code, stdout, stderr } = await clone.run(text, until);
  const printed = [`$ ${text}`, ...stdout, ...stderr].join("\n");
  if (at >= 0) assertEquals(code, INTERRUPTED, `${where}: ${printed}`);
  else if (output?.some((line) => /^error:|\bFAIL\b/.test(line))) {
    assert(code !== 0, `${where}: expected a failure of ${printed}`);
  } else assertEquals(code, 0, `${where}: ${printed}`);
  if (output === undefined) return;
  // What is printed until Ctrl-C is noticed is a matter of luck.
  const shown = output.map((line) => line.trim() === "^C" ? "…" : line);
  const wrong = difference(shown, stdout, stderr);
  assert(wrong === undefined, `${where}: ${wrong} but found\n${printed}`);
}

function placeFile({ path, text }: File, clone: Clone, where: string): void {
  const file = join(clone.path, path);
  let there: string | undefined;
  try {
    there = Deno.readTextFileSync(file);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  if (there === undefined) Deno.writeTextFileSync(file, text);
  else {
    assert(
      there.includes(text),
      `${where}: expected a part of ${path}, as it is now, but found\n${text}`,
    );
  }
}

function linesOf(text: string): string[] {
  return text.split("\n").slice(0, text.endsWith("\n") ? -1 : undefined);
}

function copyFolder(
  from: string,
  to: string,
  leftOut: ReadonlySet<string> = new Set(),
): void {
  Deno.mkdirSync(to, { recursive: true });
  for (const { name, isDirectory, isFile } of Deno.readDirSync(from)) {
    if (leftOut.has(name)) continue;
    if (isDirectory) copyFolder(join(from, name), join(to, name));
    else if (isFile) Deno.copyFileSync(join(from, name), join(to, name));
  }
}

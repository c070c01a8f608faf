// Copyright 2026 the Convlab authors. MIT license.

/**
 * Runs a notebook from the top, in Deno's own kernel and without data of the
 * user's, and compares what it gives with what is committed. Skipped where
 * there is no nbclient.
 *
 * Tags of cells say what may differ: `timing` all of it, `noise` the digits of
 * rounding errors, `data` all of it where the committed outputs are of CIFAR-10.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { describe, it } from "@std/testing/bdd";
import { denoDir } from "../deno_dir.ts";
import { permitted } from "../permitted.ts";
import {
  type Cell,
  codeOf,
  isTagged,
  type Notebook,
  pathOf,
  printed,
  readNotebook,
  ROOT,
  seen,
} from "./notebook.ts";

const python = permitted ? findPython() : undefined;

/** A Python that has nbclient. */
function findPython(): string | undefined {
  return ["python3", "/usr/bin/python3"].find((command) => {
    try {
      return new Deno.Command(command, {
        args: ["-c", "import nbclient"],
        stdout: "null",
        stderr: "null",
      }).outputSync().success;
    } catch {
      return false;
    }
  });
}

/** Code of a notebook, and what is run in its place. */
export type Instead = readonly [of: string, run: string];

/** Runs a notebook where no data of the user's is found. */
async function run(
  name: string,
  instead: readonly Instead[],
): Promise<Notebook> {
  const folder = Deno.makeTempDirSync();
  try {
    const output = join(folder, "out.ipynb");
    const { success, stderr } = await new Deno.Command(python!, {
      args: [
        ...[join(ROOT, "tests/notebooks/execute.py"), pathOf(name)],
        ...["--output", output, "--deno", Deno.execPath()],
        ...instead.flatMap((pair) => ["--instead", ...pair]),
      ],
      env: {
        DENO_DIR: denoDir(),
        HOME: folder,
        XDG_CACHE_HOME: folder,
        CONVLAB_DATA: "",
      },
      stdout: "null",
    }).output();
    assert(success, new TextDecoder().decode(stderr));
    return readNotebook(output);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

/** Errors that are rounding noise agree in order of magnitude, or are below. */
function assertNoise(fresh: Cell, committed: Cell): void {
  const parts = (cell: Cell) =>
    printed(cell).trimEnd().split("\n").map((line) => line.split(": "));
  const names = (cell: Cell) => parts(cell).map(([name]) => name);
  assertEquals(names(fresh), names(committed));
  const values = (cell: Cell) => parts(cell).map(([, value]) => Number(value));
  const known = values(committed);
  values(fresh).forEach((value, i) =>
    assert(value <= 10 * known[i]!, `${fresh.id}: ${value} and ${known[i]}`)
  );
}

const what = python === undefined ? describe.skip : describe;
const why = python === undefined
  ? " (skipped: needs Python with nbclient)"
  : "";

/**
 * Tests one notebook; each has a file of its own, so that they run side by side.
 *
 * @param instead What is run for less, where the outputs may differ.
 */
export function testNotebook(
  name: string,
  instead: readonly Instead[],
  more: (cells: readonly Cell[]) => void = () => {},
): void {
  what(`notebooks in Deno's kernel${why}`, () => {
    it(`${name}.ipynb gives what is committed`, async () => {
      const fresh = codeOf(await run(name, instead));
      const committed = codeOf(readNotebook(pathOf(name)));
      assertEquals(
        fresh.map(({ id, source }) => [id, source]),
        committed.map(({ id, source }) => [id, source]),
      );
      fresh.forEach((cell, i) => {
        const before = committed[i]!;
        assertEquals(seen(cell).length, seen(before).length, cell.id);
        if (isTagged(cell, "timing") || isTagged(cell, "data")) return;
        if (isTagged(cell, "noise")) return assertNoise(cell, before);
        assertEquals(seen(cell), seen(before), cell.id);
      });
      more(fresh);
    });
  });
}

// Copyright 2026 the Convlab authors. MIT license.

/** The notebooks as they are committed: whole, tidy, and of the right types. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { existsSync } from "node:fs";
import { join } from "@std/path";
import { it } from "@std/testing/bdd";
import { describePermitted } from "../permitted.ts";
import {
  codeOf,
  joined,
  NOTEBOOKS,
  pathOf,
  readNotebook,
  ROOT,
  seen,
} from "./notebook.ts";

/** Statements after which there is something to see. */
const SHOWS =
  /^(console\.log|compare|channels|race|displayFigure|historyOf)\(/m;

for (const name of NOTEBOOKS) {
  describePermitted(`${name}.ipynb`, () => {
    const text = Deno.readTextFileSync(pathOf(name));
    const notebook = readNotebook(pathOf(name));
    const code = codeOf(notebook);

    it("is a notebook of format 4.5 for Deno's kernel", () => {
      const { nbformat, nbformat_minor, metadata, cells } = notebook;
      assertEquals([nbformat, nbformat_minor], [4, 5]);
      assertEquals(metadata.kernelspec, {
        display_name: "Deno",
        language: "typescript",
        name: "deno",
      });
      assertEquals(new Set(cells.map(({ id }) => id)).size, cells.length);
      for (const cell of cells) {
        assertMatch(cell.id, /^[a-z0-9-]{1,64}$/);
        assertEquals("outputs" in cell, cell.cell_type === "code", cell.id);
        assert(joined(cell.source).trim().length > 0, cell.id);
      }
    });

    it("was run from the top, and shows what its cells give", () => {
      assertEquals(
        code.map((cell) => cell.execution_count),
        code.map((_, i) => i + 1),
      );
      for (const cell of code) {
        const source = joined(cell.source);
        if (SHOWS.test(source)) assert(seen(cell).length > 0, cell.id);
        for (const { output_type, name } of cell.outputs ?? []) {
          assert(output_type !== "error", cell.id);
          assert(name !== "stderr", cell.id);
        }
      }
    });

    it("is small, and tells nothing of the machine that it was run on", () => {
      assert(text.length < 1_500_000, `${text.length} bytes`);
      const words = text.replaceAll(/data:image[^"]*?base64,[^"\\]*/g, "");
      const path =
        /(^|[\s"'(])(\/(home|root|tmp|work|Users|usr)\/|[A-Z]:\\\\)/m;
      assert(!path.test(words), path.exec(words)?.[0]);
      assert(!words.includes("file://"));
    });

    it("links to files that are there", () => {
      const prose = notebook.cells.filter((cell) =>
        cell.cell_type === "markdown"
      ).map((cell) => joined(cell.source)).join("\n");
      const links = [...prose.matchAll(/\]\(([^)#]+)[^)]*\)/g)].map(([, to]) =>
        to!
      );
      assert(links.length > 2);
      for (const link of links) {
        assert(existsSync(join(ROOT, "notebooks", link)), link);
      }
    });
  });
}

describePermitted("the notebooks' code", () => {
  it("is formatted", async () => {
    const folder = Deno.makeTempDirSync();
    for (const name of NOTEBOOKS) {
      for (const cell of codeOf(readNotebook(pathOf(name)))) {
        const file = join(folder, `${name}-${cell.id}.ts`);
        Deno.writeTextFileSync(file, joined(cell.source) + "\n");
      }
    }
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["fmt", "--check", "--no-config", folder],
      env: { NO_COLOR: "1" },
      stdout: "null",
    }).output();
    Deno.removeSync(folder, { recursive: true });
    assert(success, new TextDecoder().decode(stderr));
  });

  it("has the right types", async () => {
    const folder = Deno.makeTempDirSync();
    const files = NOTEBOOKS.map((name) => {
      const code = codeOf(readNotebook(pathOf(name)));
      const file = join(folder, `${name}.ts`);
      const text = code.map((cell) => joined(cell.source)).join("\n");
      Deno.writeTextFileSync(file, text);
      return file;
    });
    const config = join(ROOT, "deno.json");
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["check", "--quiet", "--config", config, ...files],
      env: { NO_COLOR: "1" },
      stdout: "null",
    }).output();
    Deno.removeSync(folder, { recursive: true });
    assert(success, new TextDecoder().decode(stderr));
  });
});

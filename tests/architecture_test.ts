// Copyright 2026 the Convlab authors. MIT license.

/** Who may import whom: data flows one way. */

import { assert, assertEquals } from "@std/assert";
import { fromFileUrl, join, relative, resolve } from "@std/path";
import { it } from "@std/testing/bdd";
import { describePermitted } from "./permitted.ts";

const ROOT = fromFileUrl(new URL("..", import.meta.url));

/** For each folder, the folders that it may import from besides itself. */
const ALLOWED: Record<string, readonly string[]> = {
  numerics: [],
  workers: [],
  kernels: ["workers", "numerics"],
  layers: ["kernels", "numerics"],
  models: ["layers", "kernels", "numerics"],
  data: ["numerics"],
  exchange: ["models", "numerics"],
  training: ["models", "layers", "kernels", "data", "numerics"],
  distributed: ["training", "kernels", "workers", "numerics"],
  figures: ["data", "numerics"],
  views: [
    "figures",
    "training",
    "models",
    "layers",
    "kernels",
    "data",
    "numerics",
  ],
  live: [
    "views",
    "figures",
    "training",
    "models",
    "layers",
    "kernels",
    "data",
    "numerics",
  ],
  cli: [
    "live",
    "distributed",
    "views",
    "figures",
    "exchange",
    "training",
    "models",
    "layers",
    "kernels",
    "data",
    "numerics",
  ],
};

/** Folders that are no part of the library, or are written by its tools. */
const AROUND = [
  ...["docs", "examples", "fixtures", "std", "tests"],
  ...["built", "coverage", "node_modules", "runs"],
];

/** The modules in a folder and below, but for AssemblyScript. */
function* modules(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    const path = join(folder, name);
    if (isDirectory && name !== "assembly") yield* modules(path);
    else if (/\.(ts|js)$/.test(name)) yield path;
  }
}

/** What a module imports: files as paths from the root, packages by name. */
function imports(path: string): string[] {
  const text = Deno.readTextFileSync(path).replace(/^ *\*.*$/gm, "");
  return [...text.matchAll(/\b(?:from|import|import\()\s*"([^"]+)"/g)]
    .map(([, specifier = ""]) =>
      specifier.startsWith(".")
        ? relative(ROOT, resolve(path, "..", specifier))
        : `package:${specifier}`
    );
}

describePermitted("the house", () => {
  for (const [folder, allowed] of Object.entries(ALLOWED)) {
    it(`${folder}/ imports only from ${allowed.join(", ") || "itself"}`, () => {
      let seen = 0;
      for (const path of modules(join(ROOT, folder))) {
        for (const target of imports(path)) {
          seen++;
          const [to = ""] = target.split(/[/\\]/);
          const fine = [folder, ...allowed].includes(to) ||
            folder === "cli" && to === "deno.json" ||
            target.startsWith("package:") &&
              target !== "package:@convlab/convlab";
          assert(fine, `${relative(ROOT, path)} imports ${target}`);
        }
      }
      assert(seen > 0);
    });
  }

  it("has no folder of modules besides these", () => {
    const folders = [...Deno.readDirSync(ROOT)]
      .filter(({ name, isDirectory }) => isDirectory && !/^[.]/.test(name))
      .map(({ name }) => name)
      .filter((name) => !AROUND.includes(name))
      .filter((name) => !modules(join(ROOT, name)).next().done);
    assertEquals(folders.sort(), Object.keys(ALLOWED).sort());
  });

  it("mod.ts only exports again", () => {
    const code = Deno.readTextFileSync(join(ROOT, "mod.ts"))
      .replace(/\/\*[^]*?\*\//g, "").replace(/^\/\/.*$/gm, "");
    const rest = code.replace(
      /export (type )?(\*|\{[^}]*\}) from "[^"]+";/g,
      "",
    );
    assertEquals(rest.trim(), "");
  });
});

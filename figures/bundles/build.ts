// Copyright 2026 the Convlab authors. MIT license.

/**
 * Puts what figures use of Vega and Vega-Lite, with the eighty packages that
 * these need, into one file, and what they use of sixel into another. `deno task
 * build:bundles` writes them and the packages' licences beside them; with
 * `--check` it only compares them with those that are there and fails where they
 * differ.
 *
 * The packages are named where no tool sees them, and have a lock file of their
 * own. In deno.json or deno.lock everybody who trains a network would download
 * 25 MB of which figures use 0.8. The bytes are those that the bundler of Deno
 * 2.9.6 makes.
 *
 * @module
 */

import { fromFileUrl, join } from "@std/path";

const FOLDER = fromFileUrl(new URL(".", import.meta.url));
const LOCK = join(FOLDER, "bundles.lock");

/** What figures use, by the name of the file that it comes into. */
const ENTRIES = {
  vega: `export { parse, textMetrics, View } from "npm:vega@6.4.0";
export { expressionInterpreter } from "npm:vega-interpreter@2.3.2";
export { compile } from "npm:vega-lite@6.5.0";
`,
  sixel: `export { image2sixel } from "npm:sixel@0.16.0/lib/SixelEncoder.js";
`,
} as const;

/** Code before that of a bundle: UPNG.js, inside sixel, sets a variable that it does not declare. */
const BEFORE = { vega: "", sixel: "var UPNG;" } as const;

/** As much of `deno info --json` as is used here. */
interface Graph {
  readonly npmPackages: Readonly<
    Record<string, { readonly name: string; readonly version: string }>
  >;
}

/** What is built, by file name. */
async function build(isCheck: boolean): Promise<Map<string, string>> {
  const work = Deno.makeTempDirSync();
  const shared = [
    ...["--quiet", "--no-config", `--lock=${LOCK}`],
    ...isCheck ? ["--frozen"] : [],
  ];
  const files = new Map<string, string>();
  try {
    Deno.writeTextFileSync(
      join(work, "all.ts"),
      Object.values(ENTRIES).join(""),
    );
    const graph: Graph = JSON.parse(
      await deno(work, ["info", "--json", ...shared, "all.ts"]),
    );
    const { npmCache }: { npmCache: string } = JSON.parse(
      await deno(work, ["info", "--json", "--no-config"]),
    );
    files.set("LICENSES.txt", licences(graph, npmCache));
    for (const name of ["vega", "sixel"] as const) {
      const entry = ENTRIES[name];
      Deno.writeTextFileSync(join(work, `${name}.ts`), entry);
      const code = await deno(work, [
        ...["bundle", ...shared, "--minify", "--platform", "browser"],
        `${name}.ts`,
      ]);
      files.set(
        `${name}.js`,
        header(name, entry) + BEFORE[name] + code.trimEnd() + "\n",
      );
    }
    return files;
  } finally {
    Deno.removeSync(work, { recursive: true });
  }
}

/** What stands at the top of a bundle. */
function header(name: string, entry: string): string {
  const packages = [...entry.matchAll(/npm:([\w-]+@[\d.]+)/g)]
    .map(([, pinned]) => pinned).join(" and ");
  return `// Made by build.ts of ${packages} with their dependencies. Licences: LICENSES.txt.
// @ts-self-types="./${name}.d.ts"
// deno-fmt-ignore-file
// deno-lint-ignore-file
`;
}

/** The licences of all packages, each text once. */
function licences({ npmPackages }: Graph, npmCache: string): string {
  const holders = new Map<string, string[]>();
  for (const { name, version } of Object.values(npmPackages)) {
    const folder = join(npmCache, "registry.npmjs.org", name, version);
    const file = [...Deno.readDirSync(folder)].map(({ name }) => name).sort()
      .find((name) => /^licen[cs]e/i.test(name));
    const { license } = JSON.parse(
      Deno.readTextFileSync(join(folder, "package.json")),
    );
    const text = file === undefined
      ? `${license}`
      : Deno.readTextFileSync(join(folder, file)).replaceAll("\r", "").trim();
    holders.set(text, [...holders.get(text) ?? [], `${name} ${version}`]);
  }
  return [...holders].map(([text, packages]) => {
    const names = packages.sort().join(", ");
    return `${names}\n\n${text}\n`;
  }).sort().join(`\n${"-".repeat(72)}\n\n`);
}

async function deno(cwd: string, args: readonly string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd,
    stdin: "null",
  }).output();
  if (!success) {
    throw new Error(
      `Cannot bundle packages: ${new TextDecoder().decode(stderr).trim()}`,
    );
  }
  return new TextDecoder().decode(stdout);
}

if (import.meta.main) {
  const isCheck = Deno.args.includes("--check");
  for (const [name, text] of await build(isCheck)) {
    const path = join(FOLDER, name);
    if (!isCheck) {
      Deno.writeTextFileSync(path, text);
      console.log(`figures/bundles/${name}: ${text.length} bytes`);
    } else if (Deno.readTextFileSync(path) === text) {
      console.log(`figures/bundles/${name} comes from the packages`);
    } else {
      console.error(
        `figures/bundles/${name} differs from what its packages give: run deno task build:bundles`,
      );
      Deno.exit(1);
    }
  }
}

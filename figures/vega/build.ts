// Copyright 2026 the Convlab authors. MIT license.

/**
 * Puts what figures use of Vega and Vega-Lite, with the sixty packages that
 * these need, into one file. `deno task build:vega` writes it and the packages'
 * licences beside it; with `--check` it only compares them with those that are
 * there and fails where they differ.
 *
 * The packages are named where no tool sees them, and have a lock file of their
 * own. In deno.json or deno.lock everybody who trains a network would download
 * 50 MB of which a figure uses 0.8. The bytes are those that the bundler of
 * Deno 2.9.6 makes.
 *
 * @module
 */

import { fromFileUrl, join } from "@std/path";

const FOLDER = fromFileUrl(new URL(".", import.meta.url));
const LOCK = join(FOLDER, "vega.lock");

/** What figures use. */
const ENTRY = `export { parse, textMetrics, View } from "npm:vega@6.4.0";
export { compile } from "npm:vega-lite@6.5.0";
`;

const HEADER =
  `// Vega 6.4.0, Vega-Lite 6.5.0 and what they need, in one file by build.ts. Licences: LICENSES.txt.
// @ts-self-types="./bundle.d.ts"
// deno-fmt-ignore-file
// deno-lint-ignore-file
`;

/** As much of `deno info --json` as is used here. */
interface Graph {
  readonly npmPackages: Readonly<
    Record<string, { readonly name: string; readonly version: string }>
  >;
}

/** What is built, by file name. */
async function build(isCheck: boolean): Promise<Map<string, string>> {
  const work = Deno.makeTempDirSync();
  try {
    Deno.writeTextFileSync(join(work, "entry.ts"), ENTRY);
    const shared = [
      ...["--quiet", "--no-config", `--lock=${LOCK}`],
      ...isCheck ? ["--frozen"] : [],
    ];
    const code = await deno(work, [
      ...["bundle", ...shared, "--minify", "--platform", "browser"],
      "entry.ts",
    ]);
    const graph: Graph = JSON.parse(
      await deno(work, ["info", "--json", ...shared, "entry.ts"]),
    );
    const { npmCache }: { npmCache: string } = JSON.parse(
      await deno(work, ["info", "--json", "--no-config"]),
    );
    return new Map([
      ["bundle.js", HEADER + code.trimEnd() + "\n"],
      ["LICENSES.txt", licences(graph, npmCache)],
    ]);
  } finally {
    Deno.removeSync(work, { recursive: true });
  }
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
      `Cannot bundle Vega: ${new TextDecoder().decode(stderr).trim()}`,
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
      console.log(`figures/vega/${name}: ${text.length} bytes`);
    } else if (Deno.readTextFileSync(path) === text) {
      console.log(`figures/vega/${name} comes from the packages`);
    } else {
      console.error(
        `figures/vega/${name} differs from what its packages give: run deno task build:vega`,
      );
      Deno.exit(1);
    }
  }
}

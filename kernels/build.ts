// Copyright 2026 the Convlab authors. MIT license.

/**
 * Compiles the kernels from AssemblyScript to WebAssembly. `deno task
 * build:kernels` writes the modules; with `--check` it only compares them with
 * those that are there and fails where they differ.
 *
 * One source gives four modules: `relaxed` with fused multiply-add, `strict` for
 * engines that have none, and the kernels with a register tile twice as wide, for
 * engines that make one operation of two: `wide`, and in another form `joined`, for
 * those that check addresses. Each is written as base64 in a file of TypeScript,
 * which `modules.ts` imports. Each generic function under a comment `// kernel
 * NAME` becomes two exports, `f32_NAME` and `f64_NAME`, in which `{tile}` is the
 * size of the register tile.
 *
 * @module
 */

import { compile } from "./compile.ts";
import type { KernelModule } from "./modules.ts";
import { sparseSource } from "./sparse_source.ts";
import { TURNS } from "./tap_loops.ts";
import { TILE_ROWS, type TileForm, tileSource } from "./tile_source.ts";

const SOURCE = new URL("./assembly/", import.meta.url);

/** The modules, by name: how their register tiles are written, and fused multiply-add. */
const VARIANTS = {
  relaxed: { vectors: 2, joined: false, relaxed: true },
  strict: { vectors: 2, joined: false, relaxed: false },
  wide: { vectors: 4, joined: false, relaxed: true },
  joined: { vectors: 4, joined: true, relaxed: true },
} as const satisfies Record<KernelModule, TileForm & { relaxed: boolean }>;

/** What is special about each module. */
const TITLES: Readonly<Record<KernelModule, string>> = {
  relaxed: "The kernels with fused multiply-add",
  strict: "The kernels for engines without fused multiply-add",
  wide: "The kernels with a register tile, twice as wide",
  joined: "The wide kernels for engines that check addresses",
};

/**
 * Compiles every variant of the kernels.
 *
 * @returns The modules' bytes by name.
 */
export async function compileKernels(): Promise<Map<KernelModule, Uint8Array>> {
  const modules = new Map<KernelModule, Uint8Array>();
  const present = presentSources();
  for (const name of Object.keys(VARIANTS) as KernelModule[]) {
    const { relaxed, ...form } = VARIANTS[name];
    const sources = {
      ...present,
      "index.ts": entryPoint(present, form),
      "sparse.ts": sparseSource(),
      "tile.ts": tileSource(form),
      "variant.ts": variantSource(form.vectors),
    };
    const options = ["--noAssert"];
    if (relaxed) options.push("--enable", "relaxed-simd");
    modules.set(name, await compile(sources, options));
  }
  return modules;
}

/** AssemblyScript of what the kernels know of the module that they are in. */
function variantSource(vectors: number): string {
  return `export const VECTORS: i32 = ${vectors};
export const STEPS_TURN: i32 = ${TURNS.steps};
export const WINDOW_TURN: i32 = ${TURNS.window};`;
}

/**
 * AssemblyScript that exports each kernel for both dtypes; of the wide modules
 * those that have a register tile.
 */
function entryPoint(
  sources: Readonly<Record<string, string>>,
  { vectors, joined }: TileForm,
): string {
  const kernel = /\/\/ kernel (\S+)\nexport function (\w+)(<T>)?\(([^)]*)\)/g;
  const lines: string[] = [];
  for (const [file, text] of Object.entries(sources)) {
    for (const match of text.matchAll(kernel)) {
      const [, name = "", symbol = "", generic = "", list = ""] = match;
      if (vectors > 2 && !name.includes("{tile}")) continue;
      const parameters = list.split(",").map((p) => p.trim()).filter(Boolean);
      const local = `${symbol}_`;
      const names = parameters.map((p) => p.split(":")[0]);
      lines.push(
        `import { ${symbol} as ${local} } from "./${file.replace(".ts", "")}";`,
      );
      const dtypes = [["f32", 4], ["f64", 2]] as const;
      for (const [dtype, lanes] of generic ? dtypes : dtypes.slice(0, 1)) {
        const typed = parameters.map((p) => p.replace(/: T$/, `: ${dtype}`));
        const tile = `${TILE_ROWS[0]}x${vectors * lanes}${
          joined ? "_joined" : ""
        }`;
        lines.push(
          `export function ${dtype}_${
            name.replace("{tile}", tile)
          }(${typed}): void { ${local}${generic && `<${dtype}>`}(${names}); }`,
        );
      }
    }
  }
  return lines.join("\n");
}

/** The files of the sources by name, in its order. */
function presentSources(): Record<string, string> {
  const names = [...Deno.readDirSync(SOURCE)].map(({ name }) => name).sort();
  return Object.fromEntries(
    names.filter((name) => name.endsWith(".ts"))
      .map((name) => [name, Deno.readTextFileSync(new URL(name, SOURCE))]),
  );
}

/** The file of TypeScript that holds a module. */
export function moduleSource(name: KernelModule, bytes: Uint8Array): string {
  return `// Copyright 2026 the Convlab authors. MIT license.

/**
 * ${TITLES[name]}: WebAssembly that \`build.ts\`
 * compiled from assembly/.
 *
 * @module
 */

/** The module, in base64. */
export const ${name.toUpperCase()}: string =
  "${bytes.toBase64()}";
`;
}

if (import.meta.main) {
  for (const [name, bytes] of await compileKernels()) {
    const file = new URL(`${name}.ts`, import.meta.url);
    const source = moduleSource(name, bytes);
    if (!Deno.args.includes("--check")) {
      Deno.writeTextFileSync(file, source);
      console.log(`kernels/${name}.ts: ${bytes.length} bytes of WebAssembly`);
      continue;
    }
    if (source !== Deno.readTextFileSync(file)) {
      console.error(
        `kernels/${name}.ts differs from what kernels/assembly compiles to: run deno task build:kernels`,
      );
      Deno.exit(1);
    }
    console.log(`kernels/${name}.ts comes from kernels/assembly`);
  }
}

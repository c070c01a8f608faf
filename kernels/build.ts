// Copyright 2026 the Convlab authors. MIT license.

/**
 * Compiles the kernels from AssemblyScript to WebAssembly. `deno task
 * build:kernels` writes the modules; with `--check` it only compares them with
 * those that are there and fails where they differ.
 *
 * One source gives two modules: `relaxed.wasm` with fused multiply-add, and
 * `strict.wasm` for engines that have none. Each generic function under a
 * comment `// kernel NAME` becomes two exports, `f32_NAME` and `f64_NAME`, in
 * which `{columns}` is the width of the register tile.
 *
 * @module
 */

import asc from "assemblyscript/asc";

const SOURCE = new URL("./assembly/", import.meta.url);

/**
 * Compiles every variant of the kernels.
 *
 * @returns The modules' bytes by file name.
 */
export async function compileKernels(): Promise<Map<string, Uint8Array>> {
  const modules = new Map<string, Uint8Array>();
  for (const variant of ["relaxed", "strict"]) {
    const output = `${variant}.wasm`;
    const relaxed = variant === "relaxed" ? ["--enable", "relaxed-simd"] : [];
    const { error, stderr } = await asc.main([
      ...["index.ts", "--outFile", output],
      ...["--enable", "simd", "--enable", "threads", ...relaxed],
      ...["--importMemory", "--sharedMemory"],
      ...["--initialMemory", "1", "--maximumMemory", "65536"],
      ...["--runtime", "stub", "--use", "abort=", "-O3", "--noAssert"],
    ], {
      readFile: (name) => name === "index.ts" ? entryPoint() : readSource(name),
      writeFile: (name, contents) => {
        if (name === output) modules.set(name, contents as Uint8Array);
      },
      listFiles: () => [],
    });
    if (error) {
      throw new Error(
        `Cannot compile the kernels: ${error.message}\n${stderr}`,
      );
    }
  }
  return modules;
}

/** AssemblyScript that exports each kernel for both dtypes. */
function entryPoint(): string {
  const kernel = /\/\/ kernel (\S+)\nexport function (\w+)<T>\(([^)]*)\)/g;
  const lines: string[] = [];
  for (const { name: file } of [...Deno.readDirSync(SOURCE)].sort(byName)) {
    for (const match of (readSource(file) ?? "").matchAll(kernel)) {
      const [, name = "", symbol = "", list = ""] = match;
      const parameters = list.split(",").map((p) => p.trim()).filter(Boolean);
      const local = `${symbol}_`;
      const names = parameters.map((p) => p.split(":")[0]);
      lines.push(
        `import { ${symbol} as ${local} } from "./${file.replace(".ts", "")}";`,
      );
      for (const [dtype, columns] of [["f32", "8"], ["f64", "4"]] as const) {
        const typed = parameters.map((p) => p.replace(/: T$/, `: ${dtype}`));
        lines.push(
          `export function ${dtype}_${
            name.replace("{columns}", columns)
          }(${typed}): void { ${local}<${dtype}>(${names}); }`,
        );
      }
    }
  }
  return lines.join("\n");
}

function readSource(name: string): string | null {
  try {
    return Deno.readTextFileSync(new URL(name, SOURCE));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

function byName(a: Deno.DirEntry, b: Deno.DirEntry): number {
  return a.name < b.name ? -1 : 1;
}

if (import.meta.main) {
  for (const [name, bytes] of await compileKernels()) {
    const file = new URL(name, import.meta.url);
    if (!Deno.args.includes("--check")) {
      Deno.writeFileSync(file, bytes);
      console.log(`kernels/${name}: ${bytes.length} bytes`);
      continue;
    }
    const present = Deno.readFileSync(file);
    if (
      !bytes.every((byte, i) => byte === present[i]) ||
      bytes.length !== present.length
    ) {
      console.error(
        `kernels/${name} differs from what kernels/assembly compiles to: run deno task build:kernels`,
      );
      Deno.exit(1);
    }
    console.log(`kernels/${name} comes from kernels/assembly`);
  }
}

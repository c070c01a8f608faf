// Copyright 2026 the Convlab authors. MIT license.

/**
 * Compiles AssemblyScript to WebAssembly, in a process of its own: this file
 * again, run with a lock file of its own, and with no permissions to speak of.
 *
 * The compiler is named where no tool sees it. With the other packages in
 * deno.json or deno.lock, everybody who trains a network would download 100 MB
 * that only building the kernels needs.
 *
 * @module
 */

/** As much of the compiler as is used here. */
interface Compiler {
  main(options: readonly string[], system: {
    /** The text of a file, `null` where there is none. */
    readFile(name: string): string | null;
    writeFile(name: string, contents: Uint8Array | string): void;
    listFiles(): string[];
  }): Promise<{
    readonly error: Error | null;
    /** What the compiler found wrong, where. */
    readonly stderr: { toString(): string };
  }>;
}

/** What the process is asked. */
interface Request {
  readonly sources: Readonly<Record<string, string>>;
  readonly options: readonly string[];
}

const PACKAGE: string = "npm:assemblyscript@0.28.20/asc";

/** What every module here has: memory that its importer shares with workers. */
const OPTIONS = [
  ...["--enable", "simd", "--enable", "threads"],
  ...["--importMemory", "--sharedMemory"],
  ...["--initialMemory", "1", "--maximumMemory", "65536"],
  ...["--runtime", "stub", "--use", "abort="],
];

/**
 * Compiles a module. It needs permission to run Deno.
 *
 * @param sources The texts of its files by name; `index.ts` has its exports.
 * @param options More options of AssemblyScript's compiler.
 * @returns The module's bytes.
 * @throws {Error} If it does not compile, with what the compiler says.
 */
export async function compile(
  sources: Readonly<Record<string, string>>,
  options: readonly string[] = [],
): Promise<Uint8Array<ArrayBuffer>> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--no-prompt", "--no-config", "--frozen"],
      ...["--lock=compile.lock", "--allow-env=CI", "compile.ts"],
    ],
    cwd: new URL(".", import.meta.url),
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const request: Request = { sources, options };
  await new Blob([JSON.stringify(request)]).stream().pipeTo(child.stdin);
  const { success, stdout, stderr } = await child.output();
  if (!success) {
    throw new Error(
      `Cannot compile AssemblyScript: ${new TextDecoder().decode(stderr)}`,
    );
  }
  return stdout;
}

/** Answers one request: the module's bytes on standard output. */
async function answer({ sources, options }: Request): Promise<void> {
  const { default: compiler }: { default: Compiler } = await import(PACKAGE);
  const output = "index.wasm";
  let bytes: Uint8Array | undefined;
  const { error, stderr } = await compiler.main(
    ["index.ts", "--outFile", output, ...OPTIONS, ...options],
    {
      readFile: (name) => sources[name] ?? null,
      writeFile: (name, contents) => {
        if (name === output && typeof contents !== "string") bytes = contents;
      },
      listFiles: () => [],
    },
  );
  if (!bytes) {
    console.error(String(stderr).trim() || error?.message);
    Deno.exit(1);
  }
  await new Blob([bytes.slice()]).stream().pipeTo(Deno.stdout.writable);
}

if (import.meta.main) {
  await answer(await new Response(Deno.stdin.readable).json());
}

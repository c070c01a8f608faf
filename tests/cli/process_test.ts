// Copyright 2026 the Convlab authors. MIT license.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { afterAll, it } from "@std/testing/bdd";
import { describePermitted } from "../permitted.ts";

const ROOT = fromFileUrl(new URL("../..", import.meta.url));

/** The command line as a process: no terminal, and no permission but `flags`. */
function command(script: string, args: string[], flags: string[] = []) {
  return new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--no-lock", "--no-prompt"],
      ...["--config", join(ROOT, "deno.json"), ...flags, script, ...args],
    ],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
}

async function run(args: string[], flags?: string[]) {
  const output = await command("cli/main.ts", args, flags).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return {
    code: output.code,
    stdout: text(output.stdout),
    stderr: text(output.stderr),
  };
}

describePermitted("cli/main.ts as a process", () => {
  const folder = Deno.makeTempDirSync();
  afterAll(() => Deno.removeSync(folder, { recursive: true }));
  /** Writes a module and gives its path. */
  const write = (name: string, source: string) => {
    const path = join(folder, name);
    Deno.writeTextFileSync(path, source);
    return path;
  };
  const at = (path: string) => JSON.stringify(new URL(path, import.meta.url));

  it("shows help without any permission", async () => {
    const { code, stdout, stderr } = await run(["--help"]);
    assertEquals(code, 0);
    assertMatch(stdout, /^Convlab .*\n\nExamples:\n/);
    assertEquals(stderr, "");
    const gradcheck = await run(["gradcheck", "--help"]);
    assertEquals(gradcheck.code, 0);
    assertMatch(gradcheck.stdout, /\n\nExamples:\n {2}deno task gradcheck/);
  });

  it("exits with 2 after wrong usage", async () => {
    assertEquals(await run(["gradchek"]), {
      code: 2,
      stdout: "",
      stderr:
        'error: Unknown subcommand "gradchek": did you mean "gradcheck"? (see deno run cli/main.ts --help)\n',
    });
  });

  it("checks the right layer, and exits with 0", async () => {
    const { code, stdout, stderr } = await run(
      ["gradcheck", "--module", "examples/my_layer.ts"],
      ["--allow-read"],
    );
    assertEquals(stderr, "");
    assertMatch(stdout, /^slope .* pass$/m);
    assertMatch(stdout, /: 2 of 2 gradients pass \(/);
    assertEquals(code, 0);
  });

  it("finds the mistake in the wrong layer, and exits with 1", async () => {
    const args = ["gradcheck", "--module", "examples/my_layer_wrong.ts"];
    const { code, stdout, stderr } = await run(args, ["--allow-read"]);
    assertEquals(code, 1);
    assertMatch(stdout, /^x .* pass$/m);
    assertMatch(stdout, /^slope .* \[2\] +0\.1471\d* +0\.9045\d* +FAIL$/m);
    assertEquals(stderr, "");
    const json = await run([...args, "--json"], ["--allow-read"]);
    assertEquals(json.code, 1);
    const { pass, inputs } = JSON.parse(json.stdout);
    assertEquals(pass, false);
    assertEquals(inputs[1].name, "slope");
    assertEquals(inputs[1].worst.index, [2]);
  });

  it("says on one line that a layer cannot be read without permission", async () => {
    const { code, stdout, stderr } = await run(
      ["gradcheck", "--module", "examples/my_layer.ts"],
    );
    assertEquals(code, 1);
    assertEquals(stdout, "");
    assertMatch(
      stderr,
      /^error: Cannot go on without read access to ".*my_layer\.ts": add --allow-read after "deno run", or run "deno task gradcheck"\n$/,
    );
  });

  it("exits by itself although the layer left a timer running", async () => {
    const file = write(
      "timer.ts",
      `export const inputs = { x: 2 };
       export const forward = ({ x }) => ({ out: x, cache: null });
       export const backward = (dout) => ({ dx: dout });
       setInterval(() => {}, 1000);`,
    );
    const { code } = await run(["gradcheck", "--module", file], [
      "--allow-read",
    ]);
    assertEquals(code, 0);
  });

  it("reports an error that nobody waited for on one line", async () => {
    const causes = {
      rejected: 'Promise.reject(new Error("Too late"));',
      thrown: 'setTimeout(() => { throw new Error("Too late"); });',
    };
    for (const [name, cause] of Object.entries(causes)) {
      const file = write(
        `${name}.ts`,
        `${cause} await new Promise((done) => setTimeout(done, 1000));`,
      );
      assertEquals(
        await run(["gradcheck", "--module", file], ["--allow-read"]),
        { code: 1, stdout: "", stderr: "error: Too late\n" },
      );
    }
  });

  /** A program whose one subcommand does what `body` says. */
  const program = (name: string, body: string) =>
    write(
      name,
      `import { defineCommand } from ${at("../../cli/command.ts")};
       import { listenForInterrupt } from ${at("../../cli/exit.ts")};
       import { runCommandLine } from ${at("../../cli/command_line.ts")};
       const command = defineCommand({
         examples: [], positionals: {}, options: {},
         async run({ stdout }) { ${body}; return 0; },
       });
       const load = () => Promise.resolve({ default: command });
       const commands = [{ name: "work", summary: "Work", load }];
       Deno.exit(await runCommandLine(["work"], { commands }));`,
    );

  it("ends quietly when the reader stops reading", async () => {
    const script = program(
      "pipe.ts",
      `for (let i = 0; i < 100_000; i++) stdout.line("line " + i)`,
    );
    const process = command(script, []).spawn();
    const reader = process.stdout.getReader();
    await reader.read();
    await reader.cancel();
    const { code } = await process.status;
    assertEquals(code, 141);
    assertEquals(await new Response(process.stderr).text(), "");
  });

  it("exits with 130 after Ctrl-C, in good order where that is asked for", async () => {
    const script = program(
      "loop.ts",
      `using interrupt = listenForInterrupt();
       stdout.line("ready");
       while (true) {
         await new Promise((resolve) => setTimeout(resolve, 5));
         interrupt.signal.throwIfAborted();
       }`,
    );
    const process = command(script, []).spawn();
    const reader = process.stdout.getReader();
    await reader.read();
    process.kill("SIGINT");
    await reader.cancel();
    const { code, signal } = await process.status;
    assertEquals([code, signal], [130, null]);
    assertEquals(await new Response(process.stderr).text(), "Interrupted\n");
  });

  it("ends at the second Ctrl-C where the work does not look at the first", async () => {
    const script = program(
      "deaf.ts",
      `using interrupt = listenForInterrupt();
       stdout.line("ready");
       interrupt.signal.addEventListener("abort", () => stdout.line("heard"));
       while (true) await new Promise((resolve) => setTimeout(resolve, 5));`,
    );
    const process = command(script, []).spawn();
    const reader = process.stdout.getReader();
    await reader.read();
    process.kill("SIGINT");
    const { value } = await reader.read();
    assertEquals(new TextDecoder().decode(value), "heard\n");
    process.kill("SIGINT");
    await reader.cancel();
    await process.stderr.cancel();
    assertEquals((await process.status).code, 130);
  });

  it("does nothing when it is imported", async () => {
    const script = write(
      "import.ts",
      `import { main } from ${at("../../cli/main.ts")};
       console.log(typeof main);`,
    );
    const { code, stdout } = await command(script, ["--help"]).output();
    assertEquals(code, 0);
    assert(new TextDecoder().decode(stdout) === "function\n");
  });
});

// Copyright 2026 the Convlab authors. MIT license.

import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { join } from "@std/path";
import { afterAll, it } from "@std/testing/bdd";
import { runCli } from "./run_cli.ts";
import { describePermitted } from "../permitted.ts";

/** What the document prints, but for rounding noise. */
const DIGITS = [
  ...["2.21214764175e-08", "1.15980316116e-08", "2.24712647485e-10"],
  ...["3.3726400665e-11", "4.16666651573e-08", "3.27562514223e-12"],
  ...["2.30258318667", "2.50834247355", "1.380104e-04", "1.822723e-02"],
  ...["3.064049e-04", "3.477652e-05", "2.516375e-03", "7.945660e-10"],
];

describePermitted("gradcheck", () => {
  const folder = Deno.makeTempDirSync();
  afterAll(() => Deno.removeSync(folder, { recursive: true }));

  it("prints the document's digits with no permission, and passes", async () => {
    const { code, stdout, stderr } = await runCli(["gradcheck"]);
    assertEquals([code, stderr], [0, ""]);
    for (const digits of DIGITS) {
      const line = stdout.split("\n").find((line) => line.includes(digits));
      // Convlab's value and the document's.
      assertEquals(line?.split(digits).length, 3, digits);
      assertMatch(line!, /^ {2}pass/);
    }
    assert(!stdout.includes("FAIL"));
    assertStringIncludes(stdout, "37 numbers, all as they must be");
  });

  it("selects topics and cells, and prints JSON", async () => {
    const { stdout } = await runCli(["gradcheck", "pool", "15", "--json"]);
    const { passed, cells } = JSON.parse(stdout);
    assertEquals(passed, true);
    assertEquals(cells.map((c: { cell: string }) => c.cell), [
      "6",
      "7",
      "9",
      "15",
    ]);
    assertEquals(Object.keys(cells[0].checks[0]), [
      "name",
      "value",
      "reference",
      "passed",
    ]);
  });

  it("--module passes a right layer and names what is wrong with another", async () => {
    const right = await runCli([
      "gradcheck",
      "--module",
      "examples/my_layer.ts",
    ], ["--allow-read=."]);
    assertEquals([right.code, right.stderr], [0, ""]);
    assertStringIncludes(right.stdout, "2 of 2 gradients pass");
    const wrong = await runCli([
      "gradcheck",
      "--module",
      "examples/my_layer_wrong.ts",
    ], ["--allow-read=."]);
    assertEquals(wrong.code, 1);
    assertMatch(
      wrong.stdout,
      /slope +\(3,\) +\S+ +\[2\] +0\.147141497517 +0\.904548242323 +FAIL/,
    );
    const json = await runCli([
      "gradcheck",
      "--json",
      "--module",
      "examples/my_layer_wrong.ts",
    ], ["--allow-read=."]);
    assertEquals(JSON.parse(json.stdout).pass, false);
  });

  it("--module says in one line what keeps a file from being checked", async () => {
    const check = async (source: string | undefined, message: RegExp) => {
      const file = join(folder, `layer_${crypto.randomUUID()}.ts`);
      if (source !== undefined) Deno.writeTextFileSync(file, source);
      const { code, stderr } = await runCli(["gradcheck", "--module", file], [
        "--allow-read",
      ]);
      assertEquals(code, 1, stderr);
      assertMatch(stderr, message);
      assert(!stderr.includes("    at "), stderr);
    };
    await check(undefined, /expected a file but found none/);
    await check("export const inputs = { x: [1, 2] };", /forward/);
    await check(
      "export const inputs = {}; export function forward() {} export function backward() {}",
      /input/,
    );
    await check(
      `export const inputs = { x: [1, 2] };
       export function forward({ x }) { return { out: x, cache: null }; }
       export function backward() { throw new Error("no idea"); }`,
      /no idea/,
    );
    await check("export const =", /layer_/);
    const { stderr } = await runCli([
      "gradcheck",
      "--module",
      "examples/my_layer.ts",
    ]);
    assertStringIncludes(stderr, "--allow-read");
  });
});

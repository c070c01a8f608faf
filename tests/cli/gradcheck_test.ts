// Copyright 2026 the Convlab authors. MIT license.

import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { join } from "@std/path";
import { afterAll, describe, it } from "@std/testing/bdd";
import { checkLayer, layerCases } from "../../cli/gradcheck/check_layers.ts";
import { layerCase } from "../../cli/gradcheck/layer_case.ts";
import { formatLayerReports } from "../../cli/gradcheck/report_layers.ts";
import type { Style } from "../../cli/output.ts";
import type { LayerKind, LayerSpec } from "../../models/layer_spec.ts";
import { parseModel } from "../../models/parse_model.ts";
import { tensor } from "../../numerics/tensor.ts";
import { runCli } from "./run_cli.ts";
import { describePermitted } from "../permitted.ts";

/** What the document prints, but for rounding noise. */
const DIGITS = [
  ...["2.21214764175e-08", "1.15980316116e-08", "2.24712647485e-10"],
  ...["3.3726400665e-11", "4.16666651573e-08", "3.27562514223e-12"],
  ...["2.30258318667", "2.50834247355", "1.380104e-04", "1.822723e-02"],
  ...["3.064049e-04", "3.477652e-05", "2.516375e-03", "7.945660e-10"],
];

/** The kinds of layers that a model's text can name; the types see to it that none is missing. */
const KINDS: Record<LayerKind, true> = {
  ...{ conv: true, bn: true, ln: true, gn: true, relu: true, leaky: true },
  ...{ gelu: true, pool: true, avgpool: true, gap: true, dropout: true },
  ...{ fc: true, res: true },
};

/** The kinds of layers, and of those within residual blocks. */
function kindsOf(layers: readonly LayerSpec[]): LayerKind[] {
  return layers.flatMap((layer) => [
    layer.kind,
    ...(layer.kind === "res"
      ? kindsOf([...layer.body, ...layer.shortcut])
      : []),
  ]);
}

describe("gradcheck layers", () => {
  it("has every layer that a model's text can name", () => {
    const texts = layerCases().map(({ layer }) => layer)
      .filter((layer) => layer !== "softmax loss");
    const kinds = texts.flatMap((text) => kindsOf(parseModel(text)));
    assertEquals([...new Set(kinds)].sort(), Object.keys(KINDS).sort());
  });

  it("fails a layer whose gradient is wrong, missing or not a number", () => {
    const inputs = { x: tensor([1, -2]), y: tensor([3, 4]), z: tensor([5, 6]) };
    const [two, nan] = [tensor([2, 2]), tensor([NaN, 2])];
    const report = checkLayer(layerCase(
      ...["twice", "", inputs] as const,
      ({ x }) => ({ out: tensor(x.data.map((v) => 2 * v)), cache: null }),
      (dout) => ({ dx: dout, dy: nan, dw: two }),
    ));
    assertEquals(
      report.gradients.map(({ name, relError, passed }) => {
        return [name, relError > 0.3, Number.isNaN(relError), passed];
      }),
      [
        ["x", true, false, false],
        ["y", false, true, false],
        ["z", false, true, false],
      ],
    );
    const plain = (text: string) => text;
    const style = { red: (text: string) => `<${text}>`, green: plain };
    const lines = formatLayerReports([report], {
      ...{ ...style, dim: plain, bold: plain } as unknown as Style,
    });
    assertStringIncludes(lines[1]!, "<FAIL>");
    assertStringIncludes(lines[1]!, "<x 3.3e-01>");
    assertStringIncludes(lines.at(-1)!, "<3 of 3 gradients fail>");
  });
});

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

  it("layers checks every layer with no permission, and passes", async () => {
    const { code, stdout, stderr } = await runCli(["gradcheck", "layers"]);
    assertEquals([code, stderr], [0, ""]);
    const lines = stdout.trimEnd().split("\n");
    assertMatch(lines.at(-1)!, /^\d+ gradients, all equal to numerical ones/);
    assertMatch(stdout, /^conv4d2 +fast +pass +x \S+ +w \S+ +b \S+$/m);
    assert(!stdout.includes("FAIL"));
    const json = await runCli(["gradcheck", "layers", "--json"]);
    const { passed, layers } = JSON.parse(json.stdout);
    assertEquals([passed, layers.length], [true, lines.length - 3]);
    assertEquals(Object.keys(layers[0]), [
      ...["layer", "what", "gradients", "passed"],
    ]);
    const other = await runCli(["gradcheck", "layers", "conv"]);
    assertEquals(other.code, 2);
    assertStringIncludes(
      other.stderr,
      'Expected no other topic with "layers" but found "conv"',
    );
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

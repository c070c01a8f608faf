// Copyright 2026 the Convlab authors. MIT license.

import {
  assert,
  assertEquals,
  assertGreater,
  assertLess,
  assertMatch,
  assertRejects,
} from "@std/assert";
import { join } from "@std/path";
import { it } from "@std/testing/bdd";
import {
  checkUserLayer,
  type LayerReport,
} from "../../cli/user_layer/check.ts";
import { LayerError } from "../../cli/user_layer/layer_error.ts";
import { loadUserLayer } from "../../cli/user_layer/load.ts";
import { formatLayerReport } from "../../cli/user_layer/report.ts";
import { fakeOutput } from "./fake_output.ts";
import { describePermitted, permitted } from "../permitted.ts";

const folder = permitted ? Deno.makeTempDirSync() : "";
globalThis.addEventListener(
  "unload",
  () => Deno.removeSync(folder, { recursive: true }),
);
let files = 0;

/** Checks a layer that is given as source. */
async function check(source: string, ticks?: () => void): Promise<LayerReport> {
  const file = join(folder, `layer_${files++}.ts`);
  Deno.writeTextFileSync(file, source);
  return checkUserLayer(await loadUserLayer(file), ticks);
}

/** The message for a layer that cannot be checked, without its beginning. */
async function complaint(source: string): Promise<string> {
  const error = await assertRejects(() => check(source), LayerError);
  assertEquals(error.message.split("\n").length, 1);
  return error.message.replace(/^Cannot check \S*\.ts: /, "");
}

/** `out = s * x * x`, right unless a part of it is replaced. */
function layer(parts: Partial<Record<keyof typeof RIGHT, string>> = {}) {
  return Object.values({ ...RIGHT, ...parts }).join("\n");
}

const RIGHT = {
  inputs: "export const inputs = { x: [[1, -2, 3], [4, 5, -6]], s: 3 };",
  helper: `const map = (t, f) => {
    const out = t.clone();
    t.data.forEach((v, i) => out.data[i] = f(v, i));
    return out;
  };`,
  forward: `export function forward({ x, s }) {
    return { out: map(x, (v) => s.data[0] * v * v), cache: { x, s } };
  }`,
  backward: `export function backward(dout, { x, s }) {
    const dx = map(x, (v, i) => 2 * s.data[0] * v * dout.data[i]);
    let ds = 0;
    x.data.forEach((v, i) => ds += v * v * dout.data[i]);
    return { dx, ds };
  }`,
};

/** The right backward pass with another last line. */
const returning = (result: string) => ({
  backward: RIGHT.backward.replace("return { dx, ds };", result),
});

describePermitted("checkUserLayer()", () => {
  it("passes a right layer of nested arrays and a number", async () => {
    let passes = 0;
    const report = await check(layer(), () => passes++);
    assert(report.pass);
    assertEquals(passes, 2 * 7);
    const [x, s] = report.inputs;
    assertEquals([x?.name, x?.shape, s?.name, s?.shape], [
      "x",
      [2, 3],
      "s",
      [],
    ]);
    for (const { relError, worst } of report.inputs) {
      assertLess(relError ?? 1, 1e-9);
      assertLess(Math.abs(worst!.analytic - worst!.numeric), 1e-8);
      assertGreater(Math.abs(worst!.analytic), 0);
    }
    assertEquals([report.tolerance, report.h, report.seed], [1e-6, 1e-5, 231]);
  });

  it("takes gradients by other names and as plain numbers and arrays", async () => {
    const results = [
      "return { x: dx, s: ds };",
      "return { dX: dx, dS: ds };",
      "const d = [...dx.data]; return { dx: [d.slice(0, 3), d.slice(3)], ds };",
      "return { dx: { data: dx.data, shape: [2, 3] }, ds };",
    ];
    for (const result of results) {
      assert((await check(layer(returning(result)))).pass, result);
    }
  });

  it("takes tensors and float arrays as inputs, and computes in float64", async () => {
    const { pass, inputs } = await check(
      layer({
        inputs: `export const inputs = {
          x: { data: new Float32Array([0.1, 2]), shape: [1, 2] },
          s: new Float64Array([3]),
        };`,
        ...returning("return { dx, ds: [ds] };"),
      }),
    );
    assert(pass);
    assertEquals(inputs.map((input) => input.shape), [[1, 2], [1]]);
  });

  it("honours tolerance, h and seed", async () => {
    const strict = "export const tolerance = 1e-15, h = 1e-3, seed = 7;";
    const report = await check(layer() + strict);
    assertEquals([report.tolerance, report.h, report.seed], [1e-15, 1e-3, 7]);
    assert(!report.pass, "no numerical gradient is that exact");
    const other = await check(layer());
    assert(
      other.inputs[1]!.worst!.numeric !== report.inputs[1]!.worst!.numeric,
    );
  });

  it("names the worst element and both gradients there", async () => {
    const { pass, inputs } = await check(
      layer(returning("dx.data[4] += 0.5; return { dx, ds };")),
    );
    assert(!pass);
    const [x, s] = inputs;
    assert(!x!.pass && s!.pass);
    assertEquals(x!.worst!.index, [1, 1]);
    assertLess(Math.abs(x!.worst!.analytic - x!.worst!.numeric - 0.5), 1e-7);
    assertEquals(x!.remark, undefined);
  });

  it("recognises a common factor, a wrong sign and zeros", async () => {
    const remarks = {
      "v / 2": "backward gives 0.5 times the numerical gradient everywhere",
      "-v": "backward gives -1 times the numerical gradient everywhere",
      "0": "backward gives 0 everywhere",
    };
    for (const [value, remark] of Object.entries(remarks)) {
      const wrong = returning(`return { dx: map(dx, (v) => ${value}), ds };`);
      const [x] = (await check(layer(wrong))).inputs;
      assertEquals([x!.pass, x!.remark], [false, remark]);
    }
  });

  it("recognises the zero of a gradient of one element, where it has no kink", async () => {
    const scaled = (f: string) =>
      layer({
        inputs: "export const inputs = { x: 0 };",
        forward: `export function forward({ x }) {
          return { out: map(x, (v) => ${f}), cache: null };
        }`,
        backward: "export function backward() { return { dx: 0 }; }",
      });
    const [scale] = (await check(scaled("3 * v"))).inputs;
    assertEquals(scale!.remark, "backward gives 0 everywhere");
    const [kink] = (await check(scaled("Math.max(v, 0)"))).inputs;
    assertMatch(kink!.remark ?? "", /^forward has a kink/);
  });

  it("recognises a kink, but not where the gradient is wrong as well", async () => {
    const relu = (slope: number) =>
      layer({
        inputs: "export const inputs = { x: [1, 0, -1] };",
        forward: `export function forward({ x }) {
          return { out: map(x, (v) => Math.max(v, 0)), cache: x };
        }`,
        backward: `export function backward(dout, x) {
          return { dx: map(x, (v, i) => v > 0 ? dout.data[i]
            : v < 0 ? 0 : ${slope} * dout.data[i]) };
        }`,
      });
    const [right] = (await check(relu(0))).inputs;
    assertEquals(right!.worst!.index, [1]);
    assertMatch(right!.remark ?? "", /^forward has a kink within h of there/);
    const [wrong] = (await check(relu(3))).inputs;
    assertEquals([wrong!.pass, wrong!.remark], [false, undefined]);
  });

  it("reports a missing, misshapen or odd gradient, and checks the others", async () => {
    const remarks = {
      "{ ds }": "expected backward to return dx but found { ds }",
      "{ dw: dx, ds }": "expected backward to return dx but found { dw, ds }",
      "{ dx: dx.reshape([3, 2]), ds }":
        "expected dx to have shape (2, 3) but found (3, 2)",
      "{ dx: undefined, ds }": "expected dx to be numbers but found none",
      '{ dx: "big", ds }': 'expected dx to be numbers but found "big"',
      "{ dx: [[1, 2, 3], [4]], ds }":
        "expected dx to be numbers but found an array that is ragged or not of numbers",
      "{ dx: Promise.resolve(dx), ds }":
        "expected dx to be numbers but found a promise (async functions cannot be checked)",
    };
    for (const [result, remark] of Object.entries(remarks)) {
      const report = await check(layer(returning(`return ${result};`)));
      const [x, s] = report.inputs;
      assertEquals([x!.pass, x!.remark, s!.pass], [false, remark, true]);
      assertEquals([x!.relError, x!.worst], [undefined, undefined]);
    }
  });

  it("fails a gradient that is not finite, at that element", async () => {
    for (const odd of ["NaN", "Infinity"]) {
      const [x] = (await check(
        layer(returning(`dx.data[2] = ${odd}; return { dx, ds };`)),
      )).inputs;
      assertEquals(x!.pass, false);
      assertEquals(x!.worst!.index, [0, 2]);
      assertEquals(x!.remark, `backward gives ${odd} there`);
    }
  });

  it("refuses a forward pass that changes its inputs or the backward pass's", async () => {
    assertEquals(
      await complaint(layer({
        forward: RIGHT.forward.replace("{\n", "{ x.data[0] = 0;\n"),
      })),
      "expected forward to leave its arguments alone but found x changed",
    );
    assertEquals(
      await complaint(layer(returning("s.data[0]++; return { dx, ds };"))),
      "expected backward to leave its arguments alone but found s changed",
    );
    assertEquals(
      await complaint(layer(returning("dout.data[0]++; return { dx, ds };"))),
      "expected backward to leave its arguments alone but found dout changed",
    );
  });

  it("refuses a forward pass that is not deterministic", async () => {
    assertMatch(
      await complaint(layer({
        forward: RIGHT.forward.replace("v * v", "v * Math.random()"),
      })),
      /^expected forward to give the same result twice but found another/,
    );
  });

  it("refuses results of forward that are not finite float64 numbers", async () => {
    const cases = {
      "undefined": "expected forward to return { out, cache } but found none",
      "x":
        "expected forward to return { out, cache } but found Tensor float64 (2, 3)",
      "[x, s]":
        "expected forward to return { out, cache } but found an array that is ragged or not of numbers",
      "{ y: 1 }": "expected forward to return { out, cache } but found { y }",
      '{ out: "x" }': 'expected forward to return numbers as out but found "x"',
      "{ out: [] }":
        "expected forward to return numbers as out but found Tensor float64 (0,)",
      "{ out: new Float32Array(2) }":
        "expected forward to compute in float64, which numerical gradients need, but found float32",
      "{ out: [[1, 2], [3, NaN]] }":
        "expected out to hold finite numbers but found NaN at [1, 1]",
    };
    for (const [result, message] of Object.entries(cases)) {
      const forward = `export const forward = ({ x, s }) => (${result});`;
      assertEquals(await complaint(layer({ forward })), message);
    }
    assertEquals(
      await complaint(
        layer({ forward: "export async function forward() {}" }),
      ),
      "expected forward to return { out, cache } but found a promise (async functions cannot be checked)",
    );
    assertEquals(
      await complaint(layer(returning(""))),
      "expected backward to return an object of gradients but found none",
    );
  });

  it("tells where in the user's file an error was thrown", async () => {
    assertMatch(
      await complaint(
        "export const inputs = { x: 1 };\nexport function backward() {}\n" +
          'export function forward() {\n  throw new Error("Boom\\nbang");\n}',
      ),
      /^forward failed at layer_\d+\.ts:4:9: Boom$/,
    );
    assertMatch(
      await complaint(
        layer({
          backward:
            "export function backward(dout, cache) { return cache.w.data; }",
        }),
      ),
      /^backward failed at layer_\d+\.ts:\d+:\d+: Cannot read properties of undefined/,
    );
    assertMatch(
      await complaint(layer({
        forward: RIGHT.forward.replace("s.data[0]", "s.at(1, 2)"),
      })),
      /^forward failed at layer_\d+\.ts:\d+:\d+: Cannot index tensor/,
    );
    assertEquals(
      await complaint(layer({
        forward: "export function forward() { throw 'a string'; }",
      })),
      "forward failed: a string",
    );
  });
});

describePermitted("loadUserLayer()", () => {
  it("names what is missing", async () => {
    assertEquals(
      await complaint(layer({ forward: "" })),
      "expected it to export a function forward but found none",
    );
    assertEquals(
      await complaint(layer({ backward: "export const backward = 3;" })),
      "expected it to export a function backward but found 3",
    );
    for (const inputs of ["", "export const inputs = {};"]) {
      assertMatch(
        await complaint(layer({ inputs })),
        /^expected it to export inputs, such as \{ x: .* \}, but found (none|an empty object)$/,
      );
    }
  });

  it("refuses inputs that are not finite numbers", async () => {
    const cases = {
      '"x"': '"x"',
      "[]": "Tensor float64 (0,)",
      "[[1, 2], [3]]": "an array that is ragged or not of numbers",
      "NaN": "NaN",
      "[1, Infinity]": "Infinity",
      "() => 1": "a function",
    };
    for (const [value, found] of Object.entries(cases)) {
      const inputs = `export const inputs = { x: ${value} };`;
      assertEquals(
        await complaint(layer({ inputs })),
        `expected inputs.x to hold finite numbers but found ${found}`,
      );
    }
  });

  it("refuses wrong settings", async () => {
    const cases = {
      "tolerance = 0": "tolerance to be a positive number but found 0",
      "h = '1'": 'h to be a positive number but found "1"',
      "seed = -1": "seed to be an integer from 0 to 4294967295 but found -1",
      "seed = 1.5": "seed to be an integer from 0 to 4294967295 but found 1.5",
    };
    for (const [setting, message] of Object.entries(cases)) {
      assertEquals(
        await complaint(`${layer()}\nexport const ${setting};`),
        `expected ${message}`,
      );
    }
  });

  it("names a file that is not there, and one that cannot be parsed", async () => {
    const error = await assertRejects(
      () => loadUserLayer(join(folder, "none.ts")),
      LayerError,
    );
    assertMatch(error.message, /none\.ts: expected a file but found none$/);
    assertMatch(
      await complaint("export function forward( {"),
      /^the module failed at layer_\d+\.ts:1:\d+: Unexpected token/,
    );
    assertMatch(
      await complaint("import './nowhere.ts';"),
      /^the module failed.*: Module not found ".*nowhere\.ts"/,
    );
  });
});

describePermitted("formatLayerReport()", () => {
  it("shows a row for each input, remarks and the verdict", () => {
    const lines = formatLayerReport({
      file: "my_layer.ts",
      tolerance: 1e-6,
      h: 1e-5,
      seed: 231,
      pass: false,
      inputs: [
        {
          name: "x",
          shape: [2, 3],
          pass: true,
          relError: 1.25e-10,
          worst: { index: [1, 2], analytic: 0.5, numeric: 0.50000000012 },
        },
        { name: "w", shape: [3], pass: false, remark: "expected dw" },
      ],
    }, fakeOutput().style);
    assertEquals(lines, [
      "input  shape   rel. error  worst at  backward  numerical",
      "x      (2, 3)  1.25e-10    [1, 2]    0.5       0.50000000012  pass",
      "w      (3,)    -           -         -         -              FAIL",
      "",
      "w: expected dw",
      "",
      "my_layer.ts: 1 of 2 gradients fail (tolerance 1e-6, h 1e-5)",
    ]);
  });
});

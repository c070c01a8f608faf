// Copyright 2026 the Convlab authors. MIT license.

/** `gradcheck --model`, with right and with wrong gradients. */

import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { ExitCode, UsageError } from "../../cli/exit.ts";
import gradcheck from "../../cli/gradcheck.ts";
import { checkedNetwork, checkModel } from "../../cli/gradcheck/check_model.ts";
import { formatModelReport } from "../../cli/gradcheck/report_model.ts";
import type { ConvNet } from "../../models/conv_net.ts";
import type { Tensor } from "../../numerics/tensor.ts";
import { fakeOutput } from "./fake_output.ts";

async function run(...args: string[]) {
  const streams = { stdout: fakeOutput(), stderr: fakeOutput() };
  const code = await gradcheck.run(args, streams);
  return { code, stdout: streams.stdout.text, stderr: streams.stderr.text };
}

describe("gradcheck --model", () => {
  const model =
    "conv4-bn-relu-pool res[conv6s2-gn2-gelu | avgpool conv6k1] leaky dropout gap fc3-bn";

  it("passes a network of every kind of layer", async () => {
    const args = ["--model", model, "--input", "2x8x8"];
    const { code, stdout, stderr } = await run(...args);
    assertEquals([code, stderr], [ExitCode.success, ""]);
    const lines = stdout.trimEnd().split("\n");
    assertMatch(
      lines[1]!,
      /^conv1\.weight +\(4, 2, 3, 3\) +\d\.\de-\d\d +pass$/,
    );
    assertEquals(
      lines.at(-1),
      "13 gradients, all equal to numerical ones (up to 10 numbers of each, tolerance 1e-5)",
    );
    const json = JSON.parse((await run(...args, "--json")).stdout);
    assertEquals([json.passed, json.inputDim, json.parameters.length], [
      ...[true, [2, 8, 8], 13] as const,
    ]);
    const again = JSON.parse((await run(...args, "--json")).stdout);
    assertEquals(again, json);
  });

  it("finds the parameter whose gradient is wrong", () => {
    for (
      const [name, spoil] of [
        ["conv1.weight", (g: number) => 1.001 * g],
        ["conv2.weight", (g: number) => g + 0.01],
        ["fc1.bias", () => NaN],
      ] as const
    ) {
      const network = checkedNetwork("conv3-relu res[conv3-relu] fc3", [
        1,
        5,
        5,
      ]);
      spoilGradient(network, name, spoil);
      const report = checkModel(network);
      assertEquals(report.passed, false);
      const failed = report.parameters.filter(({ passed }) => !passed);
      assertEquals(failed.map(({ name }) => name), [name]);
      const lines = formatModelReport(report, fakeOutput().style);
      assertMatch(lines.join("\n"), new RegExp(`^${name} .* FAIL$`, "m"));
      assert(lines.at(-1)!.startsWith("1 of 6 gradients fail"));
    }
  });

  it("refuses what is no network, and what does not go with --model", async () => {
    for (
      const [args, message] of [
        [
          ["--model", "conv"],
          "Cannot parse model: expected a number of filters",
        ],
        [
          ["--model", "conv3"],
          "Cannot build model: expected the last layer to",
        ],
        [["--model", "fc3", "--input", "3x3"], 'but found "3x3"'],
        [
          ["--model", "gap"],
          'with parameters to check but found none in "gap"',
        ],
        [["--model", "fc3", "conv"], 'no topics with --model but found "conv"'],
        [
          ["--model", "fc3", "--module", "x.ts"],
          'no --module with --model but found "x.ts"',
        ],
        [
          ["--input-dim", "3,3,3"],
          "Expected --model with --input-dim but found none",
        ],
      ] as const
    ) {
      const error = await assertRejects(() => run(...args), UsageError);
      assert(error.message.includes(message), error.message);
    }
  });
});

/** Has a network give a wrong gradient. */
function spoilGradient(
  network: ConvNet,
  name: string,
  spoil: (g: number) => number,
): void {
  const { loss } = network;
  network.loss = (x, labels) => {
    const result = loss.call(network, x, labels);
    const { data }: Tensor = result.grads[name]!;
    for (let i = 0; i < data.length; i++) data[i] = spoil(data[i]!);
    return result;
  };
}

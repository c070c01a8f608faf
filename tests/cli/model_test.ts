// Copyright 2026 the Convlab authors. MIT license.

/** `model summary`, of texts, recipes and runs. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { ExitCode, UsageError } from "../../cli/exit.ts";
import model from "../../cli/model.ts";
import { summaryLines } from "../../cli/model/report.ts";
import { type ModelSummary, summarize } from "../../cli/model/summary.ts";
import { DataError } from "../../data/data_error.ts";
import { shared } from "../../kernels/runtime.ts";
import { ConvNet } from "../../models/conv_net.ts";
import { RandomState } from "../../numerics/random.ts";
import { RunFolder } from "../../training/run_folder.ts";
import { Solver } from "../../training/solver.ts";
import { describePermitted } from "../permitted.ts";
import { TORCH_NETWORKS } from "../models/torch_networks.ts";
import { fakeOutput } from "./fake_output.ts";

/** What the command prints. */
async function run(...args: string[]): Promise<string> {
  const streams = { stdout: fakeOutput(), stderr: fakeOutput() };
  assertEquals(await model.run(args, streams), ExitCode.success);
  assertEquals(streams.stderr.text, "");
  return streams.stdout.text;
}

async function json(...args: string[]): Promise<ModelSummary> {
  return JSON.parse(await run("summary", ...args, "--json"));
}

async function refuses(args: string[], message: string): Promise<void> {
  const error = await assertRejects(() => run("summary", ...args), UsageError);
  assert(error.message.includes(message), error.message);
}

describe("model summary", () => {
  it("prints a table of the layers, those of blocks indented", async () => {
    const text =
      "conv8-bn-relu res[conv16s2-bn-relu conv16-bn | conv16k1s2-bn]-relu gap fc3";
    assertEquals(
      await run("summary", text, "--input", "1x8x8", "--batch-size", "1"),
      `conv8 bn relu res[conv16s2 bn relu conv16 bn | conv16k1s2 bn] relu gap fc3
on images of 1x8x8, in float32

layer                output  parameters  multiply-adds   memory
conv1    conv8       8x8x8           72          4,608   2.0 kB
bn1      bn          8x8x8           16          1,024        –
relu1    relu        8x8x8            –              –   2.0 kB
res1     res         16x4x4           –              –   1.0 kB
  conv2  conv16s2    16x4x4       1,152         18,432   1.0 kB
  bn2    bn          16x4x4          32            512        –
  relu2  relu        16x4x4           –              –   1.0 kB
  conv3  conv16      16x4x4       2,304         36,864   1.0 kB
  bn3    bn          16x4x4          32            512   1.0 kB
  |
  conv4  conv16k1s2  16x4x4         128          2,048   1.0 kB
  bn4    bn          16x4x4          32            512   1.0 kB
relu3    relu        16x4x4           –              –   1.0 kB
gap1     gap         16               –              –     64 B
fc1      fc3         3               51             48     12 B
total                             3,819         64,560  12.4 kB

parameters  3,819: 15.3 kB
one image   64,560 multiply-adds forward: 129,120 FLOPs
training    about 86.1 kB with batches of 1 image (parameters 61.1 kB, batch
            25.0 kB)
`,
    );
  });

  it("counts what PyTorch counts", async () => {
    for (const { model, inputDim, layers, parameters } of TORCH_NETWORKS) {
      const { total } = await json(model, "--input", inputDim.join("x"));
      const size = (shape: number[]) => shape.reduce((n, d) => n * d, 1);
      assertEquals(
        total.parameters,
        Object.values(parameters).reduce((n, p) => n + size(p.shape), 0),
      );
      const own = planned(await json(model, "--input", inputDim.join("x")));
      for (const [name, { output, multiplyAdds }] of Object.entries(layers)) {
        assertEquals(own.get(name)?.output, output);
        if (multiplyAdds > 0) {
          assertEquals(own.get(name)?.multiplyAdds, multiplyAdds);
        }
      }
    }
  });

  it("gives JSON whose parts add up", async () => {
    const summary = await json(
      "conv4-bn-relu res[conv4] gap fc2",
      ...["--dtype", "float64", "--batch-size", "7"],
    );
    const { total, training, layers } = summary;
    const all = [...planned(summary).values()];
    const sum = (key: "parameters" | "buffers" | "multiplyAdds" | "bytes") =>
      all.reduce((n, layer) => n + layer[key], 0);
    for (
      const key of ["parameters", "buffers", "multiplyAdds", "bytes"] as const
    ) {
      assertEquals(total[key], sum(key), key);
    }
    assertEquals(layers.length, 6);
    assertEquals(total.flops, 2 * total.multiplyAdds);
    assertEquals(total.parameterBytes, 8 * total.parameters);
    assertEquals(training.batchSize, 7);
    assertEquals(training.parameterBytes, 4 * total.parameterBytes);
    assertEquals(training.batchBytes, 7 * (8 * 3 * 32 * 32 + 2 * total.bytes));
  });

  it("estimates the memory of training as it is, or up to a third below", () => {
    const text = "conv16-bn-relu pool res[conv16-bn-relu conv16-bn]-relu fc10";
    const random = new RandomState(1);
    const inputDim = [3, 32, 32] as const;
    const batchSize = 20;
    const net = new ConvNet({ model: text, inputDim, random });
    const x = random.randn([batchSize, ...inputDim]).astype("float32");
    const y = random.randint(0, 10, batchSize);
    const before = shared.bytesInUse;
    const solver = new Solver(net, { xTrain: x, yTrain: y, xVal: x, yVal: y }, {
      ...{ batchSize, updateRule: "adam", random },
    });
    for (let i = 0; i < 3; i++) solver.step();
    const used = shared.bytesInUse - before;
    const dtype = "float32";
    const { training } = summarize(net.plan, { inputDim, batchSize, dtype });
    const ratio = used / training.bytes;
    assert(ratio > 0.8 && ratio < 1.5, String(ratio));
  });

  it("stays within the columns that there are", async () => {
    const summary = await json(
      "conv1024k7s2p3d2-ln-leaky0.123456789012 conv512k11s1p10d2g512-gn128 pool3s1 gap fc1000",
      ...["--input", "3x224x224", "--batch-size", "123"],
    );
    for (const columns of [80, 100]) {
      const output = { columns, style: fakeOutput().style };
      const lines = summaryLines(summary, output);
      assert(lines.every((line) => line.length <= columns), lines.join("\n"));
    }
  });

  it("says when the memory of the kernels cannot hold a training", async () => {
    const batch = await run(
      "summary",
      "conv64 gap fc10",
      "--batch-size",
      "100000",
    );
    assert(
      /more than the 4 GiB that the kernels\s+can reach;\s+make batches smaller\n$/
        .test(batch),
    );
    const network = await run("summary", "fc1000000 fc1000");
    assert(/reach;\s+make the\s+network\s+smaller\n$/.test(network), network);
    assert(network.includes("4,073,001,000: 16.3 GB"));
  });

  it("refuses texts that cannot be, and images that are none", async () => {
    for (
      const [args, message] of [
        [
          ["conv8 fc"],
          'Cannot parse model: expected a number of outputs, as in "fc10"',
        ],
        [
          ["conv8 pool40"],
          'Cannot build model: pool1 ("pool40") expects at least 40 x 40',
        ],
        [
          ["fc10", "--input-dim", "3,32"],
          'Expected --input-dim to be channels, height and width, such as 3,32,32, but found "3,32"',
        ],
        [["fc10", "--input", "0x32x32"], 'but found "0x32x32"'],
        [["fc10", "--input", "3x32x99999999"], 'but found "3x32x99999999"'],
        [["fc10", "--batch-size", "0"], "--batch-size"],
      ] as const
    ) {
      await refuses([...args], message);
    }
  });
});

/** All layers by their names, those in blocks too. */
function planned({ layers }: Pick<ModelSummary, "layers">) {
  const found = new Map<string, ModelSummary["layers"][number]>();
  for (const layer of layers) {
    found.set(layer.name, layer);
    for (const inner of [layer.body ?? [], layer.shortcut ?? []]) {
      for (const [name, each] of planned({ layers: inner })) {
        found.set(name, each);
      }
    }
  }
  return found;
}

describePermitted("model summary of files", () => {
  let folder = "";
  beforeAll(() => {
    folder = Deno.makeTempDirSync();
  });
  afterAll(() => Deno.removeSync(folder, { recursive: true }));

  it("takes model, images and batches from a recipe", async () => {
    const path = join(folder, "recipe.json");
    const write = (recipe: object) =>
      Deno.writeTextFileSync(path, JSON.stringify(recipe));
    write({ dataset: "fashion-mnist", batchSize: 64, dtype: "float64" });
    const three = await json(path);
    assertEquals(three.model, "conv32k7 relu pool fc500 relu fc10");
    assertEquals(three.inputDim, [1, 28, 28]);
    assertEquals([three.training.batchSize, three.dtype], [64, "float64"]);
    write({ model: "gap fc2" });
    assertEquals((await json(path)).inputDim, [3, 32, 32]);
    assertEquals((await json(path, "--input", "1x5x6")).inputDim, [1, 5, 6]);
    write({ modle: "gap fc2" });
    await assertRejects(() => json(path), DataError, 'did you mean "model"?');
    await assertRejects(
      () => json(join(folder, "none.json")),
      DataError,
      "none.json",
    );
  });

  it("takes model, images and batches from a run", async () => {
    const runs = join(folder, "runs");
    const started = RunFolder.create(runs, "shapes");
    started.writeConfig({
      recipe: { model: "conv4-relu gap fc2", batchSize: 9 },
    });
    started.writeData({
      ...{ title: "Shapes", classNames: ["disc", "square"] },
      imageShape: [1, 8, 8],
    });
    for (
      const args of [["shapes", "--runs-dir", runs], [join(runs, "shapes")]]
    ) {
      const summary = await json(...args);
      assertEquals(summary.model, "conv4 relu gap fc2");
      assertEquals(summary.inputDim, [1, 8, 8]);
      assertEquals(summary.training.batchSize, 9);
    }
    started.writeConfig({ recipe: {} });
    const three = await json("shapes", "--runs-dir", runs);
    assertEquals(three.layers.at(-1)?.text, "fc2");
    await refuses(
      ["nothing", "--runs-dir", runs],
      `Expected a model's text, a recipe's .json file or a run but found "nothing": Cannot parse model: `,
    );
  });
});

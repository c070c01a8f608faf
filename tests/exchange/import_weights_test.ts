// Copyright 2026 the Convlab authors. MIT license.

/** Weights of PyTorch, against what PyTorch computes with them. */

import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { it } from "@std/testing/bdd";
import fc from "fast-check";
import { importWeights } from "../../exchange/import_weights.ts";
import { stateDictOf } from "../../exchange/state_dict.ts";
import { ConvNet } from "../../models/conv_net.ts";
import { RandomState } from "../../numerics/random.ts";
import { tensor, zeros } from "../../numerics/tensor.ts";
import { decodeWeights } from "../../training/decode_weights.ts";
import { describePermitted } from "../permitted.ts";
import { randomNetwork } from "./random_network.ts";

/** What make_torch_models.py has written. */
const TORCH = new URL("../../fixtures/torch_models/", import.meta.url);

interface Expected {
  readonly file: string;
  readonly model: string;
  readonly inputDim: readonly [number, number, number];
  readonly scores: number[][];
}

function load(name: string) {
  const all: Record<string, Expected> = JSON.parse(
    Deno.readTextFileSync(new URL("expected.json", TORCH)),
  );
  const { file, model, inputDim, scores } = all[name]!;
  const tensors = decodeWeights(Deno.readFileSync(new URL(file, TORCH)));
  return { model, inputDim, tensors, expected: tensor(scores) };
}

describePermitted("importWeights()", () => {
  it("refuses variances that are negative, NaN or infinite, by their name and place", () => {
    for (const value of [-1e-3, NaN, Infinity]) {
      const model = "conv3 bn relu gap fc2";
      const network = new ConvNet({ model, inputDim: [1, 4, 4] });
      const tensors = Object.fromEntries(
        Object.entries(stateDictOf(network)).map(([k, v]) => [k, v.clone()]),
      );
      tensors["bn1.running_var"]!.data[2] = value;
      const before = network.buffers["bn1.running_var"]!.clone();
      assertThrows(
        () => importWeights(network, tensors),
        RangeError,
        `expected the variances in bn1.running_var to be finite and at least 0 but found ${
          Math.fround(value)
        } at element 2`,
      );
      assertEquals(network.buffers["bn1.running_var"], before);
    }
  });

  for (const dtype of ["float32", "float64"] as const) {
    for (
      const name of ["named", "sequential", "layers", "without", "residual"]
    ) {
      it(`gives the scores of PyTorch within 1e-5 for the network "${name}" in ${dtype}`, () => {
        const { model, inputDim, tensors, expected } = load(name);
        const network = new ConvNet({ model, inputDim, dtype });
        importWeights(network, tensors);
        const x = new RandomState(0).randn([expected.shape[0]!, ...inputDim])
          .astype(dtype);
        const found = network.scores(x);
        assertEquals(found.dtype, dtype);
        assertEquals(found.shape, expected.shape);
        const largest = Math.max(...expected.data.map(Math.abs));
        for (const [i, value] of expected.data.entries()) {
          const error = Math.abs(found.data[i]! - value) / largest;
          assert(error < 1e-5, `${error} at ${i}`);
        }
      });
    }
  }

  it("tells what went where, and what was done to it", () => {
    const report = (name: string) => {
      const { model, inputDim, tensors } = load(name);
      return importWeights(new ConvNet({ model, inputDim }), tensors)
        .map(({ layer, module, note }) =>
          `${layer} ${module}${note ? `: ${note}` : ""}`
        );
    };
    assertEquals(report("without"), [
      "conv1 0",
      "bn1 1: no weight in the file, no bias in the file",
      "fc1 5: no bias in the file",
    ]);
    assertEquals(report("sequential").slice(-5), [
      "conv3 7: its bias subtracted from bn3's mean",
      "bn3 8",
      "conv4 10: its bias subtracted from bn4's mean",
      "bn4 11",
      "fc1 15",
    ]);
    assertEquals(report("residual").slice(5, 9), [
      "conv4 4.body.0",
      "bn3 4.body.1",
      "conv5 4.body.3",
      "bn4 4.body.4",
    ]);
  });
});

const MODEL = "conv4-bn-relu res[conv4-gn2-gelu] gap fc4-ln-relu fc3";
const SHAPE = [2, 5, 5] as const;

Deno.test("importWeights() takes what stateDictOf() gives, under any names", () => {
  const network = randomNetwork(MODEL, SHAPE);
  const x = new RandomState(1).randn([3, ...SHAPE]).astype("float32");
  const expected = network.scores(x).data;
  const stored = Object.entries(stateDictOf(network));
  const renamings: ((name: string) => string)[] = [
    (name) => name,
    (name) => `module.${name}`,
    (name) => `a.b.${name}`,
    (name) => `z_${name}`, // In order, but under other names.
  ];
  for (const rename of renamings) {
    const tensors = Object.fromEntries(
      stored.map(([name, value]) => [rename(name), value]),
    );
    const other = new ConvNet({ model: MODEL, inputDim: SHAPE });
    importWeights(other, tensors);
    assertEquals(other.scores(x).data, expected);
  }
});

Deno.test("importWeights() takes weights that lie as Convlab has them", () => {
  const network = randomNetwork(MODEL, SHAPE);
  const other = new ConvNet({ model: MODEL, inputDim: SHAPE });
  const tensors = { ...network.params, ...network.buffers };
  importWeights(other, tensors, { layout: "convlab" });
  assertEquals(other.params, network.params);
  assertThrows(
    () => importWeights(other, tensors),
    TypeError,
    'expected fc2.weight of shape (3, 4) for fc2.weight, which is (4, 3), but found (4, 3); if weights lie the other way round, choose the layout "convlab"',
  );
});

Deno.test("importWeights() names both sides of what does not fit", () => {
  const network = new ConvNet({ model: "conv4-bn gap fc3", inputDim: SHAPE });
  const before = { ...network.params, ...network.buffers };
  const norm = (n: number) => ({
    "1.weight": zeros([n]),
    "1.bias": zeros([n]),
    "1.running_mean": zeros([n]),
    "1.running_var": zeros([n]),
    "1.num_batches_tracked": zeros([]),
  });
  const conv = { "0.weight": zeros([4, 2, 3, 3]) };
  const fc = { "9.weight": zeros([3, 4]), "9.bias": zeros([3]) };
  for (
    const [tensors, message] of [
      [{}, "expected 1 convolution (conv1) but found no convolution"],
      [
        { ...conv, ...norm(4) },
        "expected 1 affine layer (fc1) but found no affine layer in the file",
      ],
      [
        { ...conv, "4.weight": zeros([4, 4, 1, 1]), ...norm(4), ...fc },
        "expected 1 convolution (conv1) but found 2 convolutions (0, 4) in the file",
      ],
      [
        { ...conv, ...norm(5), ...fc },
        "expected 1.weight of shape (4,) for bn1.weight but found (5,)",
      ],
      [
        { "0.weight": zeros([4, 3, 3, 3]), ...norm(4), ...fc },
        "expected 0.weight of shape (4, 2, 3, 3) for conv1.weight but found (4, 3, 3, 3)",
      ],
      [
        { ...conv, "0.bias": zeros([2]), ...norm(4), ...fc },
        "expected 0.bias of shape (4,) for a bias for conv1 but found (2,)",
      ],
      [
        { ...conv, ...norm(4), ...fc, "9.weight_g": zeros([3]) },
        'but found "9.weight_g"',
      ],
      [
        { "0.weight": zeros([4, 2, 3, 3, 3]), ...norm(4), ...fc },
        'expected "0" to be a convolution of images, an affine layer or a normalisation but found weight (4, 2, 3, 3, 3)',
      ],
      [
        {
          "conv1.weight": zeros([4, 2, 3, 3]),
          ...rename(norm(4), "fc1"),
          ...rename(fc, "bn1"),
        },
        "expected bn1.weight of shape (4,) for bn1.weight but found (3, 4)",
      ],
    ] as const
  ) {
    assertThrows(() => importWeights(network, tensors), TypeError, message);
    assertEquals({ ...network.params, ...network.buffers }, before);
  }
});

Deno.test("importWeights() takes damaged names and shapes for what they are, and nothing else", () => {
  const network = randomNetwork(MODEL, SHAPE);
  const stored = Object.entries(stateDictOf(network));
  const other = new ConvNet({ model: MODEL, inputDim: SHAPE });
  const at = fc.nat({ max: stored.length - 1 });
  const change = fc.oneof(
    fc.record({ at, name: fc.string() }),
    fc.record({ at, shape: fc.array(fc.nat({ max: 4 }), { maxLength: 5 }) }),
    fc.record({ at, name: fc.constantFrom(...stored.map(([name]) => name)) }),
  );
  fc.assert(fc.property(change, (change) => {
    const [name, value] = stored[change.at]!;
    const tensors = Object.fromEntries(stored);
    delete tensors[name];
    if ("shape" in change) tensors[name] = zeros(change.shape);
    else tensors[change.name] = value;
    const before = { ...other.params, ...other.buffers };
    try {
      importWeights(other, tensors);
    } catch (error) {
      assert(error instanceof TypeError || error instanceof RangeError);
      assertMatch(
        error.message,
        /^Cannot import weights: expected .* but found /,
      );
      assertEquals({ ...other.params, ...other.buffers }, before);
      return;
    }
    // What was taken has the right shapes.
    for (const [name, { shape }] of Object.entries(before)) {
      assertEquals({ ...other.params, ...other.buffers }[name]!.shape, shape);
    }
  }));
});

/** The same tensors as those of another module. */
function rename<T extends object>(tensors: T, module: string) {
  return Object.fromEntries(
    Object.entries(tensors)
      .map(([name, value]) => [name.replace(/^\d+/, module), value]),
  );
}

// Copyright 2026 the Convlab authors. MIT license.

/** Shapes, parameters and costs of networks, and networks that cannot be. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { formatModel } from "../../models/format_model.ts";
import { parseModel } from "../../models/parse_model.ts";
import {
  allLayers,
  planModel,
  type PlannedLayer,
} from "../../models/plan_model.ts";
import { checkMemory, scoresOf } from "../../models/plan_checks.ts";
import { sizeOf } from "../../numerics/tensor.ts";
import { layerSpecs } from "./random_spec.ts";
import { TORCH_NETWORKS } from "./torch_networks.ts";

type Image = readonly [number, number, number];

function plan(text: string, inputDim: Image = [3, 32, 32]): PlannedLayer[] {
  return planModel(parseModel(text), inputDim);
}

function parametersOf(layers: readonly PlannedLayer[]) {
  return allLayers(layers).flatMap(({ params }) => Object.values(params));
}

/** Networks that cannot be, and what is said: the layer, what it got, the fix. */
const IMPOSSIBLE: readonly (readonly [string, string])[] = [
  [
    "conv8 pool pool pool pool pool pool fc10",
    'pool6 ("pool") expects at least 2 x 2 pixels but finds images of 8 x 1 x 1; leave it out, or pool less before it; "gap" takes any size',
  ],
  [
    "avgpool40 fc10",
    'avgpool1 ("avgpool40") expects at least 40 x 40 pixels but finds images of 3 x 32 x 32; leave',
  ],
  [
    "pool16 conv8k9p3 fc10",
    'conv1 ("conv8k9p3") expects at least 3 x 3 pixels but finds images of 3 x 2 x 2; a padding of 4 is enough, as in "conv8k9"',
  ],
  [
    "pool16 conv8k5p0d3 fc10",
    'conv1 ("conv8k5p0d3") expects at least 13 x 13 pixels but finds images of 3 x 2 x 2; a padding of 6 is enough, as in "conv8k5d3"',
  ],
  [
    "conv32 conv64g3 fc10",
    'conv2 ("conv64g3") expects channels and filters that 3 groups divide but finds images of 32 x 32 x 32; these do: 1, 2, 4, 8, 16, 32',
  ],
  [
    "conv6 conv10g6 fc10",
    'conv2 ("conv10g6") expects channels and filters that 6 groups divide but finds images of 6 x 32 x 32; these do: 1, 2',
  ],
  [
    "conv12-gn8 fc10",
    'gn1 ("gn8") expects channels that 8 groups divide but finds images of 12 x 32 x 32; these do: 1, 2, 3, 4, 6, 12',
  ],
  [
    "conv5040-gn11 gap fc10",
    "these do: 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, …",
  ],
  [
    "fc100-relu conv8 fc10",
    'conv1 ("conv8") expects images but finds 100 features; put it before the first "gap" or "fc"',
  ],
  [
    "gap pool fc10",
    'pool1 ("pool") expects images but finds 3 features; put it before',
  ],
  ["fc1 gap", 'gap1 ("gap") expects images but finds 1 feature; put it before'],
  ["gap gn1", 'gn1 ("gn1") expects images but finds 3 features; put it before'],
  [
    "res[conv8] gap fc10",
    'expected both branches of res1 to give the same shape but found images of 8 x 32 x 32 and images of 3 x 32 x 32; a shortcut makes them equal, as in "res[… | conv8k1-bn]"',
  ],
  [
    "conv8 res[conv16s2-relu conv16] gap fc10",
    'images of 16 x 16 x 16 and images of 8 x 32 x 32; a shortcut makes them equal, as in "res[… | conv16k1s2-bn]"',
  ],
  [
    "conv8s3 res[conv8s2] gap fc10",
    'images of 8 x 6 x 6 and images of 8 x 11 x 11; a shortcut makes them equal, as in "res[… | conv8k1s2-bn]"',
  ],
  [
    "conv8 res[conv8p0] gap fc10",
    'images of 8 x 30 x 30 and images of 8 x 32 x 32; pad the convolutions, as they are without "p", or give it a shortcut',
  ],
  [
    "conv8 res[conv8s2 | conv8k1] gap fc10",
    'images of 8 x 16 x 16 and images of 8 x 32 x 32; change the layers before or behind the "|"',
  ],
  [
    "fc8 res[fc9] fc10",
    '9 features and 8 features; a shortcut makes them equal, as in "res[… | fc9]"',
  ],
  [
    "conv8 res[gap] fc10",
    'found 8 features and images of 8 x 32 x 32; a shortcut makes them equal, as in "res[… | fc8]"',
  ],
];

describe("planModel()", () => {
  for (const network of TORCH_NETWORKS) {
    it(`finds the shapes and costs that PyTorch does for ${network.model}`, () => {
      const layers = plan(network.model, network.inputDim);
      for (const { name, spec, output, multiplyAdds } of allLayers(layers)) {
        const expected = network.layers[name];
        assert(expected, name);
        assertEquals(output, expected.output, name);
        if (spec.kind === "conv" || spec.kind === "fc") {
          assertEquals(multiplyAdds, expected.multiplyAdds, name);
        }
      }
      assertEquals(
        allLayers(layers).length,
        Object.keys(network.layers).length,
      );
      const shapes = parametersOf(layers).map((
        { name, shape },
      ) => [name, shape]);
      const expected = Object.entries(network.parameters)
        .map(([name, { shape }]) => [name, shape]);
      assertEquals(
        Object.fromEntries(shapes),
        Object.fromEntries(expected),
      );
      const buffers = allLayers(layers)
        .flatMap(({ buffers }) => Object.values(buffers));
      assertEquals(
        buffers.map(({ name }) => name).sort(),
        Object.keys(network.buffers).sort(),
      );
    });
  }

  it("finds the parameters of networks from the literature", () => {
    const count = (text: string, inputDim?: Image) =>
      parametersOf(plan(text, inputDim))
        .reduce((n, { shape }) => n + sizeOf(shape), 0);
    // LeCun et al. (1998), with pooling without parameters and full connections.
    const lenet = "conv6k5 relu pool conv16k5p0 relu pool fc120 fc84 fc10";
    assertEquals(count(lenet, [1, 28, 28]), 61_706);
    // torchvision.models.vgg11() and resnet18(), by their own count.
    const vgg =
      "conv64-relu pool conv128-relu pool conv256-relu conv256-relu pool conv512-relu conv512-relu pool conv512-relu conv512-relu pool fc4096-relu fc4096-relu fc1000";
    assertEquals(count(vgg, [3, 224, 224]), 132_863_336);
    const stage = (n: number, s: string) =>
      `res[conv${n}${s}-bn-relu conv${n}-bn${
        s === "" ? "" : ` | conv${n}k1${s}-bn`
      }]-relu res[conv${n}-bn-relu conv${n}-bn]-relu `;
    const resnet = `conv64k7s2-bn-relu pool3s2 ${stage(64, "")}${
      [128, 256, 512].map((n) => stage(n, "s2")).join("")
    }gap fc1000`;
    assertEquals(count(resnet, [3, 224, 224]), 11_689_512);
  });

  it("numbers layers by their kind, in blocks too", () => {
    const names = allLayers(
      plan("conv8-bn res[conv8-bn res[relu] | conv8k1-bn] relu gap fc10"),
    ).map(({ name }) => name);
    assertEquals(
      names.join(" "),
      "conv1 bn1 conv2 bn2 relu1 res1 conv3 bn3 res2 relu2 gap1 fc1",
    );
  });

  it("leaves the bias of a convolution to a bn right behind it", () => {
    const names = parametersOf(plan("conv8-bn conv8-relu-bn conv8-ln gap fc2"))
      .map(({ name }) => name);
    assertEquals(
      names.filter((name) => /^conv.*bias/.test(name)),
      ["conv2.bias", "conv3.bias"],
    );
    const inBlock = plan("conv8 res[conv8]-bn gap fc2");
    assert(parametersOf(inBlock).some(({ name }) => name === "conv2.bias"));
  });

  it("lets weights of convolutions and affine layers decay, and nothing else", () => {
    for (const { name, decays } of parametersOf(plan("conv8-bn-ln gap fc2"))) {
      assertEquals(decays, /^(conv|fc)\d+\.weight$/.test(name), name);
    }
  });

  for (const [text, message] of IMPOSSIBLE) {
    it(`refuses ${text}`, () => {
      assertThrows(() => plan(text), RangeError, message);
    });
  }

  it("refuses images that are none", () => {
    for (
      const inputDim of [[3, 32], [3, 32, 0], [3, 32, 1.5], [3, 32, NaN], []]
    ) {
      assertThrows(
        () => plan("fc10", inputDim as unknown as Image),
        RangeError,
        "expected images of (channels, height, width) but found (",
      );
    }
  });

  it("gives a plan or a RangeError of one line for any layers", () => {
    const image = fc.tuple(
      ...[1, 2, 3].map(() => fc.integer({ min: 1, max: 40 })),
    ) as unknown as fc.Arbitrary<Image>;
    fc.assert(
      fc.property(layerSpecs(), image, (layers, inputDim) => {
        let planned: PlannedLayer[];
        try {
          planned = planModel(layers, inputDim);
        } catch (error) {
          assert(error instanceof RangeError);
          assert(/^Cannot build model: [^\n]+; [^\n]+$/.test(error.message));
          return;
        }
        assertEquals(
          formatModel(planned.map(({ spec }) => spec)),
          formatModel(layers),
        );
        for (const { input, output, multiplyAdds } of allLayers(planned)) {
          const numbers = [...input, ...output, multiplyAdds + 1];
          assert(numbers.every((n) => Number.isInteger(n) && n > 0));
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe("scoresOf()", () => {
  it("is what the last layer gives", () => {
    assertEquals(scoresOf(plan("fc7")), 7);
    assertEquals(scoresOf(plan("conv5 gap"), 5), 5);
  });

  it("refuses anything but one score a class", () => {
    const wrong: [string, number | undefined, string][] = [
      [
        "conv8-relu",
        3,
        'to give 3 scores, one for each class, but found relu1, which gives images of 8 x 32 x 32; end the model with "fc3"',
      ],
      [
        "conv8 pool",
        undefined,
        'to give scores, one for each class, but found pool1, which gives images of 8 x 16 x 16; end the model with "fc10"',
      ],
      ["fc5", 3, 'found fc1, which gives 5 features; make it "fc3"'],
      [
        "conv8 gap",
        10,
        'found gap1, which gives 8 features; end the model with "fc10"',
      ],
      ["res[relu]", 10, "found res1, which gives images of 3 x 32 x 32; end"],
    ];
    for (const [text, classes, message] of wrong) {
      assertThrows(() => scoresOf(plan(text), classes), RangeError, message);
    }
  });
});

describe("checkMemory()", () => {
  it("refuses parameters that cannot fit, and names the layer that has most", () => {
    assertThrows(
      () => checkMemory(plan("conv8-relu fc1000000-relu fc10"), "float32"),
      RangeError,
      'expected parameters that fit into 4 GiB but found 30.6 GiB of them in float32, 30.5 GiB in fc1 ("fc1000000") on images of 8 x 32 x 32; make it smaller, or pool before it',
    );
    assertThrows(
      () => checkMemory(plan("conv1048576 conv1048576 fc10"), "float64"),
      RangeError,
      'GiB in conv2 ("conv1048576") on images of 1048576 x 32 x 32',
    );
  });

  it("refuses layers that cannot fit for one image", () => {
    for (
      const [text, message] of [
        [
          "conv1048576k1 gap fc10",
          'found conv1 ("conv1048576k1") on images of 3 x 32 x 32, which takes 4.0 GiB in float32',
        ],
        [
          "conv8k1p100000 gap fc10",
          'conv1 ("conv8k1p100000") on images of 3 x 32 x 32, which takes 1,640 GiB',
        ],
        ["conv8k3d1000000 gap fc10", 'conv1 ("conv8d1000000")'],
      ] as const
    ) {
      assertThrows(
        () => checkMemory(plan(text), "float32"),
        RangeError,
        message,
      );
    }
  });

  it("is twice as strict in float64", () => {
    const half = plan("fc200000 fc10");
    checkMemory(half, "float32");
    assertThrows(() => checkMemory(half, "float64"), RangeError, "4.6 GiB");
  });
});

// Copyright 2026 the Convlab authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import { assignParameters } from "../../models/assign_parameters.ts";
import { ConvNet } from "../../models/conv_net.ts";
import { fromThreeLayer, isThreeLayer } from "../../models/from_three_layer.ts";
import { ThreeLayerConvNet } from "../../models/three_layer_conv_net.ts";
import { RandomState } from "../../numerics/random.ts";
import { zeros } from "../../numerics/tensor.ts";

for (const dtype of ["float32", "float64"] as const) {
  Deno.test(`fromThreeLayer() gives the same scores, to the bit, in ${dtype}`, () => {
    const random = new RandomState(231);
    const network = new ThreeLayerConvNet({
      inputDim: [2, 9, 7],
      ...{ numFilters: 5, filterSize: 3, hiddenDim: 6, numClasses: 4 },
      ...{ weightScale: 0.1, reg: 0.5, dtype, random },
    });
    for (const name of ["b1", "b2", "b3"]) {
      const { data } = network.params[name]!;
      data.set(random.randn([data.length]).data);
    }
    const x = random.randn([3, 2, 9, 7]).astype(dtype);
    const converted = fromThreeLayer(network);
    assertEquals(converted.model, "conv5 relu pool fc6 relu fc4");
    assertEquals(converted.scores(x).data, network.scores(x).data);
    assertEquals(
      converted.loss(x, [0, 1, 3]).loss,
      network.loss(x, [0, 1, 3]).loss,
    );
  });
}

Deno.test("fromThreeLayer() names what is missing or does not fit", () => {
  const { inputDim, params } = new ThreeLayerConvNet({ inputDim: [1, 4, 4] });
  assertEquals(isThreeLayer(params), true);
  assertEquals(isThreeLayer(new ConvNet({ model: "fc2" }).params), false);
  const { b3: _, ...others } = params;
  assertThrows(
    () => fromThreeLayer({ inputDim, params: others }),
    TypeError,
    "expected a parameter b3 but found none",
  );
  assertThrows(
    () => fromThreeLayer({ inputDim: [1, 6, 4], params }),
    TypeError,
    "expected fc1.weight of shape (192, 100) but found (128, 100)",
  );
});

Deno.test("assignParameters() names what is missing, unknown or of another shape", () => {
  const network = new ConvNet({ model: "conv2-bn gap", inputDim: [1, 3, 3] });
  const own = { ...network.params, ...network.buffers };
  const before = { params: network.params, buffers: network.buffers };
  const { "bn1.running_var": _, ...others } = own;
  for (
    const [tensors, message] of [
      [others, "expected bn1.running_var of shape (2,) but found none"],
      [
        { ...own, "conv1.weight": zeros([2, 3, 3, 1]) },
        "expected conv1.weight of shape (2, 1, 3, 3) but found (2, 3, 3, 1)",
      ],
      [
        { ...own, "conv1.bias": zeros([2]) },
        "expected those of the network but found conv1.bias too",
      ],
    ] as const
  ) {
    assertThrows(() => assignParameters(network, tensors), TypeError, message);
    assertEquals(network.params, before.params);
    assertEquals(network.buffers, before.buffers);
  }
});

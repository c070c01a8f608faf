// Copyright 2026 the Convlab authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { ConvNet } from "../../models/conv_net.ts";
import { RandomState } from "../../numerics/random.ts";
import { tensor } from "../../numerics/tensor.ts";
import { initParameters } from "../../training/init_parameters.ts";

function networkOf(model: string, dtype: "float32" | "float64" = "float32") {
  const random = new RandomState(1);
  return new ConvNet({ model, inputDim: [1, 8, 8], dtype, random });
}

describe("initParameters()", () => {
  it("takes what has the same name and shape, running statistics too, and leaves the rest", () => {
    const learned = networkOf("conv4-bn-relu gap fc10");
    learned.params["bn1.weight"] = tensor([2, 3, 4, 5], [4], "float32");
    learned.buffers["bn1.running_mean"] = tensor([1, 2, 3, 4], [4], "float32");
    const model = networkOf("conv4-bn-relu gap fc2");
    const before = model.params["fc1.weight"]!.clone();
    const { taken, fresh } = initParameters(model, {
      ...learned.params,
      ...learned.buffers,
    });
    assertEquals(taken, [
      ...["conv1.weight", "bn1.weight", "bn1.bias"],
      ...["bn1.running_mean", "bn1.running_var"],
    ]);
    assertEquals(fresh, ["fc1.weight", "fc1.bias"]);
    assertEquals([...model.params["bn1.weight"]!.data], [2, 3, 4, 5]);
    assertEquals([...model.buffers["bn1.running_mean"]!.data], [1, 2, 3, 4]);
    assertEquals(model.params["fc1.weight"], before);
  });

  it("copies, and keeps the model's dtype", () => {
    const learned = networkOf("conv4-relu gap fc2", "float64");
    const model = networkOf("conv4-relu gap fc2");
    initParameters(model, learned.params);
    const weight = model.params["conv1.weight"]!;
    assertEquals(weight.dtype, "float32");
    assertEquals(
      weight.data,
      Float32Array.from(learned.params["conv1.weight"]!.data),
    );
    weight.data[0] = 7;
    assertEquals(learned.params["conv1.weight"]!.data[0] === 7, false);
  });

  it("refuses tensors of which none fits", () => {
    assertThrows(
      () =>
        initParameters(networkOf("conv4-relu gap fc2"), { W1: tensor([1, 2]) }),
      RangeError,
      "expected any of conv1.weight (4, 1, 3, 3), conv1.bias (4,), fc1.weight (4, 2), fc1.bias (2,) but found W1 (2,)",
    );
  });
});

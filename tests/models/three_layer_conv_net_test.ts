// Copyright 2026 the Convlab authors. MIT license.

import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertThrows,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  ThreeLayerConvNet,
  type ThreeLayerConvNetOptions,
} from "../../models/three_layer_conv_net.ts";
import { evalNumericalGradient } from "../../numerics/gradient.ts";
import { RandomState } from "../../numerics/random.ts";
import { relError } from "../../numerics/rel_error.ts";
import { zeros } from "../../numerics/tensor.ts";
import { fromThreeLayer } from "../../models/from_three_layer.ts";

const SMALL = {
  numFilters: 3,
  filterSize: 3,
  hiddenDim: 5,
  numClasses: 4,
} as const;

describe("ThreeLayerConvNet", () => {
  it("has the shapes of the document by default", () => {
    const { params, inputDim, reg } = new ThreeLayerConvNet({
      random: new RandomState(0),
    });
    const shapes = Object.fromEntries(
      Object.entries(params).map(([n, p]) => [n, [...p.shape]]),
    );
    assertEquals(shapes, {
      W1: [32, 3, 7, 7],
      b1: [32],
      W2: [8192, 100],
      b2: [100],
      W3: [100, 10],
      b3: [10],
    });
    assertEquals([[...inputDim], reg], [[3, 32, 32], 0]);
    assert(Object.values(params).every(({ dtype }) => dtype === "float32"));
  });

  it("activations() gives what each layer gives", () => {
    const random = new RandomState(7);
    const inputDim = [2, 6, 8] as const;
    const model = new ThreeLayerConvNet({ ...SMALL, inputDim, random });
    const x = random.randn([3, 2, 6, 8]);
    const found = model.activations(x);
    const expected = fromThreeLayer(model).activations(x);
    assertEquals(found, expected);
    assertEquals(found.get("fc2"), model.scores(x));
    const dscores = random.randn([3, model.params.b3!.size]);
    assertEquals(
      model.inputGradient(x, dscores),
      fromThreeLayer(model).inputGradient(x, dscores),
    );
  });

  it("draws W1, W2, W3 in this order, scaled and rounded, and sets biases to 0", () => {
    const model = new ThreeLayerConvNet({
      ...SMALL,
      inputDim: [2, 6, 8],
      weightScale: 0.5,
      random: new RandomState(4),
    });
    const random = new RandomState(4);
    for (
      const [name, shape] of [["W1", [3, 2, 3, 3]], ["W2", [36, 5]], ["W3", [
        5,
        4,
      ]]] as const
    ) {
      const expected = random.randn(shape).data.map((value) =>
        Math.fround(0.5 * value)
      );
      assertEquals([...model.params[name]!.data], [...expected]);
    }
    for (const name of ["b1", "b2", "b3"]) {
      assert(model.params[name]!.data.every((value) => value === 0));
    }
  });

  it("draws other weights for each model when no generator is given", () => {
    const draw = () =>
      new ThreeLayerConvNet({ ...SMALL, inputDim: [1, 4, 4] }).params.W1!.data;
    assert(draw().some((value, i) => value !== draw()[i]));
  });

  it("loss() agrees with numeric gradients, regularised, for odd and non-square images", () => {
    for (const inputDim of [[1, 5, 7], [3, 4, 6]] as const) {
      const random = new RandomState(6);
      const model = new ThreeLayerConvNet({
        ...SMALL,
        inputDim,
        weightScale: 0.3,
        reg: 0.2,
        dtype: "float64",
        random,
      });
      const x = random.randn([4, ...inputDim]);
      const y = random.randint(0, 4, 4);
      const { grads } = model.loss(x, y);
      for (const [name, gradient] of Object.entries(grads)) {
        const numeric = evalNumericalGradient(
          () => model.loss(x, y).loss,
          model.params[name]!,
        );
        assert(relError(numeric, gradient) < 1e-5, name);
      }
    }
  });

  it("loss() is the logarithm of the number of classes at first, and more with reg", () => {
    const random = new RandomState(1);
    const model = new ThreeLayerConvNet({ random });
    const x = random.randn([10, 3, 32, 32]).astype("float32");
    const y = random.randint(0, 10, 10);
    const plain = model.loss(x, y).loss;
    assertAlmostEquals(plain, Math.log(10), 1e-3);
    model.reg = 1;
    let squares = 0;
    for (const name of ["W1", "W2", "W3"]) {
      for (const w of model.params[name]!.data) squares += w * w;
    }
    assertAlmostEquals(model.loss(x, y).loss - plain, squares / 2, 1e-6);
  });

  it("computes in float32 what it computes in float64, to rounding", () => {
    const random = new RandomState(3);
    const model = new ThreeLayerConvNet({
      ...SMALL,
      inputDim: [3, 8, 8],
      weightScale: 0.1,
      random,
    });
    const x = random.randn([6, 3, 8, 8]);
    const double = model.loss(x, [0, 1, 2, 3, 0, 1]);
    const single = model.loss(x.astype("float32"), [0, 1, 2, 3, 0, 1]);
    assertAlmostEquals(single.loss, double.loss, 1e-6);
    for (const [name, gradient] of Object.entries(double.grads)) {
      assertEquals([gradient.dtype, single.grads[name]!.dtype], [
        "float64",
        "float32",
      ]);
      const size = Math.max(...gradient.data.map(Math.abs));
      gradient.data.forEach((value: number, i: number) =>
        assertAlmostEquals(single.grads[name]!.data[i]!, value, 1e-5 * size)
      );
    }
  });

  it("scores() has a row for each image, none for an empty batch", () => {
    const model = new ThreeLayerConvNet({ ...SMALL, inputDim: [3, 8, 8] });
    assertEquals(model.scores(zeros([7, 3, 8, 8])).shape, [7, 4]);
    assertEquals(model.scores(zeros([0, 3, 8, 8])).shape, [0, 4]);
  });

  it("names the option, image or label that is wrong", () => {
    const build = (options: ThreeLayerConvNetOptions) => () =>
      new ThreeLayerConvNet(options);
    assertThrows(
      build({ filterSize: 4 }),
      RangeError,
      "expected filterSize to be odd",
    );
    assertThrows(build({ numFilters: 0 }), RangeError, "expected numFilters");
    assertThrows(build({ hiddenDim: 1.5 }), RangeError, "expected hiddenDim");
    assertThrows(build({ inputDim: [3, 1, 8] }), RangeError, "height / 2");
    for (const value of [-1, NaN, Infinity]) {
      assertThrows(build({ reg: value }), RangeError, "expected reg");
      assertThrows(
        build({ weightScale: value }),
        RangeError,
        "expected weightScale",
      );
    }
    assertThrows(
      build({ dtype: "float16" as "float32" }),
      TypeError,
      "Cannot use dtype",
    );
    const model = new ThreeLayerConvNet({ ...SMALL, inputDim: [3, 8, 8] });
    assertThrows(
      () => model.scores(zeros([1, 3, 8, 9])),
      TypeError,
      "expected images of shape (N, 3, 8, 8)",
    );
    assertThrows(() => model.loss(zeros([1, 3, 8, 8]), [4]), RangeError);
    assertThrows(() => model.loss(zeros([1, 3, 8, 8]), [1, 2]), TypeError);
    delete model.params.W2;
    assertThrows(
      () => model.scores(zeros([1, 3, 8, 8])),
      TypeError,
      "expected a parameter W2",
    );
  });
});

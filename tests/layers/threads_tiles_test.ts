// Copyright 2026 the Convlab authors. MIT license.

/** The same for convolutions and products of matrices, whose kernels have register tiles. */

import { it } from "@std/testing/bdd";
import { affineBackward, affineForward } from "../../layers/affine.ts";
import { convBackwardFast, convForwardFast } from "../../layers/conv_fast.ts";
import {
  convReluPoolBackward,
  convReluPoolForward,
} from "../../layers/conv_relu.ts";
import { ThreeLayerConvNet } from "../../models/three_layer_conv_net.ts";
import { RandomState } from "../../numerics/random.ts";
import { tensor } from "../../numerics/tensor.ts";
import { Solver } from "../../training/solver.ts";
import { assertSameBytes, describeThreads } from "./describe_threads.ts";

describeThreads(({ dtype, random, draw }) => {
  for (
    const [stride, pad, size] of [
      ...[[1, 3, 7], [1, 1, 3], [2, 1, 3], [3, 0, 5]] as const,
    ]
  ) {
    it(`of a convolution are the same bytes (${dtype}, filters of ${size} × ${size}, stride ${stride})`, () => {
      const x = draw(23, 3, 26, 31);
      const w = draw(13, 3, size, size);
      const b = draw(13);
      const dout = convForwardFast(x, w, b, { stride, pad }).out;
      assertSameBytes(() => {
        const { out, cache } = convForwardFast(x, w, b, { stride, pad });
        const { dx, dw, db } = convBackwardFast(dout, cache);
        return [out, dx, dw, db];
      });
    });
  }

  for (
    const [stride, pad, size] of [[1, 3, 7], [2, 1, 2], [1, 0, 5]] as const
  ) {
    it(`of a convolution with a ReLU and a pooling of 2 × 2 are the same bytes (${dtype}, filters of ${size} × ${size})`, () => {
      // More images than partial sums: some of these are of several images.
      const x = draw(70, 3, 20, 23);
      const w = draw(13, 3, size, size);
      const b = draw(13);
      const pool = { poolHeight: 2, poolWidth: 2, stride: 2 };
      const forward = () => convReluPoolForward(x, w, b, { stride, pad }, pool);
      const dout = draw(...forward().out.shape);
      assertSameBytes(() => {
        const { out, cache } = forward();
        const { dx, dw, db } = convReluPoolBackward(dout, cache);
        return [out, dx, dw, db];
      });
    });
  }

  it(`of a convolution with dilation, in groups and depthwise, are the same bytes (${dtype})`, () => {
    for (const groups of [1, 2, 12]) {
      const x = draw(23, 12, 17, 20);
      const w = draw(24, 12 / groups, 3, 3);
      const b = draw(24);
      const options = { pad: 2, dilation: 2, groups };
      const dout = convForwardFast(x, w, b, options).out;
      assertSameBytes(() => {
        const { out, cache } = convForwardFast(x, w, b, options);
        const { dx, dw, db } = convBackwardFast(dout, cache);
        return [out, dx, dw, db];
      });
    }
  });

  it(`of an affine layer are the same bytes (${dtype})`, () => {
    const [x, w, b, dout] = [
      draw(50, 1111),
      draw(1111, 77),
      draw(77),
      draw(50, 77),
    ];
    assertSameBytes(() => {
      const { out, cache } = affineForward(x!, w!, b!);
      const { dx, dw, db } = affineBackward(dout!, cache);
      return [out, dx, dw, db];
    });
  });

  it(`of an affine layer with a penalty are the same bytes (${dtype})`, () => {
    const [x, w, dout] = [draw(50, 4111), draw(4111, 37), draw(50, 37)];
    assertSameBytes(() => {
      const gradients = affineBackward(dout, { x, w }, { reg: 0.1 });
      const { dw, sumSquares } = gradients;
      return [dw, tensor([sumSquares!])];
    });
  });

  it(`of a network's loss and gradients are the same bytes (${dtype})`, () => {
    const model = new ThreeLayerConvNet({
      inputDim: [3, 16, 16],
      reg: 0.5,
      dtype,
      random: new RandomState(3),
    });
    const x = draw(50, 3, 16, 16);
    const y = random.randint(0, 10, 50);
    assertSameBytes(() => {
      const { loss, grads } = model.loss(x, y);
      return [tensor([loss]), ...Object.values(grads)];
    });
  });

  it(`of some steps of training are the same bytes (${dtype})`, () => {
    const x = draw(120, 3, 16, 16);
    const y = random.randint(0, 10, 120);
    assertSameBytes(() => {
      const seeded = new RandomState(3);
      const model = new ThreeLayerConvNet({
        inputDim: [3, 16, 16],
        reg: 0.01,
        dtype,
        random: seeded,
      });
      const data = { xTrain: x, yTrain: y, xVal: x, yVal: y };
      const solver = new Solver(model, data, {
        updateRule: "adam",
        batchSize: 50,
        verbose: false,
        random: seeded,
      });
      for (let i = 0; i < 4; i++) solver.step();
      return Object.values(model.params);
    });
  });
});

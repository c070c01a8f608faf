// Copyright 2026 the Convlab authors. MIT license.

/**
 * Convolutions as passes.
 *
 * @module
 */

import { convBackwardNaive, convForwardNaive } from "../../layers/conv.ts";
import { convBackwardFast, convForwardFast } from "../../layers/conv_fast.ts";
import { RandomState } from "../../numerics/random.ts";
import type { DType } from "../../numerics/tensor.ts";
import {
  draw,
  inWorkspace,
  numbersIn,
  once,
  type Pass,
  residents,
} from "./pass.ts";
import type { ConvolutionShape } from "./shapes.ts";

const SEED = 231;

/** The passes of a convolution in one dtype. */
export interface ConvolutionPasses {
  readonly forward: Pass;
  /** Gradients of input, filters and bias. */
  readonly backward: Pass;
  /** Gradients of filters and bias only, as a first layer needs them. */
  readonly filterGradient: Pass;
}

/** The passes on random input, by dtype; references are computed once for all. */
export function convolutionPasses(
  shape: ConvolutionShape,
): (dtype: DType) => ConvolutionPasses {
  const { images, channels, height, width } = shape;
  const { filters, kernel, stride, pad } = shape;
  const options = { stride, pad, dilation: 1, groups: 1 };
  const outHeight = 1 + Math.floor((height + 2 * pad - kernel) / stride);
  const outWidth = 1 + Math.floor((width + 2 * pad - kernel) / stride);
  const taps = channels * kernel * kernel;
  const positions = images * outHeight * outWidth;
  const flops = 2 * positions * filters * taps;

  const random = new RandomState(SEED);
  const drawn = {
    x: draw(random, [images, channels, height, width]),
    w: draw(random, [filters, channels, kernel, kernel]),
    b: draw(random, [filters]),
    dout: draw(random, [images, filters, outHeight, outWidth]),
  };
  const naiveOut = once(() =>
    convForwardNaive(drawn.x, drawn.w, drawn.b, options).out
  );
  const naiveGradients = once(() =>
    convBackwardNaive(drawn.dout, { ...drawn, ...options })
  );
  const filterReferences = () => ({
    dw: { value: naiveGradients().dw, terms: positions },
    db: { value: naiveGradients().db, terms: positions },
  });

  return (dtype) => {
    const { x, w, b, dout } = residents(drawn, dtype);
    const cache = { x, w, b, ...options };
    const forward = () =>
      inWorkspace(() => ({ out: convForwardFast(x, w, b, cache).out }));
    const backward = () =>
      inWorkspace(() => ({ ...convBackwardFast(dout, cache) }));
    const filterGradient = () =>
      inWorkspace(() => {
        const parts = { inputGradient: false } as const;
        const { dw, db } = convBackwardFast(dout, cache, parts);
        return { dw, db };
      });
    const work = (pass: string) => ({
      operation: `convolution ${pass}`,
      dtype,
      shape: { ...shape },
    });
    return {
      forward: {
        work: work("forward"),
        flops,
        numbers: numbersIn(x, w, b, dout),
        run: forward,
        results: forward,
        references: () => ({ out: { value: naiveOut(), terms: taps } }),
      },
      backward: {
        work: work("backward"),
        flops: 2 * flops,
        // Read: dout, x, w. Written: dx, dw, db.
        numbers: numbersIn(dout, x, w, x, w, b),
        run: backward,
        results: backward,
        references: () => ({
          dx: { value: naiveGradients().dx, terms: filters * kernel * kernel },
          ...filterReferences(),
        }),
      },
      filterGradient: {
        work: work("filter gradient"),
        flops,
        numbers: numbersIn(dout, x, w, b),
        run: filterGradient,
        results: filterGradient,
        references: filterReferences,
      },
    };
  };
}

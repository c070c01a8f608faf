// Copyright 2026 the Convlab authors. MIT license.

/**
 * Affine layers as passes.
 *
 * @module
 */

import { affineBackward, affineForward } from "../../layers/affine.ts";
import { RandomState } from "../../numerics/random.ts";
import type { DType } from "../../numerics/tensor.ts";
import { affineBackwardNaive, affineForwardNaive } from "./naive_affine.ts";
import {
  draw,
  inWorkspace,
  numbersIn,
  once,
  type Pass,
  residents,
} from "./pass.ts";
import type { AffineShape } from "./shapes.ts";

const SEED = 231;

/** The passes of an affine layer in one dtype. */
export interface AffinePasses {
  readonly forward: Pass;
  readonly backward: Pass;
}

/** The passes on random input, by dtype; references are computed once for all. */
export function affinePasses(
  shape: AffineShape,
): (dtype: DType) => AffinePasses {
  const { images, features, units } = shape;
  const random = new RandomState(SEED);
  const drawn = {
    x: draw(random, [images, features]),
    w: draw(random, [features, units]),
    b: draw(random, [units]),
    dout: draw(random, [images, units]),
  };
  const flops = 2 * images * features * units;
  const naiveOut = once(() => affineForwardNaive(drawn.x, drawn.w, drawn.b));
  const naive = once(() => affineBackwardNaive(drawn.dout, drawn.x, drawn.w));

  return (dtype) => {
    const { x, w, b, dout } = residents(drawn, dtype);
    const forward = () =>
      inWorkspace(() => ({ out: affineForward(x, w, b).out }));
    const backward = () =>
      inWorkspace(() => {
        const { dx, dw, db } = affineBackward(dout, { x, w });
        return { dx, dw, db };
      });
    const work = (pass: string) => ({
      operation: `affine ${pass}`,
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
        references: () => ({ out: { value: naiveOut(), terms: features } }),
      },
      backward: {
        work: work("backward"),
        flops: 2 * flops,
        // Read: dout, x, w. Written: dx, dw, db.
        numbers: numbersIn(dout, x, w, x, w, b),
        run: backward,
        results: backward,
        references: () => ({
          dx: { value: naive().dx, terms: units },
          dw: { value: naive().dw, terms: images },
          db: { value: naive().db, terms: images },
        }),
      },
    };
  };
}

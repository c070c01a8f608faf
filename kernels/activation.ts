// Copyright 2026 the Convlab authors. MIT license.

/**
 * Activations besides the ReLU, on the kernels (assembly/activation.ts).
 *
 * @module
 */

import type { DType, Tensor } from "../numerics/tensor.ts";
import { runElementwise } from "./elementwise.ts";
import { withFrame } from "./frame.ts";
import type { Kernel } from "./select.ts";

/** x where it is positive, and slope · x elsewhere. */
export function leakyReluForward(x: Tensor, slope: number): Tensor {
  return run("leakyReluForward", [x], x.dtype, [slope]);
}

/** dout where x is positive, and slope · dout elsewhere. */
export function leakyReluBackward(
  dout: Tensor,
  x: Tensor,
  slope: number,
  dtype: DType,
): Tensor {
  return run("leakyReluBackward", [x, dout], dtype, [slope]);
}

/** x · Φ(x). */
export function geluForward(x: Tensor): Tensor {
  return run("geluForward", [x], x.dtype);
}

/** dout · (Φ(x) + x · φ(x)). */
export function geluBackward(dout: Tensor, x: Tensor, dtype: DType): Tensor {
  return run("geluBackward", [x, dout], dtype);
}

/** Runs a kernel that takes tensors of one shape, an output in it, and numbers. */
function run(
  kernel: Kernel,
  inputs: readonly [Tensor, ...Tensor[]],
  dtype: DType,
  scalars: readonly number[] = [],
): Tensor {
  return withFrame((frame) => {
    const [x] = inputs;
    const out = frame.output(x.shape, dtype);
    const addresses = inputs.map((t) => frame.input(t, dtype));
    const args = [...addresses, out.address, ...scalars];
    runElementwise(kernel, dtype, args, x.size);
    return out.take();
  });
}

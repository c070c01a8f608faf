// Copyright 2026 the Convlab authors. MIT license.

/**
 * Convlab: convolutional networks on the CPU. Layers with their gradients, naive
 * and fast; a network and its training; data sets and figures.
 *
 * @example Convolve an image with a filter, and differentiate
 * ```ts
 * import { convBackwardFast, convForwardFast, RandomState, zeros } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const random = new RandomState(231);
 * const x = random.randn([1, 3, 8, 8]);
 * const w = random.randn([4, 3, 3, 3]);
 * const { out, cache } = convForwardFast(x, w, zeros([4]), { stride: 1, pad: 1 });
 * const { dw } = convBackwardFast(out, cache);
 * assertEquals(dw.shape, [4, 3, 3, 3]);
 * ```
 *
 * @module
 */

export * from "./data/get_cifar10_data.ts";
export * from "./data/image_set.ts";
export { getThreads, setThreads } from "./kernels/runtime.ts";
export * from "./layers/affine.ts";
export * from "./layers/affine_relu.ts";
export * from "./layers/batchnorm.ts";
export * from "./layers/conv.ts";
export * from "./layers/conv_bn_relu.ts";
export * from "./layers/conv_fast.ts";
export * from "./layers/conv_relu.ts";
export * from "./layers/dropout.ts";
export * from "./layers/loss.ts";
export * from "./layers/pool.ts";
export * from "./layers/pool_fast.ts";
export * from "./layers/relu.ts";
export * from "./models/three_layer_conv_net.ts";
export * from "./numerics/gradient.ts";
export * from "./numerics/random.ts";
export * from "./numerics/rel_error.ts";
export * from "./numerics/tensor.ts";
export * from "./training/solver.ts";
export * from "./training/update_rules.ts";

// Copyright 2026 the Convlab authors. MIT license.

/**
 * Element by element, on the kernels: ReLU, scaled addition, update rules, and
 * what else training does to tensors in place.
 *
 * @module
 */

import type { DType, Tensor } from "../numerics/tensor.ts";
import { withFrame } from "./frame.ts";
import { runKernel } from "./runtime.ts";
import { bytesOf, type Kernel } from "./select.ts";

/** Elements of one chunk. */
const STEP = 16384;

/** max(x, 0). */
export function reluForward(x: Tensor): Tensor {
  return withFrame((frame) => {
    const out = frame.output(x.shape, x.dtype);
    runElementwise("reluForward", x.dtype, [
      frame.input(x, x.dtype),
      out.address,
    ], x.size);
    return out.take();
  });
}

/** dout where x is not ≤ 0, and 0 elsewhere. */
export function reluBackward(dout: Tensor, x: Tensor, dtype: DType): Tensor {
  return withFrame((frame) => {
    const dx = frame.output(x.shape, dtype);
    const args = [frame.input(x, dtype), frame.input(dout, dtype), dx.address];
    runElementwise("reluBackward", dtype, args, x.size);
    return dx.take();
  });
}

/** a + b, in the shape of a. */
export function add(a: Tensor, b: Tensor, dtype: DType): Tensor {
  return combine("add", a, b, dtype);
}

/** a · b, element by element, in the shape of a. */
export function multiply(a: Tensor, b: Tensor, dtype: DType): Tensor {
  return combine("multiply", a, b, dtype);
}

function combine(
  kernel: "add" | "multiply",
  a: Tensor,
  b: Tensor,
  dtype: DType,
): Tensor {
  return withFrame((frame) => {
    const out = frame.output(a.shape, dtype);
    const args = [frame.input(a, dtype), frame.input(b, dtype), out.address];
    runElementwise(kernel, dtype, args, a.size);
    return out.take();
  });
}

/** y += a · x, in place; both of y's dtype. */
export function addScaled(y: Tensor, a: number, x: Tensor): void {
  withFrame((frame) => {
    const target = frame.input(y, y.dtype);
    runElementwise(
      "addScaled",
      y.dtype,
      [a, frame.input(x, y.dtype), target],
      y.size,
    );
    frame.copyBack(y, target);
  });
}

/** y *= a, in place. */
export function scale(y: Tensor, a: number): void {
  withFrame((frame) => {
    const target = frame.input(y, y.dtype);
    runElementwise("scale", y.dtype, [a, target], y.size);
    frame.copyBack(y, target);
  });
}

/** y = min(max(y, -limit), limit), in place; NaN stays NaN. */
export function clamp(y: Tensor, limit: number): void {
  withFrame((frame) => {
    const target = frame.input(y, y.dtype);
    runElementwise("clamp", y.dtype, [limit, target], y.size);
    frame.copyBack(y, target);
  });
}

/** y += a · (x - y), in place; both of y's dtype. */
export function moveTowards(y: Tensor, a: number, x: Tensor): void {
  withFrame((frame) => {
    const target = frame.input(y, y.dtype);
    runElementwise(
      "moveTowards",
      y.dtype,
      [a, frame.input(x, y.dtype), target],
      y.size,
    );
    frame.copyBack(y, target);
  });
}

/** A kernel that is an update rule. */
export type UpdateKernel = Extract<
  Kernel,
  "sgd" | "sgdMomentum" | "sgdNesterov" | "rmsprop" | "adam"
>;

/**
 * Runs an update rule in place on `w` and its state.
 *
 * @param state Tensors of w's dtype and size that the rule keeps.
 * @param scalars The rule's numbers, in the kernel's order.
 */
export function update(
  kernel: UpdateKernel,
  w: Tensor,
  gradient: Tensor,
  state: readonly Tensor[],
  scalars: readonly number[],
): void {
  withFrame((frame) => {
    const all = [w, gradient, ...state];
    const addresses = all.map((t) => frame.input(t, w.dtype));
    runElementwise(kernel, w.dtype, [...addresses, ...scalars], w.size);
    for (const [i, t] of all.entries()) {
      if (i !== 1) frame.copyBack(t, addresses[i]!);
    }
  });
}

/** Runs a kernel whose work items are single elements. */
export function runElementwise(
  kernel: Kernel,
  dtype: DType,
  args: readonly number[],
  items: number,
): void {
  runKernel(kernel, dtype, {
    args,
    items,
    step: STEP,
    cost: items * bytesOf(dtype) * args.length / 10_000,
    scratchBytes: 64,
  });
}

// Copyright 2026 the Convlab authors. MIT license.

/**
 * The sizes of a convolution and of a pooling, checked: what the naive and the
 * fast functions have in common.
 *
 * @module
 */

import type { Conv2dGeometry } from "../kernels/conv2d_tables.ts";
import type { PoolGeometry } from "../kernels/pool.ts";
import { formatShape, Tensor } from "../numerics/tensor.ts";
import { checkShape } from "./check.ts";
import type { ConvOptions } from "./conv.ts";

/** The options of a convolution, those that are left out at their defaults. */
export function resolveConvOptions(
  options: ConvOptions,
): Required<ConvOptions> {
  const { stride = 1, pad = 0, dilation = 1, groups = 1 } = options;
  return { stride, pad, dilation, groups };
}

/**
 * Sizes of the convolution of x (N, C, H, W) with w (F, C / groups, HH, WW) and
 * b (F,). The output's height is
 * `1 + floor((H + 2 pad - dilation (HH - 1) - 1) / stride)`, so the last rows
 * and columns go unused where windows do not tile the padded input.
 *
 * @throws {TypeError} If a shape does not fit.
 * @throws {RangeError} If an option is out of range, `groups` does not divide C
 * and F, or a filter does not fit into the padded input.
 */
export function convGeometry(
  x: Tensor,
  w: Tensor,
  b: Tensor,
  options: ConvOptions,
): Conv2dGeometry {
  const { stride, pad, dilation, groups } = resolveConvOptions(options);
  const [images, channels, height, width] = shape4("convolve", "x", x, IMAGES);
  const [filters, depth, filterHeight, filterWidth] = shape4(
    "convolve",
    "w",
    w,
    groups === 1 ? "(F, C, HH, WW)" : "(F, C / groups, HH, WW)",
  );
  checkInteger("convolve", "groups", groups, 1, Infinity);
  if (channels % groups || filters % groups) {
    throw new RangeError(
      `Cannot convolve: expected groups to divide x.shape[1] (${channels}) and w.shape[0] (${filters}) but found ${groups}`,
    );
  }
  if (depth !== channels / groups) {
    throw new TypeError(
      `Cannot convolve: expected w.shape[1] to equal x.shape[1]${
        groups === 1 ? "" : " / groups"
      } (${channels / groups}) but found ${depth}`,
    );
  }
  checkShape("convolve", "b", b, [filters]);
  checkInteger("convolve", "stride", stride, 1, Infinity);
  checkInteger("convolve", "pad", pad, 0, Infinity);
  checkInteger("convolve", "dilation", dilation, 1, Infinity);
  const paddedHeight = height + 2 * pad;
  const paddedWidth = width + 2 * pad;
  // Taps that fit when they are `dilation` apart.
  const most = (length: number) => 1 + Math.floor((length - 1) / dilation);
  checkInteger("convolve", "w.shape[2]", filterHeight, 1, most(paddedHeight));
  checkInteger("convolve", "w.shape[3]", filterWidth, 1, most(paddedWidth));
  const extent = (length: number) => dilation * (length - 1) + 1;
  return {
    images,
    channels,
    height,
    width,
    filters,
    filterHeight,
    filterWidth,
    stride,
    pad,
    dilation,
    groups,
    outHeight: 1 + Math.floor((paddedHeight - extent(filterHeight)) / stride),
    outWidth: 1 + Math.floor((paddedWidth - extent(filterWidth)) / stride),
  };
}

/**
 * Sizes of the pooling of x (N, C, H, W), and the shape of its output. The
 * output's height is `1 + floor((H - poolHeight) / stride)`.
 *
 * @throws {TypeError} If x is not of that form.
 * @throws {RangeError} If an option is out of range, or the window larger than
 * the input.
 */
export function poolGeometry(
  x: Tensor,
  options: { poolHeight: number; poolWidth: number; stride: number },
): PoolGeometry & { readonly outShape: readonly number[] } {
  const { poolHeight, poolWidth, stride } = options;
  const [images, channels, height, width] = shape4("pool", "x", x, IMAGES);
  checkInteger("pool", "stride", stride, 1, Infinity);
  checkInteger("pool", "poolHeight", poolHeight, 1, height);
  checkInteger("pool", "poolWidth", poolWidth, 1, width);
  const outHeight = 1 + Math.floor((height - poolHeight) / stride);
  const outWidth = 1 + Math.floor((width - poolWidth) / stride);
  return {
    planes: images * channels,
    height,
    width,
    poolHeight,
    poolWidth,
    stride,
    outHeight,
    outWidth,
    outShape: [images, channels, outHeight, outWidth],
  };
}

const IMAGES = "(N, C, H, W)";

/** The four lengths of a tensor that has four axes. */
function shape4(
  action: string,
  name: string,
  value: Tensor,
  axes: string,
): [number, number, number, number] {
  if (!(value instanceof Tensor) || value.shape.length !== 4) {
    throw new TypeError(
      `Cannot ${action}: expected ${name} of shape ${axes} but found ${
        value instanceof Tensor ? formatShape(value.shape) : typeof value
      }`,
    );
  }
  const [a = 0, b = 0, c = 0, d = 0] = value.shape;
  return [a, b, c, d];
}

function checkInteger(
  action: string,
  name: string,
  value: number,
  min: number,
  max: number,
): void {
  if (Number.isInteger(value) && value >= min && value <= max) return;
  const range = max === Infinity
    ? `of at least ${min}`
    : `from ${min} to ${max}`;
  throw new RangeError(
    `Cannot ${action}: expected ${name} to be an integer ${range} but found ${value}`,
  );
}

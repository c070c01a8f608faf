// Copyright 2026 the Convlab authors. MIT license.

/**
 * Images of 8-bit pixels, and their way to tensors and back.
 *
 * @module
 */

import { formatShape, zeros } from "../numerics/tensor.ts";
import type { DType, Tensor } from "../numerics/tensor.ts";

/** An image of 8-bit samples, grey or RGB. */
export interface Image {
  /** Pixels in a row. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
  /** Samples of a pixel: 1 for grey, 3 for red, green, blue. */
  readonly channels: 1 | 3;
  /** The samples in the order (height, width, channels). */
  readonly pixels: Uint8Array;
}

/** Order of a tensor's axes: `"CHW"` as networks take them, or `"HWC"`. */
export type ImageLayout = "CHW" | "HWC";

/** Options of {@linkcode imageToTensor}. */
export interface ImageToTensorOptions {
  /** Order of the axes. Default `"CHW"`. */
  readonly layout?: ImageLayout;
  /** Element type. Default `"float64"`. */
  readonly dtype?: DType;
}

/** Options of {@linkcode imageFromTensor}. */
export interface ImageFromTensorOptions {
  /** Order of the axes. Default `"CHW"`. */
  readonly layout?: ImageLayout;
  /** Whether to stretch the finite values from their min..max to 0..255. Default `false`. */
  readonly normalize?: boolean;
}

/**
 * The samples of an image, 0 to 255, as a tensor of shape (C, H, W) or (H, W, C).
 *
 * @example One RGB pixel
 * ```ts
 * import { imageToTensor } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const pixels = new Uint8Array([255, 128, 0]);
 * const x = imageToTensor({ width: 1, height: 1, channels: 3, pixels });
 * assertEquals(x.shape, [3, 1, 1]);
 * assertEquals(x.at(1, 0, 0), 128);
 * ```
 */
export function imageToTensor(
  image: Image,
  { layout = "CHW", dtype = "float64" }: ImageToTensorOptions = {},
): Tensor {
  const { width, height, channels, pixels } = image;
  const hwc = zeros([height, width, channels], dtype);
  hwc.data.set(pixels);
  return layout === "CHW" ? hwc.transpose([2, 0, 1]) : hwc;
}

/**
 * The image that a tensor holds: (C, H, W) or (H, W, C) with one or three
 * channels, or (H, W), which is grey.
 *
 * Values are cut to whole numbers as `numpy.ndarray.astype("uint8")` cuts them,
 * and to 0..255. NaN becomes 0. With `normalize` the finite values are first
 * stretched to `255 * (x - min) / (max - min)`; where all are equal, to 0.
 *
 * @throws {TypeError} If the tensor has another shape.
 *
 * @example Stretch a feature map to the full range
 * ```ts
 * import { imageFromTensor, tensor } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const image = imageFromTensor(tensor([[-1, 0, 1]]), { normalize: true });
 * assertEquals(image.pixels, new Uint8Array([0, 127, 255]));
 * ```
 */
export function imageFromTensor(
  x: Tensor,
  { layout = "CHW", normalize = false }: ImageFromTensorOptions = {},
): Image {
  const hwc = toHwc(x, layout);
  const [height, width, channels] = hwc.shape as [number, number, 1 | 3];
  const values = normalize ? stretch(hwc.data) : hwc.data;
  const pixels = new Uint8Array(hwc.size);
  for (let i = 0; i < pixels.length; i++) {
    pixels[i] = Math.min(255, Math.max(0, values[i]!)); // Cuts fractions, and stores NaN as 0.
  }
  return { width, height, channels, pixels };
}

function toHwc(x: Tensor, layout: ImageLayout): Tensor {
  const rank = x.shape.length;
  if (rank === 2) return x.reshape([...x.shape, 1]);
  const channels = x.shape[layout === "CHW" ? 0 : 2];
  if (rank !== 3 || (channels !== 1 && channels !== 3)) {
    throw new TypeError(
      `Cannot make an image: expected a tensor of shape (H, W) or (${
        [...layout].join(", ")
      }) with 1 or 3 channels but found ${formatShape(x.shape)}`,
    );
  }
  return layout === "CHW" ? x.transpose([1, 2, 0]) : x;
}

function stretch(values: ArrayLike<number>): Float64Array {
  let min = Infinity;
  let max = -Infinity;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!Number.isFinite(value)) continue;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  const span = max > min ? max - min : 1;
  return Float64Array.from(values, (value) => 255 * (value - min) / span);
}

// Copyright 2026 the Convlab authors. MIT license.

/**
 * How images and filters are cut up for Winograd's minimal filtering
 * (winograd.ts), and whether that is less work than direct convolution: for
 * float32 at stride 1. Float64 is what gradients are checked in, and always direct.
 *
 * @module
 */

import type { DType } from "../numerics/tensor.ts";
import type { Conv2dGeometry } from "./conv2d_tables.ts";
import { roundUp } from "./select.ts";
import { POINTS, type Points, TILE } from "./winograd.ts";

/** A convolution at stride 1, which the gradient of an input is, too. */
export interface WinogradGeometry extends
  Pick<
    Conv2dGeometry,
    | "images"
    | "channels"
    | "height"
    | "width"
    | "filters"
    | "filterHeight"
    | "filterWidth"
    | "outHeight"
    | "outWidth"
  > {
  /** Zeros above and left of the image. */
  readonly top: number;
  readonly left: number;
}

/** How images and filters are cut up. */
export interface WinogradLayout {
  readonly points: Points;
  /** Pieces of a filter's row. */
  readonly pieces: number;
  /** Copies of the transformed image, each for one of the pieces; or one for all. */
  readonly copies: number;
  /** Tiles of a row of outputs. */
  readonly tiles: number;
  /** Tiles of a row of the transformed image. */
  readonly pitch: number;
  /** Rows of the transformed image. */
  readonly rows: number;
  /** What is left of direct convolution's work. */
  readonly share: number;
}

/**
 * What it costs to transform rows, in multiply-adds for each vector of tiles: those
 * of the other factors and those of images.
 */
export interface TransformCost {
  readonly filter: number;
  readonly channel: number;
}

/** The most that is left of the work for which it is done; in wide tiles, which are faster, more is left. */
const WORTHWHILE = 0.8;
/**
 * Multiply-adds of one image below which no pass is done so: nobody waits for those,
 * and whole numbers, as in examples, come out whole.
 */
const MANY = 750_000;

/** The layout for a convolution, if that is less work. */
export function winogradLayout(
  g: Conv2dGeometry,
  dtype: DType,
  c: WinogradGeometry,
  cost: TransformCost,
): WinogradLayout | undefined {
  if (dtype !== "float32" || c.filterWidth < 3) return undefined;
  if (g.stride > 1 || g.dilation > 1 || g.groups > 1) return undefined;
  const piecesOf = (width: 3 | 4) => Math.ceil(c.filterWidth / width);
  const points = POINTS[6 * piecesOf(3) <= 7 * piecesOf(4) ? 3 : 4];
  const pieces = piecesOf(points.filterWidth);
  const tiles = Math.ceil(c.outWidth / TILE);
  // Where pieces are as long as tiles, a piece reads what its neighbour's next tile does;
  // but rows of the tiles' sums are then no longer joined, and should be whole.
  const shared = pieces > 1 && points.filterWidth === TILE && tiles % 8 === 0;
  const copies = shared ? 1 : pieces;
  const products = c.filters * c.channels * c.filterHeight;
  const directly = c.outHeight * c.outWidth * c.filterWidth * products;
  const transforms = cost.filter * c.filters +
    cost.channel * c.channels * copies;
  const vectors = roundUp(c.outHeight * tiles, 8) / 4;
  const share = vectors * (points.count * pieces * products + transforms) /
    (directly / 4);
  // Counted forward, so that all passes of a small layer are exact.
  const forward = g.outHeight * g.outWidth * g.filterWidth * products;
  if (share > WORTHWHILE || forward < MANY) return undefined;
  return {
    ...{ points, pieces, copies, tiles, share },
    pitch: shared ? tiles + pieces - 1 : tiles,
    rows: c.outHeight + c.filterHeight - 1,
  };
}

/** The forward pass as such a convolution. */
export function forwardGeometry(g: Conv2dGeometry): WinogradGeometry {
  return { ...g, top: g.pad, left: g.pad };
}

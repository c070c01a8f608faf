// Copyright 2026 the Convlab authors. MIT license.

/**
 * A convolution, a ReLU and a 2 × 2 max-pooling as one kernel, and the gradients
 * behind them (assembly/conv2d_pool.ts). Only for dilation 1 and one group.
 *
 * @module
 */

import type { DType, Tensor } from "../numerics/tensor.ts";
import { conv2dBackward } from "./conv2d.ts";
import { inputGradientTables } from "./conv2d_input.ts";
import {
  type Conv2dGeometry,
  inputPlane,
  packBias,
  packFilters,
  paddedImage,
} from "./conv2d_tables.ts";
import { winogradForward, winogradInput } from "./conv2d_winograd.ts";
import { conv2dCost, imageGroups } from "./conv2d_work.ts";
import { emptyTensor, type Frame, withFrame } from "./frame.ts";
import { addNonFinite } from "./non_finite.ts";
import { rowBlocks } from "./row_blocks.ts";
import { runKernel, tileWidth } from "./runtime.ts";
import { bytesOf, roundUp, tileColumns } from "./select.ts";
import { allFinite, sumRows } from "./sum.ts";

/** The tap number of a window in which nothing is positive. */
const NONE = 4;

/** Bytes of an entry of the kernels' list of what is not zero. */
const ENTRY = 16;

/** Height and width of the pooled output. */
function pooled(g: Conv2dGeometry): [height: number, width: number] {
  return [g.outHeight >> 1, g.outWidth >> 1];
}

/**
 * The pooled output (N, F, ⌊OH / 2⌋, ⌊OW / 2⌋), and for each of its elements
 * which tap of its window was the maximum, row by row: 4 where none is positive.
 */
export function conv2dReluPoolForward(
  x: Tensor,
  w: Tensor,
  b: Tensor,
  g: Conv2dGeometry,
  dtype: DType,
): { out: Tensor; selected: Uint8Array } {
  return withFrame((frame) => {
    const [height, width] = pooled(g);
    const out = frame.output([g.images, g.filters, height, width], dtype);
    const selected = frame.bytes(g.images * g.filters * height * width);
    const image = frame.input(x, dtype);
    const bias = packBias(frame, b, g, dtype);
    const into = { address: out.address, selected: selected.address };
    if (winogradForward(frame, image, w, bias, into, g, dtype)) {
      return { out: out.take(), selected: selected.take() };
    }
    const columns = tileColumns(dtype, tileWidth());
    const plane = inputPlane(g, dtype, columns, false);
    // Whole vectors are pooled, two for each that is stored.
    const rowWidth = roundUp(2 * width, tileColumns(dtype, "narrow"));
    runKernel("conv2dReluPoolForward", dtype, {
      args: [
        image,
        packFilters(frame, w, g, plane.taps.order, dtype),
        bias,
        frame.table(plane.taps.table),
        ...[out.address, selected.address],
        ...[g.channels, g.height, g.width],
        ...[g.filters, rowBlocks(g.filters).fives],
        ...[height, width, rowWidth],
        ...[g.stride, g.pad, plane.rows, plane.width],
      ],
      items: g.images,
      step: 1,
      cost: conv2dCost(g, dtype),
      scratchBytes: plane.bytes + 2 * g.filters * rowWidth * bytesOf(dtype) +
        64,
    });
    return { out: out.take(), selected: selected.take() };
  });
}

/** The gradients of the filters, the bias and, unless it is not needed, the input. */
export function conv2dReluPoolBackward(
  dout: Tensor,
  selected: Uint8Array,
  x: Tensor,
  w: Tensor,
  g: Conv2dGeometry,
  dtype: DType,
  needsInput: boolean,
): { dx: Tensor | undefined; dw: Tensor; db: Tensor } {
  // Of dout there may then be more than fits the plane that the list is put in.
  const tooWide = g.pad >= Math.min(g.filterHeight, g.filterWidth);
  // 0 times infinity is NaN: only where all is finite may zeros be left out.
  if (tooWide || !allFinite(x)) {
    const dense = spread(dout, selected, g, dtype);
    return conv2dBackward(dense, x, w, g, dtype, needsInput);
  }
  return withFrame((frame) => {
    const grad = frame.input(dout, dtype);
    const taken = frame.inputBytes(selected);
    const { dw, db } = backwardFilter(frame, grad, taken, x, w, g, dtype);
    if (!needsInput) return { dx: undefined, dw, db };
    const out = frame.output([g.images, g.channels, g.height, g.width], dtype);
    if (winogradInput(frame, { address: grad, taken }, w, out, g, dtype)) {
      return { dx: out.take(), dw, db };
    }
    const { tables, sizes, plane, scratchBytes, finite } = inputGradientTables(
      frame,
      w,
      g,
      dtype,
      false,
    );
    const [height, width] = pooled(g);
    runKernel("conv2dPoolBackwardInput", dtype, {
      args: [
        ...[grad, taken, ...tables, out.address, ...sizes],
        ...[g.filters, height, width, ...plane],
      ],
      items: g.images,
      step: 1,
      cost: conv2dCost(g, dtype),
      scratchBytes: scratchBytes + (height * width + 1) * ENTRY,
    });
    const dx = out.take();
    if (!finite) addNonFinite(dx, spread(dout, selected, g, dtype), w, g);
    return { dx, dw, db };
  });
}

function backwardFilter(
  frame: Frame,
  dout: number,
  selected: number,
  x: Tensor,
  w: Tensor,
  g: Conv2dGeometry,
  dtype: DType,
): { dw: Tensor; db: Tensor } {
  const size = bytesOf(dtype);
  const lanes = 16 / size;
  const [height, width] = pooled(g);
  const vectors = g.filterWidth <= lanes ? 1 : 2;
  const plane = paddedImage(g);
  const { offsets, places } = windowRows(
    g,
    vectors * lanes,
    plane.rows,
    plane.width,
  );
  const rows = offsets.length;
  const rowWidth = vectors * lanes;
  const partial = g.filters * rows * rowWidth;
  const { groupSize, groups } = imageGroups(g.images, partial * size);
  const dwParts = frame.scratch(groups * partial * size);
  const dbParts = frame.scratch(groups * g.filters * size);
  runKernel("conv2dPoolBackwardFilter", dtype, {
    args: [
      ...[frame.input(x, dtype), dout, selected],
      frame.table(offsets.map((offset) => offset * size)),
      ...[rows, vectors, dwParts, dbParts, g.images, groupSize],
      ...[g.channels, g.height, g.width, g.filters, height, width],
      ...[g.stride, g.pad, plane.rows, plane.width],
    ],
    items: groups,
    step: 1,
    cost: conv2dCost(g, dtype) / 4,
    scratchBytes: (height * width + 1) * ENTRY +
      g.channels * plane.rows * plane.width * size + 128,
    // Each multiply-add loads what it multiplies: joining would cost more.
    ...(vectors === 1 || tileWidth() === "joined" ? { width: "narrow" } : {}),
  });
  const sums = frame.scratch(partial * size);
  sumRows(dwParts, groups, partial, sums, dtype);
  const dw = emptyTensor(w.shape, dtype);
  const from = frame.view(sums, partial, dtype);
  for (let f = 0, to = 0; f < g.filters; f++) {
    for (const place of places) {
      dw.data[to++] = from[f * rows * rowWidth + place]!;
    }
  }
  const db = frame.output([g.filters], dtype);
  sumRows(dbParts, groups, g.filters, db.address, dtype);
  return { dw, db: db.take() };
}

/**
 * The rows of a window, each cut into pieces of `width` numbers.
 *
 * @returns The offset of each piece from the window's corner in the plane, a
 * multiple of three of them; and the place of each tap in the pieces.
 */
function windowRows(
  g: Conv2dGeometry,
  width: number,
  planeRows: number,
  planeWidth: number,
): { offsets: number[]; places: number[] } {
  const offsets: number[] = [];
  const places: number[] = [];
  for (let c = 0; c < g.channels; c++) {
    for (let y = 0; y < g.filterHeight; y++) {
      for (let x = 0; x < g.filterWidth; x++) {
        if (x % width === 0) {
          offsets.push((c * planeRows + y) * planeWidth + x);
        }
        places.push((offsets.length - 1) * width + x % width);
      }
    }
  }
  while (offsets.length % 3) offsets.push(offsets.at(-1)!);
  return { offsets, places };
}

/** The gradient of the convolution's own output, zeros and all. */
function spread(
  dout: Tensor,
  selected: Uint8Array,
  g: Conv2dGeometry,
  dtype: DType,
): Tensor {
  const dense = emptyTensor(
    [g.images, g.filters, g.outHeight, g.outWidth],
    dtype,
  );
  dense.data.fill(0);
  const [height, width] = pooled(g);
  for (let at = 0; at < dout.size; at++) {
    const tap = selected[at]!;
    if (tap === NONE) continue;
    const x = at % width, y = Math.floor(at / width) % height;
    const plane = Math.floor(at / (width * height));
    const row = plane * g.outHeight + 2 * y + (tap >> 1);
    dense.data[row * g.outWidth + 2 * x + (tap & 1)] = dout.data[at]!;
  }
  return dense;
}

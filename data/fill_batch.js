// Copyright 2026 the Convlab authors. MIT license.

// The pixel work of a batch. It is JavaScript, and imports nothing, because the
// worker that prepares batches ahead is started from its text: the caller's
// thread and the worker run the same lines, so they write the same bytes.

/**
 * Writes the images of a plan into `out`, one after the other: normalised,
 * shifted, mirrored, and with a square cut out. Without any of the changes it
 * writes what `ImageSet.gather` does.
 *
 * With u = flip ? W - 1 - x : x, pixel (c, y, x) of the output is
 * (image - mean) / std at (c, y + dy, u + dx), or 0 where that lies outside of
 * the image or (y, x) within the square. It is computed in float64 and rounded
 * once.
 *
 * @param {{
 *   readonly bytes: Uint8Array,
 *   readonly imageShape: readonly [number, number, number],
 *   readonly mean: Float64Array | undefined,
 *   readonly std: Float64Array | undefined,
 * }} images Images of C·H·W bytes, such as an `ImageSet`.
 * @param {import("./batch_sampler.ts").BatchPlan} plan Its indices have to be those of images.
 * @param {Float32Array | Float64Array} out At least B·C·H·W numbers.
 * @returns {void}
 */
export function fillBatch(images, plan, out) {
  const { bytes, std, imageShape: [channels, height, width] } = images;
  const size = channels * height * width;
  const mean = images.mean ?? new Float64Array(size);
  for (let row = 0; row < plan.indices.length; row++) {
    const from = plan.indices[row] * size;
    const at = row * size;
    const flip = plan.flips[row] === 1;
    const dy = plan.dy[row];
    const dx = plan.dx[row];
    if (!flip && dy === 0 && dx === 0) {
      writeRun(bytes, from, mean, std, 0, 1, out, at, size);
    } else {
      if (dy !== 0 || dx !== 0) out.fill(0, at, at + size);
      // The columns of the output that show one of the image.
      const begin = Math.max(0, flip ? dx : -dx);
      const count = width - Math.abs(dx);
      const first = flip ? width - 1 - begin + dx : begin + dx;
      const last = height - Math.max(0, dy);
      for (let c = 0; c < channels; c++) {
        for (let y = Math.max(0, -dy); y < last; y++) {
          const source = (c * height + y + dy) * width + first;
          const target = at + (c * height + y) * width + begin;
          const step = flip ? -1 : 1;
          writeRun(bytes, from, mean, std, source, step, out, target, count);
        }
      }
    }
    if (plan.cutout > 0) {
      const top = plan.cutoutY[row] - (plan.cutout >> 1);
      const left = plan.cutoutX[row] - (plan.cutout >> 1);
      const bottom = Math.min(height, top + plan.cutout);
      const right = Math.min(width, left + plan.cutout);
      for (let c = 0; c < channels; c++) {
        for (let y = Math.max(0, top); y < bottom; y++) {
          const line = at + (c * height + y) * width;
          out.fill(0, line + Math.max(0, left), line + right);
        }
      }
    }
  }
}

/** Writes `count` pixels of an image from `source` on, forwards or backwards. */
function writeRun(bytes, from, mean, std, source, step, out, target, count) {
  const end = target + count;
  if (std) {
    for (let i = target, s = source; i < end; i++, s += step) {
      out[i] = (bytes[from + s] - mean[s]) / std[s];
    }
  } else {
    for (let i = target, s = source; i < end; i++, s += step) {
      out[i] = bytes[from + s] - mean[s];
    }
  }
}

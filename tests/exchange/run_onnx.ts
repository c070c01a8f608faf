// Copyright 2026 the Convlab authors. MIT license.

/**
 * Runs ONNX files in ONNX Runtime.
 *
 * @module
 */

import * as ort from "onnxruntime-web";
import type { Tensor } from "../../numerics/tensor.ts";

ort.env.wasm.numThreads = 1;

/** What ONNX Runtime gives for images, by the outputs' names. */
export async function runOnnx(
  bytes: Uint8Array,
  x: Tensor,
): Promise<Record<string, ort.Tensor>> {
  const session = await ort.InferenceSession.create(bytes);
  const images = new ort.Tensor("float32", new Float32Array(x.data), x.shape);
  const outputs = await session.run({ images });
  await session.release();
  return { ...outputs };
}

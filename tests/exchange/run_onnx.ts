// Copyright 2026 the Convlab authors. MIT license.

/**
 * Runs ONNX files in ONNX Runtime.
 *
 * @module
 */

// Not in deno.json, from where all who train would download its 140 MB.
// deno-lint-ignore no-import-prefix
import * as ort from "npm:onnxruntime-web@1.30.0";
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

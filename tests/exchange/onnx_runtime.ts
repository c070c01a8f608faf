// Copyright 2026 the Convlab authors. MIT license.

/**
 * A process that runs ONNX files: a request a line on standard input, and an
 * answer a line on standard output, both in JSON.
 *
 * It has a lock file of its own, and its package is named where no tool sees it:
 * with the others in deno.json or deno.lock, everybody who trains a network
 * would download 140 MB that only tests need.
 *
 * @module
 */

import type { OnnxAnswer, OnnxRequest } from "./run_onnx.ts";

/** As much of ONNX Runtime as is used here. */
interface Runtime {
  readonly env: { readonly wasm: { numThreads: number } };
  readonly Tensor: new (
    type: "float32",
    data: Float32Array,
    dims: readonly number[],
  ) => RuntimeTensor;
  readonly InferenceSession: {
    create(bytes: Uint8Array): Promise<{
      run(
        feeds: Record<string, RuntimeTensor>,
      ): Promise<Record<string, RuntimeTensor>>;
      release(): Promise<void>;
    }>;
  };
}

interface RuntimeTensor {
  readonly dims: readonly number[];
  readonly data: Float32Array;
}

const PACKAGE: string = "npm:onnxruntime-web@1.30.0";

async function answer(ort: Runtime, request: OnnxRequest): Promise<OnnxAnswer> {
  const { model, shape, data } = request;
  try {
    const session = await ort.InferenceSession.create(
      Uint8Array.fromBase64(model),
    );
    const images = new ort.Tensor("float32", Float32Array.from(data), shape);
    const outputs = await session.run({ images });
    await session.release();
    return {
      outputs: Object.fromEntries(
        Object.entries(outputs).map((
          [name, { dims, data }],
        ) => [name, { shape: [...dims], data: [...data] }]),
      ),
    };
  } catch (error) {
    return { error: String(error) };
  }
}

if (import.meta.main) {
  const ort: Runtime = await import(PACKAGE);
  ort.env.wasm.numThreads = 1;
  let text = "";
  for await (
    const chunk of Deno.stdin.readable.pipeThrough(new TextDecoderStream())
  ) {
    const lines = (text + chunk).split("\n");
    text = lines.pop()!;
    for (const line of lines) {
      console.log(JSON.stringify(await answer(ort, JSON.parse(line))));
    }
  }
}

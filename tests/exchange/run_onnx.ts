// Copyright 2026 the Convlab authors. MIT license.

/**
 * Runs ONNX files in ONNX Runtime, in a process of its own.
 *
 * @module
 */

import { fromFileUrl } from "@std/path";
import { TextLineStream } from "@std/streams";
import { type Tensor, tensor } from "../../numerics/tensor.ts";
import { denoDir } from "../deno_dir.ts";

/** What the process is asked. */
export interface OnnxRequest {
  /** The bytes of the file, in base64. */
  readonly model: string;
  /** Shape of the images. */
  readonly shape: readonly number[];
  /** Their numbers. */
  readonly data: readonly number[];
}

/** What it answers. */
export type OnnxAnswer =
  | { readonly error: string }
  | {
    readonly outputs: Readonly<
      Record<string, { shape: number[]; data: number[] }>
    >;
  };

/** ONNX Runtime, until it is stopped. */
export interface OnnxRuntime {
  /** What a file gives for images, by the outputs' names. */
  run(bytes: Uint8Array, x: Tensor): Promise<Record<string, Tensor>>;
  /** Ends the process. */
  stop(): Promise<void>;
}

/** Starts ONNX Runtime. */
export function startOnnxRuntime(): OnnxRuntime {
  const path = (name: string) => fromFileUrl(new URL(name, import.meta.url));
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--no-prompt", "--no-config", "--frozen"],
      ...[`--lock=${path("onnx_runtime.lock")}`, "--allow-read"],
      path("onnx_runtime.ts"),
    ],
    env: { DENO_DIR: denoDir() },
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const writer = child.stdin.getWriter();
  const reader = child.stdout.pipeThrough(new TextDecoderStream())
    .pipeThrough(new TextLineStream()).getReader();
  return {
    async run(bytes, x) {
      const request: OnnxRequest = {
        ...{ model: bytes.toBase64(), shape: x.shape, data: [...x.data] },
      };
      const line = `${JSON.stringify(request)}\n`;
      await writer.write(new TextEncoder().encode(line));
      const { value } = await reader.read();
      if (value === undefined) throw new Error("ONNX Runtime has ended");
      const answer: OnnxAnswer = JSON.parse(value);
      if ("error" in answer) throw new Error(answer.error);
      const outputs = Object.entries(answer.outputs)
        .map(([name, { shape, data }]) => [name, tensor(data, shape)]);
      return Object.fromEntries(outputs);
    },
    async stop() {
      await writer.close();
      await reader.cancel();
      await child.status;
    },
  };
}

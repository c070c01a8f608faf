// Copyright 2026 the Convlab authors. MIT license.

/**
 * Runs an exported network in ONNX Runtime, on pictures, and prints the
 * probabilities of their classes. The network takes pixels, as
 * `deno task export RUN --input pixels` makes it.
 *
 * ```sh
 * deno run --no-lock --allow-read examples/run_onnx.ts RUN_FOLDER PICTURE...
 * ```
 *
 * @module
 */

import { decodeImage, fitImage } from "@convlab/convlab";

// Named where no tool sees it, and run without a lock file: in deno.lock it would
// be 140 MB more for everybody who only trains.
const RUNTIME: string = "npm:onnxruntime-web@1.30.0";
const ort = await import(RUNTIME);
ort.env.wasm.numThreads = 1;

const [folder, ...pictures] = Deno.args;
const { classNames, imageShape } = JSON.parse(
  Deno.readTextFileSync(`${folder}/data.json`),
);
const model = Deno.readFileSync(`${folder}/model.onnx`);
const session = await ort.InferenceSession.create(model);

for (const picture of pictures) {
  const image = decodeImage(Deno.readFileSync(picture), picture);
  const pixels = Float32Array.from(fitImage(image, imageShape));
  const images = new ort.Tensor("float32", pixels, [1, ...imageShape]);
  const { probabilities } = await session.run({ images });
  for (const [label, probability] of probabilities!.data.entries()) {
    console.log(`${picture}: ${classNames[label]} ${probability}`);
  }
}

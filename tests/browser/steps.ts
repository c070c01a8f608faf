// Copyright 2026 the Convlab authors. MIT license.

/**
 * Some training steps, and everything that they leave behind: run in Deno and
 * in a browser, they must leave the same.
 *
 * @module
 */

import {
  completeRecipe,
  getThreads,
  ImageSet,
  kernelReport,
  modelOf,
  RandomState,
  setThreads,
  Solver,
  solverOptionsOf,
} from "../../mod.ts";

/** What the steps leave behind. */
export interface Trained {
  readonly losses: readonly number[];
  /** The bytes of all parameters and running statistics, one after the other, in base64. */
  readonly bytes: string;
  readonly threads: number;
  readonly instructions: string;
  readonly limitation: string | undefined;
}

/** Trains a network with normalisation and dropout on random images. */
export function trainSome(threads: number, steps: number): Trained {
  setThreads(threads);
  const random = new RandomState(5);
  const images = new ImageSet({
    bytes: Uint8Array.from(random.randint(0, 256, 200 * 3 * 16 * 16)),
    labels: random.randint(0, 10, 200),
    imageShape: [3, 16, 16],
    mean: new Float64Array(768).fill(128),
    std: new Float64Array(768).fill(64),
  });
  const recipe = completeRecipe({
    model: "conv16-bn-relu pool conv32-bn-relu pool dropout0.3 fc10",
    ...{ updateRule: "adam", learningRate: 1e-3, epochs: 100 },
    ...{ batchSize: 50, flip: true, crop: 2, schedule: "one-cycle" },
  });
  const model = modelOf(recipe, {
    inputDim: images.imageShape,
    numClasses: 10,
    random,
  });
  const solver = new Solver(model, {
    ...{ xTrain: images, yTrain: images.labels },
    ...{ xVal: images, yVal: images.labels },
  }, { ...solverOptionsOf(recipe, images.length), random, verbose: false });
  const losses = Array.from({ length: steps }, () => solver.step());
  const tensors = { ...model.params, ...model.buffers };
  const parts = Object.values(tensors).map((
    { data: { buffer, byteOffset, byteLength } },
  ) => new Uint8Array(buffer, byteOffset, byteLength).slice());
  const bytes = new Uint8Array(parts.reduce((n, { length }) => n + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  const { instructions, limitation } = kernelReport();
  return {
    losses,
    bytes: bytes.toBase64(),
    ...{ threads: getThreads(), instructions, limitation },
  };
}

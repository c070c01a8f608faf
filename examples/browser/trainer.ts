// Copyright 2026 the Convlab authors. MIT license.

/**
 * The worker that trains. Convlab waits for its own workers, which the main
 * thread of a page may not do; here it may.
 *
 * @module
 */

import {
  completeRecipe,
  decodeFashionMnist,
  evaluate,
  getThreads,
  type ImageSet,
  kernelReport,
  modelOf,
  RandomState,
  setThreads,
  softmax,
  Solver,
  solverOptionsOf,
  type Tensor,
} from "@convlab/convlab";
import type { Guess, News, Order, Thumbnails, Wish } from "./messages.ts";

/** Images in the first row, and at the end with what they are taken for. */
const SHOWN = 20;
/** Milliseconds between two messages on the progress. */
const TELL_MS = 100;
/** Iterations between two glances at the accuracies, and images that are looked at. */
const GLANCE_AFTER = 25;
const GLANCE = 300;
const FILES = [
  ...["train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"],
  ...["t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"],
];

const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent<Order>) => void;
  postMessage(news: News): void;
};
const tell = (news: News) => scope.postMessage(news);

const [trainImages, trainLabels, testImages, testLabels] = await Promise.all(
  FILES.map(async (file) => {
    const response = await fetch(`data/${file}`);
    if (!response.ok) throw new Error(`No data/${file}: ${response.status}`);
    return new Uint8Array(await response.arrayBuffer());
  }),
);
const data = await decodeFashionMnist({
  trainImages: trainImages!,
  trainLabels: trainLabels!,
  testImages: testImages!,
  testLabels: testLabels!,
}, { normalize: "channels" });
const { train, validation, test, classNames } = data;

let training: Training | undefined;

scope.onmessage = async ({ data: order }) => {
  switch (order.type) {
    case "check":
      return tell(checked(order.wish));
    case "start":
      training = new Training(order.wish);
      return await training.run();
    default:
      training?.[order.type]();
  }
};

tell({
  type: "ready",
  images: thumbnails(train, SHOWN),
  classNames,
  trainingImages: train.length,
  engine: engine(),
  limitation: kernelReport().limitation,
});

/** One training, from its start to its end. */
class Training {
  readonly #wish: Wish;
  readonly #abort = new AbortController();
  /** Resolved when training may go on. */
  #paused: PromiseWithResolvers<void> | undefined;
  #untold: number[] = [];
  #seconds = 0;

  constructor(wish: Wish) {
    this.#wish = wish;
  }

  pause(): void {
    this.#paused ??= Promise.withResolvers();
  }

  resume(): void {
    this.#paused?.resolve();
    this.#paused = undefined;
  }

  stop(): void {
    this.#abort.abort();
    this.resume();
  }

  async run(): Promise<void> {
    try {
      setThreads(this.#wish.threads || navigator.hardwareConcurrency);
      const { solver, parameters } = this.#prepare();
      const { iterationsPerEpoch, numIterations: iterations } = solver;
      const about = { iterations, iterationsPerEpoch, parameters };
      tell({ type: "started", ...about, engine: engine() });
      try {
        await solver.train();
      } catch (error) {
        if (!this.#abort.signal.aborted) throw error;
      }
      this.#tellEnd(solver);
    } catch (error) {
      tell({ type: "failed", message: messageOf(error) });
    }
  }

  #prepare(): { solver: Solver; parameters: number } {
    const recipe = recipeOf(this.#wish);
    const { model, parameters } = networkOf(this.#wish);
    let before = performance.now();
    let told = before;
    const solver: Solver = new Solver(model, {
      xTrain: train,
      yTrain: train.labels,
      xVal: validation,
      yVal: validation.labels,
    }, {
      ...solverOptionsOf(recipe, train.length),
      random: new RandomState(recipe.seed),
      verbose: false,
      signal: this.#abort.signal,
      onIteration: (iteration, loss) => {
        this.#untold.push(loss);
        const now = performance.now();
        this.#seconds += (now - before) / 1000;
        before = now;
        if (now - told < TELL_MS && iteration < solver.numIterations) return;
        told = now;
        this.#tellProgress(iteration, recipe.batchSize);
      },
      onCheck: (check) => tell({ type: "accuracy", ...check }),
      onIterationEnd: (iteration) => {
        const isChecked = iteration % solver.iterationsPerEpoch === 0;
        if (iteration % GLANCE_AFTER === 0 && !isChecked) {
          const trainAccuracy = accuracyOf(solver, train.slice(0, GLANCE));
          const valAccuracy = accuracyOf(solver, validation.slice(0, GLANCE));
          tell({ type: "accuracy", iteration, trainAccuracy, valAccuracy });
        }
        before = performance.now();
      },
      onTurn: async () => {
        if (!this.#paused) return;
        this.#tellProgress(solver.iteration, recipe.batchSize);
        await this.#paused.promise;
        before = performance.now();
      },
    });
    return { solver, parameters };
  }

  #tellProgress(iteration: number, batchSize: number): void {
    const losses = this.#untold;
    this.#untold = [];
    const imagesPerSecond = iteration * batchSize / this.#seconds;
    tell({ type: "progress", iteration, losses, imagesPerSecond });
  }

  #tellEnd(solver: Solver): void {
    tell({
      type: "ended",
      iteration: solver.iteration,
      seconds: this.#seconds,
      testAccuracy: accuracyOf(solver, test),
      images: thumbnails(test, SHOWN),
      guesses: guesses(solver.scores(test.slice(0, SHOWN))),
    });
  }
}

/** The share of images that are classified rightly. */
function accuracyOf(solver: Solver, images: ImageSet): number {
  const network = { scores: (x: Tensor) => solver.scores(x) };
  return evaluate(network, images, { numClasses: classNames.length }).accuracy;
}

function recipeOf({ model, epochs, learningRate }: Wish) {
  return completeRecipe({
    ...{ model, epochs, learningRate },
    ...{ batchSize: 50, updateRule: "sgd_nesterov", keep: "last" },
    schedule: "one-cycle:peakAt=0.25",
  });
}

function networkOf(wish: Wish) {
  const recipe = recipeOf(wish);
  const model = modelOf(recipe, {
    inputDim: train.imageShape,
    numClasses: classNames.length,
    random: new RandomState(recipe.seed),
  });
  const parameters = Object.values(model.params)
    .reduce((sum, { size }) => sum + size, 0);
  return { model, parameters };
}

function checked(wish: Wish): News {
  const { model } = wish;
  try {
    return { type: "checked", model, parameters: networkOf(wish).parameters };
  } catch (error) {
    return { type: "checked", model, error: messageOf(error) };
  }
}

/** What trains, in words. */
function engine(): string {
  const { instructions } = kernelReport();
  const threads = getThreads();
  return `${threads} ${threads === 1 ? "thread" : "threads"}, ${
    instructions === "relaxed"
      ? "fused multiply-add"
      : "separate multiply and add"
  }`;
}

function thumbnails({ bytes, labels, imageShape }: ImageSet, count: number) {
  const [, side] = imageShape;
  const images: Thumbnails = {
    bytes: bytes.slice(0, count * side * side),
    side,
    labels: [...labels.subarray(0, count)],
  };
  return images;
}

/** The likeliest class of each image. */
function guesses(scores: Tensor): Guess[] {
  const { data, shape: [rows = 0, classes = 0] } = softmax(scores);
  return Array.from({ length: rows }, (_, row) => {
    const part = data.subarray(row * classes, (row + 1) * classes);
    const probability = Math.max(...part);
    return { label: part.indexOf(probability), probability };
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

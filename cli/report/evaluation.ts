// Copyright 2026 the Convlab authors. MIT license.

/**
 * What a report tells of how a network classifies the images of its run.
 *
 * @module
 */

import type { ImageSet } from "../../data/image_set.ts";
import type { Tensor } from "../../numerics/tensor.ts";
import { evaluate, type Evaluation } from "../../training/evaluate.ts";
import { findMistakes, type Mistakes } from "../../training/find_mistakes.ts";
import type { RunFolder } from "../../training/run_folder.ts";
import type { TrainedNetwork } from "../../training/trained_network.ts";
import type { Streams } from "../command.ts";
import { evaluationData } from "../evaluate/data.ts";
import { startProgress } from "../progress.ts";

/** Wrong answers that are shown: whole rows of 2, 3, 4 or 6. */
const SHOWN = 24;
/** Images that go through the network at once. */
const BATCH = 100;

/** A network's answers to images. */
export interface Answers {
  /** Name of the data set, for people. */
  readonly title: string;
  /** Such as `test images`. */
  readonly what: string;
  /** The images. */
  readonly images: ImageSet;
  /** How many answers are right, and what is taken for what. */
  readonly evaluation: Evaluation;
  /** The wrong answers that it is most sure of. */
  readonly mistakes: Mistakes;
}

/** Where the images are, if they have been moved. */
export interface Moved {
  /** The data set. */
  readonly dataset: string | undefined;
  /** Its folder. */
  readonly dataDir: string | undefined;
}

/**
 * Lets a network classify the test images of its run or, if there are none, the
 * images it was validated on.
 *
 * @throws {Error} If the images are gone, or no longer what they were.
 */
export async function answersOf(
  run: RunFolder,
  trained: TrainedNetwork,
  moved: Moved,
  streams: Streams,
): Promise<Answers> {
  const { testImages } = run.readConfig();
  const split = testImages === 0 ? "validation" : "test";
  const { title, images } = await evaluationData(
    run,
    trained,
    { ...moved, split, isMoved: true },
    streams,
  );
  const { dtype, classNames } = trained;
  using progress = startProgress({
    ...streams,
    total: images.length,
    unit: "images",
    label: "Evaluating",
  });
  // Both ask for the scores of the same batches; the second time they are known.
  const scores: Tensor[] = [];
  const asked = {
    scores(x: Tensor): Tensor {
      const found = trained.network.scores(x).clone();
      scores.push(found);
      return found;
    },
  };
  const options = { batchSize: BATCH, dtype };
  const evaluation = evaluate(asked, images, {
    ...{ ...options, numClasses: classNames.length },
    onProgress: (done) => progress.update(done),
  });
  progress.stop();
  let batch = 0;
  const known = { scores: () => scores[batch++]! };
  const mistakes = findMistakes(known, images, { ...options, count: SHOWN });
  return { title, what: `${split} images`, images, evaluation, mistakes };
}

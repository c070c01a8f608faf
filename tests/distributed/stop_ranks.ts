// Copyright 2026 the Convlab authors. MIT license.

/**
 * A program as a user of the library writes it, of which the second rank is
 * asked to stop after three iterations, and the first changes the learning rate.
 *
 * @module
 */

import {
  joinRanks,
  RandomState,
  setThreads,
  Solver,
  ThreeLayerConvNet,
} from "../../mod.ts";

setThreads(1);
const asked = new AbortController();
const ranks = await joinRanks({
  signal: asked.signal,
  reasonOfOthers: () => "for another",
});
const { rank = 0 } = ranks ?? {};
const x = new RandomState(1).randn([12, 1, 8, 8]);
const y = [0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2];
const model = new ThreeLayerConvNet({ inputDim: [1, 8, 8], numClasses: 3 });
const solver: Solver = new Solver(model, {
  ...{ xTrain: x, yTrain: y, xVal: x, yVal: y },
}, {
  batchSize: 6,
  reducer: ranks,
  signal: ranks?.signal,
  verbose: false,
  onIterationEnd(iteration) {
    if (iteration === 2 && rank === 0) solver.learningRate = 0.125;
    if (iteration === 3 && rank === 1) asked.abort("for itself");
  },
});
let reason: unknown;
try {
  await solver.train();
} catch (thrown) {
  reason = thrown;
}
const last = solver.lossHistory.at(-1)!;
console.log(
  `rank ${rank} stopped ${reason} after ${solver.iteration} at rate ${solver.learningRate} and loss ${last}`,
);
await ranks?.leave();

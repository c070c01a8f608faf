// Copyright 2026 the Convlab authors. MIT license.

/** The document retold, run from the top. */

import { assert, assertMatch } from "@std/assert";
import { type Cell, printed } from "./notebook.ts";
import { type Instead, testNotebook } from "./run_notebook.ts";

/** Fewer images than the sample has, and fewer runs of what is timed. */
const FEWER: readonly Instead[] = [
  ["loadDataSet()", "loadDataSet({ numTraining: 4000, numValidation: 200 })"],
  ["milliseconds(naive, 2)", "milliseconds(naive, 1)"],
  ["milliseconds(fast, 20)", "milliseconds(fast, 1)"],
];

testNotebook("convolutional_networks", FEWER, assertLearns);

/** So few images of Fashion-MNIST are learned, too. */
function assertLearns(cells: readonly Cell[]): void {
  const text = (id: string) => printed(cells.find((cell) => cell.id === id)!);
  assertMatch(text("data-load"), /^Fashion-MNIST sample\n/);
  const [, train, validation] = /train acc: (.*); val_acc: (.*)\n$/
    .exec(text("overfit-train")) ?? [];
  assert(Number(train) > 0.95 && Number(validation) < 0.8);
  const accuracy = Number(/[\d.]+(?= %)/.exec(text("test-accuracy"))?.[0]);
  assert(accuracy > 65, `${accuracy} %`);
}

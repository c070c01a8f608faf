// Copyright 2026 the Convlab authors. MIT license.

/** Training by several solvers together, against the same training by one. */

import {
  assert,
  assertEquals,
  assertNotEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { afterAll, beforeAll, it } from "@std/testing/bdd";
import * as fc from "fast-check";
import { ConvNet } from "../../models/conv_net.ts";
import { ThreeLayerConvNet } from "../../models/three_layer_conv_net.ts";
import { partOf } from "../../numerics/part.ts";
import { RandomState } from "../../numerics/random.ts";
import { type Tensor, tensor, zeros } from "../../numerics/tensor.ts";
import type { GradientReducer } from "../../training/gradient_reducer.ts";
import { Solver } from "../../training/solver.ts";
import type { Model } from "../../training/solver_options.ts";
import { describePermitted } from "../permitted.ts";
import { meetingOf } from "./thread_reducer.ts";
import {
  distance,
  FIRST_SEED,
  trainCase,
  type Trained,
  TRAINING_CASES,
  type TrainingCase,
} from "./train_case.ts";

const threads: Worker[] = [];

/** Trains in `size` threads together, and gives what each has in the end. */
function trainTogether(
  training: TrainingCase,
  size: number,
): Promise<Trained[]> {
  const meeting = meetingOf(size);
  return Promise.all(
    threads.slice(0, size).map((thread, rank) =>
      new Promise<Trained>((resolve, reject) => {
        thread.onmessage = ({ data }) => resolve(data);
        thread.onerror = (event) => {
          event.preventDefault();
          reject(new Error(event.message));
        };
        thread.postMessage({ training, rank, meeting });
      })
    ),
  );
}

describePermitted("Solvers that train together", () => {
  beforeAll(() => {
    const url = new URL("./solver_thread.ts", import.meta.url);
    for (let i = 0; i < 4; i++) {
      threads.push(new Worker(url, { type: "module" }));
    }
  });

  afterAll(() => threads.forEach((thread) => thread.terminate()));

  for (const training of TRAINING_CASES) {
    it(`end where one does, in float64: ${training.name}`, async () => {
      const alone = await trainCase(training, FIRST_SEED);
      assertEquals(alone.losses.length, 50);
      for (const size of [1, 2, 3, 4]) {
        const [first, ...others] = await trainTogether(training, size);
        for (const other of others) assertEquals(other, first);
        const { tensors, losses, ...rest } = first!;
        assertEquals(rest, {
          trainAccuracies: alone.trainAccuracies,
          valAccuracies: alone.valAccuracies,
          epoch: alone.epoch,
        });
        assertEquals(Object.keys(tensors), Object.keys(alone.tensors));
        const [a, b] = [alone.losses, losses].map((l) => Float64Array.from(l));
        assert(distance(a!, b!) < 1e-10, `losses with ${size}`);
        for (const [name, values] of Object.entries(alone.tensors)) {
          const d = distance(values, tensors[name]!);
          assert(d < 1e-10, `${name} with ${size}: ${d}`);
        }
      }
    });
  }

  it("normalise their own parts unless they sum statistics, and check with the first one's averages", async () => {
    const training = { ...TRAINING_CASES[2]!, syncBatchnorm: false };
    const alone = await trainCase(training, FIRST_SEED);
    const [first, second] = await trainTogether(training, 2);
    assertNotEquals(first!.losses, alone.losses);
    assertEquals(second, first);
  });

  it("go by the learning rate that is set by hand for the first", async () => {
    const training = { ...TRAINING_CASES[4]!, rateByHand: true };
    const alone = await trainCase(training, FIRST_SEED);
    const plain = await trainCase(TRAINING_CASES[4]!, FIRST_SEED);
    assertNotEquals(alone.losses, plain.losses);
    const [first, second] = await trainTogether(training, 2);
    assertEquals(second, first);
    const [a, b] = [alone.losses, first!.losses].map((l) =>
      Float64Array.from(l)
    );
    assert(distance(a!, b!) < 1e-10);
  });

  it("stop at the same iteration where one's part is not finite, for that one's reason", async () => {
    const training = { ...TRAINING_CASES[0]!, infinite: true };
    const alone = await trainCase(training, FIRST_SEED);
    assertStringIncludes(alone.error!, "a number in the batch itself");
    assert(alone.losses.length > 0);
    for (const size of [2, 4]) {
      for (const { error, losses } of await trainTogether(training, size)) {
        assertEquals(error, alone.error);
        assertEquals(losses.length, alone.losses.length);
      }
    }
  });
});

/** One of `size` solvers, of which the others are not there. */
function fakeReducer(size: number, events: string[] = []): GradientReducer {
  return {
    size,
    learningRate: 0,
    part: (count) => partOf(count, 0, size),
    begin: (batchSize) => ({
      batchSize,
      part: partOf(batchSize, 0, size),
      add: (name) => events.push(name),
      finish: (loss) => (events.push("finish"), loss),
    }),
    sum: () => {},
    broadcast: () => {},
    first: (text) => text,
  };
}

/** A model with one parameter that reduces as much as it is told to. */
class Careless implements Model {
  params: Record<string, Tensor> = { w: tensor([0]) };
  constructor(readonly does: readonly string[]) {}
  loss(...[, , reduction]: Parameters<Model["loss"]>) {
    const grads = { w: tensor([1]) };
    if (this.does.includes("add")) reduction!.add("w", grads.w);
    if (this.does.includes("finish")) reduction!.finish(1);
    return { loss: 1, grads };
  }
  scores(x: Tensor): Tensor {
    return zeros([x.shape[0]!, 2]);
  }
}

describePermitted("Solver with a reducer", () => {
  const data = {
    xTrain: zeros([8, 1]),
    yTrain: new Int32Array(8),
    xVal: zeros([2, 1]),
    yVal: new Int32Array(2),
  };
  const options = { verbose: false, batchSize: 4, reducer: fakeReducer(2) };

  it("says so where a model does not reduce", () => {
    for (
      const [does, message] of [
        [[], "to finish the reduction"],
        [["finish"], "to add the gradient of w"],
      ] as const
    ) {
      const solver = new Solver(new Careless(does), data, options);
      assertThrows(() => solver.step(), TypeError, message);
    }
    const careful = new Careless(["add", "finish"]);
    assertEquals(new Solver(careful, data, options).step(), 1);
  });

  it("is given each gradient before those of the layers in front of it", () => {
    const events: string[] = [];
    const random = new RandomState(1);
    for (
      const model of [
        new ThreeLayerConvNet({ inputDim: [1, 8, 8], random }),
        new ConvNet({
          model: "conv2-bn-relu res[conv2-bn] gap fc3",
          ...{ inputDim: [1, 8, 8], random } as const,
        }),
      ]
    ) {
      const reduction = fakeReducer(2, events).begin(4);
      model.loss(random.randn([2, 1, 8, 8]), Int32Array.of(0, 1), reduction);
    }
    assertEquals(events, [
      ...["W3", "b3", "W2", "b2", "W1", "b1", "finish"],
      ...["fc1.weight", "fc1.bias", "bn2.weight", "bn2.bias", "conv2.weight"],
      ...["bn1.weight", "bn1.bias", "conv1.weight", "finish"],
    ]);
  });

  it("refuses batches that have too few examples for all", () => {
    const model = new Careless([]);
    const reducer = fakeReducer(5);
    assertThrows(
      () => new Solver(model, data, { ...options, reducer }),
      RangeError,
      "expected batches of at least 5 examples, one for each solver, but found 4",
    );
    const shuffled = {
      ...options,
      ...{ sampling: "shuffle", batchSize: 100 } as const,
      reducer: fakeReducer(9),
    };
    assertThrows(
      () => new Solver(model, data, shuffled),
      RangeError,
      "but found 8",
    );
  });

  it("partOf() covers all, in order, as evenly as can be", () => {
    fc.assert(fc.property(
      fc.nat(1000),
      fc.integer({ min: 1, max: 40 }),
      (count, parts) => {
        let next = 0;
        for (let i = 0; i < parts; i++) {
          const { begin, end } = partOf(count, i, parts);
          assertEquals(begin, next);
          const length = end - begin;
          assert(Math.abs(length - count / parts) < 1);
          next = end;
        }
        assertEquals(next, count);
      },
    ));
  });
});

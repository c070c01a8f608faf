// Copyright 2026 the Convlab authors. MIT license.

/**
 * Cells 8 to 11: the fast layers, and the sandwich layers made of them.
 *
 * @module
 */

import { convBackwardNaive, convForwardNaive } from "../../layers/conv.ts";
import { convBackwardFast, convForwardFast } from "../../layers/conv_fast.ts";
import {
  convReluBackward,
  convReluForward,
  convReluPoolBackward,
  convReluPoolForward,
} from "../../layers/conv_relu.ts";
import {
  maxPoolBackwardNaive,
  maxPoolForwardNaive,
} from "../../layers/pool.ts";
import {
  maxPoolBackwardFast,
  maxPoolForwardFast,
} from "../../layers/pool_fast.ts";
import { RandomState } from "../../numerics/random.ts";
import { relError } from "../../numerics/rel_error.ts";
import {
  type CellChecks,
  digits,
  numericGradients,
  order,
  SEED,
  TILING,
} from "./check.ts";

/** Cells 8 to 11: the fast layers, and the sandwich layers made of them. */
export const FAST_CELLS: readonly CellChecks[] = [
  {
    cell: "8",
    title: "convForwardFast and convBackwardFast against naive",
    topics: ["conv", "fast"],
    source: "document",
    run() {
      const random = new RandomState(SEED);
      const x = random.randn([100, 3, 31, 31]);
      const w = random.randn([25, 3, 3, 3]);
      const b = random.randn([25]);
      const dout = random.randn([100, 25, 16, 16]);
      const options = { stride: 2, pad: 1 };
      const naive = convForwardNaive(x, w, b, options);
      const fast = convForwardFast(x, w, b, options);
      const slow = convBackwardNaive(dout, naive.cache);
      const quick = convBackwardFast(dout, fast.cache);
      return [
        order("difference", relError(naive.out, fast.out), "4.92640785149e-11"),
        order(
          "dx difference",
          relError(slow.dx, quick.dx),
          "1.94976477535e-11",
        ),
        order("dw difference", relError(slow.dw, quick.dw), "3.681156828e-13"),
        order("db difference", relError(slow.db, quick.db), "0.0"),
      ];
    },
  },
  {
    cell: "9",
    title: "maxPoolForwardFast and maxPoolBackwardFast against naive",
    topics: ["pool", "fast"],
    source: "document",
    run() {
      const random = new RandomState(SEED);
      const x = random.randn([100, 3, 32, 32]);
      const dout = random.randn([100, 3, 16, 16]);
      const naive = maxPoolForwardNaive(x, TILING);
      const fast = maxPoolForwardFast(x, TILING);
      const slow = maxPoolBackwardNaive(dout, naive.cache);
      const quick = maxPoolBackwardFast(dout, fast.cache);
      return [
        digits("difference", relError(naive.out, fast.out), "0.0"),
        digits("dx difference", relError(slow.dx, quick.dx), "0.0"),
      ];
    },
  },
  {
    cell: "10",
    title: "convReluPoolForward and convReluPoolBackward",
    topics: ["sandwich"],
    source: "document",
    run() {
      const { x, w, b, dout } = sandwichInputs([2, 3, 16, 16], [2, 3, 8, 8]);
      const forward = () =>
        convReluPoolForward(x, w, b, { stride: 1, pad: 1 }, TILING);
      const { dx, dw, db } = convReluPoolBackward(dout, forward().cache);
      const numeric = numericGradients(() => forward().out, dout);
      return [
        order("dx error", relError(numeric(x), dx), "9.59113262192e-09"),
        order("dw error", relError(numeric(w), dw), "5.80239113733e-09"),
        order("db error", relError(numeric(b), db), "1.01463434118e-09"),
      ];
    },
  },
  {
    cell: "11",
    title: "convReluForward and convReluBackward",
    topics: ["sandwich"],
    source: "document",
    run() {
      const { x, w, b, dout } = sandwichInputs([2, 3, 8, 8], [2, 3, 8, 8]);
      const forward = () => convReluForward(x, w, b, { stride: 1, pad: 1 });
      const { dx, dw, db } = convReluBackward(dout, forward().cache);
      const numeric = numericGradients(() => forward().out, dout);
      return [
        order("dx error", relError(numeric(x), dx), "1.52186199803e-09"),
        order("dw error", relError(numeric(w), dw), "2.7020226461e-10"),
        order("db error", relError(numeric(b), db), "1.45127239359e-10"),
      ];
    },
  },
];

function sandwichInputs(xShape: number[], doutShape: number[]) {
  const random = new RandomState(SEED);
  const x = random.randn(xShape);
  const w = random.randn([3, 3, 3, 3]);
  const b = random.randn([3]);
  return { x, w, b, dout: random.randn(doutShape) };
}

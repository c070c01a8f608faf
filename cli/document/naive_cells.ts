// Copyright 2026 the Convlab authors. MIT license.

/**
 * Cells 3, 5, 6 and 7: the naive layers.
 *
 * @module
 */

import { convBackwardNaive, convForwardNaive } from "../../layers/conv.ts";
import {
  maxPoolBackwardNaive,
  maxPoolForwardNaive,
} from "../../layers/pool.ts";
import { RandomState } from "../../numerics/random.ts";
import { relError } from "../../numerics/rel_error.ts";
import { linspace, tensor } from "../../numerics/tensor.ts";
import {
  type CellChecks,
  digits,
  numericGradients,
  SEED,
  TILING,
} from "./check.ts";

/** Cells 3, 5, 6 and 7: the naive layers. */
export const NAIVE_CELLS: readonly CellChecks[] = [
  {
    cell: "3",
    title: "convForwardNaive",
    topics: ["conv", "naive"],
    source: "document",
    run() {
      const x = linspace(-0.1, 0.5, [2, 3, 4, 4]);
      const w = linspace(-0.2, 0.3, [3, 3, 4, 4]);
      const b = linspace(-0.1, 0.2, [3]);
      const { out } = convForwardNaive(x, w, b, { stride: 2, pad: 1 });
      // deno-fmt-ignore
      const expected = tensor([
        -0.08759809, -0.10987781, -0.18387192, -0.2109216, 0.21027089, 0.21661097,
        0.22847626, 0.23004637, 0.50813986, 0.54309974, 0.64082444, 0.67101435,
        -0.98053589, -1.03143541, -1.19128892, -1.24695841, 0.69108355, 0.66880383,
        0.59480972, 0.56776003, 2.36270298, 2.36904306, 2.38090835, 2.38247847,
      ], out.shape);
      return [
        digits("difference", relError(out, expected), "2.21214764175e-08"),
      ];
    },
  },
  {
    cell: "5",
    title: "convBackwardNaive",
    topics: ["conv", "naive"],
    source: "document",
    run() {
      const random = new RandomState(SEED);
      const x = random.randn([4, 3, 5, 5]);
      const w = random.randn([2, 3, 3, 3]);
      const b = random.randn([2]);
      const dout = random.randn([4, 2, 5, 5]);
      const forward = () => convForwardNaive(x, w, b, { stride: 1, pad: 1 });
      const { dx, dw, db } = convBackwardNaive(dout, forward().cache);
      const numeric = numericGradients(() => forward().out, dout);
      return [
        digits("dx error", relError(dx, numeric(x)), "1.15980316116e-08"),
        digits("dw error", relError(dw, numeric(w)), "2.24712647485e-10"),
        digits("db error", relError(db, numeric(b)), "3.3726400665e-11"),
      ];
    },
  },
  {
    cell: "6",
    title: "maxPoolForwardNaive",
    topics: ["pool", "naive"],
    source: "document",
    run() {
      const x = linspace(-0.3, 0.4, [2, 3, 4, 4]);
      const { out } = maxPoolForwardNaive(x, TILING);
      // deno-fmt-ignore
      const expected = tensor([
        -0.26315789, -0.24842105, -0.20421053, -0.18947368, -0.14526316, -0.13052632,
        -0.08631579, -0.07157895, -0.02736842, -0.01263158, 0.03157895, 0.04631579,
        0.09052632, 0.10526316, 0.14947368, 0.16421053, 0.20842105, 0.22315789,
        0.26736842, 0.28210526, 0.32631579, 0.34105263, 0.38526316, 0.4,
      ], out.shape);
      return [
        digits("difference", relError(out, expected), "4.16666651573e-08"),
      ];
    },
  },
  {
    cell: "7",
    title: "maxPoolBackwardNaive",
    topics: ["pool", "naive"],
    source: "document",
    run() {
      const random = new RandomState(SEED);
      const x = random.randn([3, 2, 8, 8]);
      const dout = random.randn([3, 2, 4, 4]);
      const forward = () => maxPoolForwardNaive(x, TILING);
      const { dx } = maxPoolBackwardNaive(dout, forward().cache);
      const numeric = numericGradients(() => forward().out, dout);
      return [
        digits("dx error", relError(dx, numeric(x)), "3.27562514223e-12"),
      ];
    },
  },
];

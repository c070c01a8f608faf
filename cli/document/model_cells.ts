// Copyright 2026 the Convlab authors. MIT license.

/**
 * Cells 13 and 15: the three-layer network.
 *
 * @module
 */

import { ThreeLayerConvNet } from "../../models/three_layer_conv_net.ts";
import { formatE } from "../../numerics/format.ts";
import { evalNumericalGradient } from "../../numerics/gradient.ts";
import { RandomState } from "../../numerics/random.ts";
import { relError } from "../../numerics/rel_error.ts";
import { type CellChecks, digits, SEED } from "./check.ts";

/** Cells 13 and 15: the three-layer network. */
export const MODEL_CELLS: readonly CellChecks[] = [
  {
    cell: "13",
    title: "ThreeLayerConvNet, initial loss",
    topics: ["model", "loss"],
    source: "document",
    run() {
      // What the notebook drew before: cell 11's arrays, then the inputs of a
      // cell 12 that it does not show.
      const random = new RandomState(SEED);
      for (const shape of [[2, 3, 8, 8], [3, 3, 3, 3], [3], [2, 3, 8, 8]]) {
        random.randn(shape);
      }
      random.randn([50, 3, 32, 32]);
      random.randint(0, 10, 50);
      const model = new ThreeLayerConvNet({ random });
      const x = random.randn([50, 3, 32, 32]);
      const y = random.randint(0, 10, 50);
      const plain = model.loss(x, y).loss;
      model.reg = 0.5;
      const regularized = model.loss(x, y).loss;
      return [
        digits("no regularization", plain, "2.30258318667"),
        digits("with regularization", regularized, "2.50834247355"),
      ];
    },
  },
  {
    cell: "15",
    title: "ThreeLayerConvNet, gradients",
    topics: ["model"],
    source: "document",
    run() {
      const random = new RandomState(SEED);
      const x = random.randn([2, 3, 16, 16]);
      const y = random.randint(0, 10, 2);
      const model = new ThreeLayerConvNet({
        numFilters: 3,
        filterSize: 3,
        inputDim: [3, 16, 16],
        hiddenDim: 7,
        dtype: "float64",
        random,
      });
      const { grads } = model.loss(x, y);
      const references = {
        W1: "1.380104e-04",
        W2: "1.822723e-02",
        W3: "3.064049e-04",
        b1: "3.477652e-05",
        b2: "2.516375e-03",
        b3: "7.945660e-10",
      };
      return Object.entries(references).map(([name, reference]) => {
        const loss = () => model.loss(x, y).loss;
        const numeric = evalNumericalGradient(loss, model.params[name]!, {
          h: 1e-6,
        });
        const value = formatE(relError(numeric, grads[name]!));
        const passed = value === reference;
        return { name: `${name} max relative error`, value, reference, passed };
      });
    },
  },
];

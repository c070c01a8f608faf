// Copyright 2026 the Convlab authors. MIT license.

import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertThrows,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import torch from "../../fixtures/torch_optimizers.json" with { type: "json" };
import { resident } from "../../kernels/frame.ts";
import { tensor, zeros } from "../../numerics/tensor.ts";
import { clipGradients } from "../../training/clip_gradients.ts";

describe("clipGradients()", () => {
  for (const { maxNorm, maxValue, before, norm, after } of torch.clipped) {
    const options = {
      ...(maxNorm === null ? {} : { maxNorm }),
      ...(maxValue === null ? {} : { maxValue }),
    };
    it(`equals PyTorch within 1e-14, in place, with ${JSON.stringify(options)}`, () => {
      for (const place of [tensor, (x: number[]) => resident(tensor(x))]) {
        const grads = {
          w: place(before[0] as number[]),
          b: place(before[1] as number[]),
        };
        const found = clipGradients(grads, options);
        assertAlmostEquals(found, norm, 1e-14 * norm);
        for (
          const [name, expected] of [["w", after[0]], ["b", after[1]]] as const
        ) {
          for (const [i, value] of expected!.flat().entries()) {
            assertAlmostEquals(grads[name].data[i]!, value, 1e-14);
          }
        }
      }
    });
  }

  for (const dtype of ["float32", "float64"] as const) {
    it(`treats every element alike, whatever the length (${dtype})`, () => {
      for (const size of [1, 2, 3, 5, 9, 100_001]) {
        const w = tensor(new Float64Array(size).fill(-3), [-1], dtype);
        const norm = clipGradients({ w }, { maxValue: 2, maxNorm: 1 });
        assertAlmostEquals(norm, 2 * Math.sqrt(size), 1e-4 * norm);
        assertAlmostEquals(w.at(0), -2 * Math.min(1, 1 / norm), 1e-5);
        assert(w.data.every((value: number) => value === w.data[0]));
      }
    });

    it(`leaves small gradients as they are, to the last bit (${dtype})`, () => {
      const w = tensor([0.1, -0.2, 0, -0], [-1], dtype);
      const copy = w.clone();
      clipGradients({ w }, { maxNorm: 1, maxValue: 1 });
      assertEquals(w, copy);
    });

    it(`leaves gradients that are NaN or infinite for one to see (${dtype})`, () => {
      for (const value of [NaN, Infinity]) {
        const grads = {
          w: tensor([1, value, 3], [-1], dtype),
          b: tensor([5], undefined, dtype),
        };
        assertEquals(clipGradients(grads, { maxNorm: 1 }), value);
        assertEquals([...grads.w.data], [1, value, 3]);
        assertEquals([...grads.b.data], [5]);
      }
    });
  }

  it("clips infinite elements, and leaves NaN, by value", () => {
    const w = tensor([Infinity, -Infinity, NaN, 1, -9]);
    clipGradients({ w }, { maxValue: 2 });
    assertEquals([...w.data], [2, -2, NaN, 1, -2]);
  });

  it("measures float32 gradients whose squares are too large for float32", () => {
    const w = tensor([3e30, 4e30], [-1], "float32");
    assertAlmostEquals(clipGradients({ w }, { maxNorm: 5 }) / 5e30, 1, 1e-6);
    assertAlmostEquals(w.at(0), 3, 1e-5);
  });

  it("only measures without a limit, also nothing at all", () => {
    const w = tensor([3, 4]);
    assertEquals(clipGradients({ w }), 5);
    assertEquals([...w.data], [3, 4]);
    assertEquals(clipGradients({}, { maxNorm: 1 }), 0);
    assertEquals(clipGradients({ w: zeros([0]) }, { maxNorm: 1 }), 0);
  });

  it("refuses limits that are not positive", () => {
    for (const limit of [0, -1, NaN]) {
      for (const name of ["maxNorm", "maxValue"]) {
        assertThrows(
          () => clipGradients({}, { [name]: limit }),
          RangeError,
          `expected ${name} to be positive but found ${limit}`,
        );
      }
    }
  });
});

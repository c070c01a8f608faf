// Copyright 2026 the Convlab authors. MIT license.

/** The layers on an engine that has no fused multiply-add for vectors. */

import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { convBackwardNaive, convForwardNaive } from "../../layers/conv.ts";
import { RandomState } from "../../numerics/random.ts";
import { type DType, type Tensor, tensor } from "../../numerics/tensor.ts";
import {
  absolute,
  assertWithinRounding,
  bytesOf,
} from "../layers/agreement.ts";

// The module is chosen when it is first imported, by what the engine validates.
const validate = WebAssembly.validate;
WebAssembly.validate = () => false;
const { kernelReport, setThreads } = await import("../../kernels/runtime.ts");
WebAssembly.validate = validate;
const { affineForward } = await import("../../layers/affine.ts");
const { convBackwardFast, convForwardFast } = await import(
  "../../layers/conv_fast.ts"
);

/** Images, filters (of these rows and columns), and options of a convolution. */
const CASES = [
  { x: [9, 3, 17, 30], f: [7, 7, 7], options: { stride: 1, pad: 3 } },
  { x: [7, 2, 15, 9], f: [5, 3, 2], options: { stride: 2, pad: 1 } },
  { x: [3, 5, 1, 1], f: [1, 1, 1], options: { stride: 3, pad: 0 } },
] as const;

describe("the kernels without fused multiply-add", () => {
  it("are those that run here, and round every product", () => {
    assertEquals(kernelReport().instructions, "strict");
    const e = 2 ** -30;
    const x = tensor([[-(1 + 2 * e), 1 + e]]);
    const { out } = affineForward(x, tensor([[1], [1 + e]]), tensor([0]));
    // Fused, the product keeps its last term and this is e².
    assertEquals(out.data, new Float64Array([0]));
  });

  for (const dtype of ["float64", "float32"] as const) {
    it(`convForwardFast() and convBackwardFast() equal the naive functions, with the same bytes on 1 and 3 threads (${dtype})`, () => {
      for (const { x, f, options } of CASES) {
        const draw = drawer(dtype);
        const images = draw([...x]);
        const w = draw([f[0], x[1], f[1], f[2]]);
        const b = draw([f[0]]);
        const naive = convForwardNaive(images, w, b, options);
        const dout = draw(naive.out.shape);
        const sizes = convForwardNaive(
          ...[absolute(images), absolute(w), absolute(b)] as const,
          options,
        );
        const expected = {
          out: naive.out,
          ...convBackwardNaive(dout, naive.cache),
        };
        const bounds = {
          out: sizes.out,
          ...convBackwardNaive(absolute(dout), sizes.cache),
        };
        const bytes = [1, 3].map((threads) => {
          setThreads(threads);
          const { out, cache } = convForwardFast(images, w, b, options);
          const results = { out, ...convBackwardFast(dout, cache) };
          const terms = Math.max(w.size, dout.size) + 1;
          for (const name of ["out", "dx", "dw", "db"] as const) {
            assertWithinRounding(
              ...[results[name], expected[name], bounds[name]] as const,
              terms,
              name,
            );
          }
          return bytesOf(results.out, results.dx, results.dw, results.db);
        });
        assertEquals(bytes[1], bytes[0]);
      }
    });
  }
});

// The layers' own tests, with these kernels.
await import("../layers/conv_fast_test.ts");
await import("../layers/conv_relu_pool_test.ts");
await import("../layers/affine_test.ts");
await import("../layers/bn_relu_test.ts");
await import("../layers/torch_test.ts");

function drawer(dtype: DType): (shape: readonly number[]) => Tensor {
  const random = new RandomState(11);
  return (shape) => random.randn(shape).astype(dtype);
}

// And those of what training does with tensors.
await import("../training/update_rules_test.ts");
await import("../training/clip_gradients_test.ts");
await import("../training/weight_average_test.ts");

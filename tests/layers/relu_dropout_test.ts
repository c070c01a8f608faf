// Copyright 2026 the Convlab authors. MIT license.

import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertThrows,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { dropoutBackward, dropoutForward } from "../../layers/dropout.ts";
import { reluBackward, reluForward } from "../../layers/relu.ts";
import { RandomState } from "../../numerics/random.ts";
import { sum } from "../../numerics/sum.ts";
import { tensor, zeros } from "../../numerics/tensor.ts";
import { bytesOf } from "./agreement.ts";

describe("reluForward() and reluBackward()", () => {
  it("keep what is positive, and NaN, for every length", () => {
    for (const dtype of ["float32", "float64"] as const) {
      for (let size = 0; size < 20; size++) {
        const x = new RandomState(size).randn([size]).astype(dtype);
        if (size > 2) x.data[size - 1] = NaN;
        const { out, cache } = reluForward(x);
        assertEquals([...out.data], [...x.data].map((v) => v <= 0 ? 0 : v));
        const dout = new RandomState(size + 99).randn([size]).astype(dtype);
        const { dx } = reluBackward(dout, cache);
        assertEquals(
          [...dx.data],
          [...dout.data].map((g, i) => x.data[i]! <= 0 ? 0 : g),
        );
      }
    }
  });

  it("reluForward() keeps infinity and turns -Infinity and -0 into 0", () => {
    // Nine: whole vectors and a rest, which go different ways.
    const { out } = reluForward(
      tensor([Infinity, -Infinity, -0, 0, 1e-320, -0, -0, -0, -0]),
    );
    const expected = tensor([Infinity, 0, 0, 0, 1e-320, 0, 0, 0, 0]);
    assertEquals(bytesOf(out), bytesOf(expected));
  });

  it("reluBackward() gives no gradient where the input is 0 or -0", () => {
    for (const dtype of ["float32", "float64"] as const) {
      const x = tensor([0, -0, 1, 0, -0, 0, 2, 0, -0], [9], dtype);
      const dout = tensor([1, 2, 3, 4, 5, 6, 7, 8, 9], [9], dtype);
      const { dx } = reluBackward(dout, reluForward(x).cache);
      assertEquals([...dx.data], [0, 0, 3, 0, 0, 0, 7, 0, 0]);
    }
  });

  it("reluBackward() refuses a gradient of another shape", () => {
    const { cache } = reluForward(zeros([2, 3]));
    assertThrows(
      () => reluBackward(zeros([3, 2]), cache),
      TypeError,
      "expected dout of shape (2, 3)",
    );
  });
});

describe("dropoutForward() and dropoutBackward()", () => {
  const ones = tensor(new Float64Array(100_000).fill(1));

  it("keep the mean, scale what stays by 1 / (1 - p), and drop a share p", () => {
    for (const p of [0.1, 0.5, 0.9]) {
      const random = new RandomState(4);
      const { out } = dropoutForward(ones, { p, mode: "train", random });
      const dropped = out.data.filter((v) => v === 0).length / ones.size;
      assertAlmostEquals(dropped, p, 0.01);
      assert(out.data.every((v) => v === 0 || v === 1 / (1 - p)));
      const mean = sum(out.data) / ones.size;
      // Five standard errors of the mean of so many elements.
      const error = Math.sqrt(p / (1 - p) / ones.size);
      assertAlmostEquals(mean, 1, 5 * error);
    }
  });

  it("pass everything through with p = 0 and in test mode", () => {
    const x = new RandomState(0).randn([4, 5]);
    const random = new RandomState(0);
    assertEquals(
      dropoutForward(x, { p: 0, mode: "train", random }).out.data,
      x.data,
    );
    const { out, cache } = dropoutForward(x, { p: 0.7, mode: "test" });
    assertEquals(out.data, x.data);
    assertEquals(dropoutBackward(x, cache).dx.data, x.data);
  });

  it("draw the same mask for the same seed, and give gradients the same mask", () => {
    const x = new RandomState(0).randn([50]);
    const run = () =>
      dropoutForward(x, { p: 0.4, mode: "train", random: new RandomState(9) });
    const { out, cache } = run();
    assertEquals(run().out.data, out.data);
    assertEquals(dropoutBackward(x, cache).dx.data, out.data);
  });

  it("draw one uniform number for each element in turn, and leave the generator behind the last", () => {
    for (const dtype of ["float32", "float64"] as const) {
      // Blocks of the generator end within a number and between two.
      for (
        const [size, drawn] of [[0, 0], [7, 1], [311, 1], [312, 0], [2000, 5]]
      ) {
        const [used, expected] = [new RandomState(3), new RandomState(3)];
        for (const random of [used, expected]) {
          random.randn([3]); // An odd number: the generator keeps one.
          for (let i = 0; i < drawn!; i++) random.random();
        }
        const x = tensor(new Float64Array(size!).fill(1)).astype(dtype);
        const options = { p: 0.3, mode: "train", random: used } as const;
        const { out } = dropoutForward(x, options);
        const kept = dtype === "float32" ? Math.fround(1 / 0.7) : 1 / 0.7;
        assertEquals(
          [...out.data],
          Array.from(
            { length: size! },
            () => expected.random() < 0.3 ? 0 : kept,
          ),
        );
        assertEquals(used.getState(), expected.getState());
      }
    }
  });

  it("keep the input's shape and dtype, and give float64 gradients if either is", () => {
    const x = new RandomState(0).randn([2, 3, 4]).astype("float32");
    const random = new RandomState(1);
    const { out, cache } = dropoutForward(x, { p: 0.5, mode: "train", random });
    assertEquals([out.shape, out.dtype], [x.shape, "float32"]);
    assertEquals(dropoutBackward(x, cache).dx.dtype, "float32");
    const { dx } = dropoutBackward(x.astype("float64"), cache);
    assertEquals([dx.shape, dx.dtype], [x.shape, "float64"]);
  });

  it("dropoutBackward() refuses a gradient of another shape, in either mode", () => {
    const random = new RandomState(0);
    for (const mode of ["train", "test"] as const) {
      const { cache } = dropoutForward(zeros([2, 3]), { p: 0.5, mode, random });
      assertThrows(
        () => dropoutBackward(zeros([3, 2]), cache),
        TypeError,
        "expected dout of shape (2, 3) but found (3, 2)",
      );
    }
  });

  it("refuse a p out of range, an unknown mode, and training without random numbers", () => {
    const x = zeros([2]);
    const random = new RandomState(0);
    for (const p of [-0.1, 1, NaN]) {
      assertThrows(
        () => dropoutForward(x, { p, mode: "train", random }),
        RangeError,
        "expected p",
      );
    }
    assertThrows(
      () => dropoutForward(x, { p: 0.5, mode: "eval" as "test" }),
      RangeError,
      'found "eval"',
    );
    assertThrows(
      () => dropoutForward(x, { p: 0.5, mode: "train" }),
      TypeError,
      "expected random",
    );
  });
});

// Copyright 2026 the Convlab authors. MIT license.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  profileKernels,
  profiling,
  recordTime,
} from "../../kernels/profile.ts";
import { kernelName } from "../../kernels/select.ts";
import { tileWidth } from "../../kernels/runtime.ts";
import { convForwardFast } from "../../layers/conv_fast.ts";
import { reluForward } from "../../layers/relu.ts";
import { zeros } from "../../numerics/tensor.ts";

describe("profileKernels()", () => {
  it("gives what the body returns, and the calls and times of each kernel, the longest first", () => {
    const { result, kernels } = profileKernels(() => {
      recordTime("short", 1);
      recordTime("long", 5);
      recordTime("short", 2);
      return "done";
    });
    assertEquals(result, "done");
    assertEquals(kernels, [
      { name: "long", calls: 1, milliseconds: 5 },
      { name: "short", calls: 2, milliseconds: 3 },
    ]);
  });

  it("names the kernels that layers run, and counts their calls", () => {
    const x = zeros([2, 3, 8, 8], "float32");
    const w = zeros([4, 3, 3, 3], "float32");
    const b = zeros([4], "float32");
    const { kernels } = profileKernels(() => {
      for (let i = 0; i < 3; i++) convForwardFast(x, w, b);
      reluForward(x.astype("float64"));
    });
    const calls = Object.fromEntries(
      kernels.map(({ name, calls }) => [name, calls]),
    );
    assertEquals(calls, {
      [kernelName("conv2dForward", "float32", tileWidth())]: 3,
      f64_relu_forward: 1,
    });
    assert(kernels.every(({ milliseconds }) => milliseconds >= 0));
  });

  it("is empty where no kernel runs", () => {
    assertEquals(profileKernels(() => 1), { result: 1, kernels: [] });
  });

  it("is off outside, and what runs there is not counted", () => {
    assertEquals(profiling(), false);
    recordTime("outside", 1);
    assertEquals(
      profileKernels(() => {
        recordTime("inside", 2);
        return profiling();
      }),
      {
        result: true,
        kernels: [{ name: "inside", calls: 1, milliseconds: 2 }],
      },
    );
    assertEquals(profiling(), false);
    recordTime("outside", 1);
    assertEquals(profileKernels(() => {}).kernels, []);
  });

  it("nests: the inner one takes its own calls, and the outer one goes on behind it", () => {
    const { result, kernels } = profileKernels(() => {
      recordTime("outer", 1);
      const inner = profileKernels(() => recordTime("inner", 4));
      recordTime("outer", 2);
      return inner.kernels;
    });
    assertEquals(result, [{ name: "inner", calls: 1, milliseconds: 4 }]);
    assertEquals(kernels, [{ name: "outer", calls: 2, milliseconds: 3 }]);
  });

  it("is off again, or the outer one's, when the body throws", () => {
    const fail = () =>
      assertThrows(
        () =>
          profileKernels(() => {
            recordTime("lost", 1);
            throw new Error("on purpose");
          }),
        Error,
        "on purpose",
      );
    fail();
    assertEquals(profiling(), false);
    const { kernels } = profileKernels(() => {
      fail();
      recordTime("outer", 1);
    });
    assertEquals(kernels, [{ name: "outer", calls: 1, milliseconds: 1 }]);
  });
});

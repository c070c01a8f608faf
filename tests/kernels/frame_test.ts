// Copyright 2026 the Convlab authors. MIT license.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  emptyTensor,
  resident,
  withFrame,
  Workspace,
} from "../../kernels/frame.ts";
import { shared } from "../../kernels/runtime.ts";
import { addTensors } from "../../layers/add.ts";
import {
  avgPoolBackwardFast,
  avgPoolForwardFast,
} from "../../layers/avgpool_fast.ts";
import {
  bnReluBackward,
  bnReluForward,
  bnReluPoolBackward,
  bnReluPoolForward,
} from "../../layers/bn_relu.ts";
import { convBackwardFast, convForwardFast } from "../../layers/conv_fast.ts";
import { dropoutBackward, dropoutForward } from "../../layers/dropout.ts";
import { geluBackward, geluForward } from "../../layers/gelu.ts";
import {
  globalAvgPoolBackward,
  globalAvgPoolForward,
} from "../../layers/global_avgpool.ts";
import {
  groupnormBackward,
  groupnormForward,
  layernormBackward,
  layernormForward,
} from "../../layers/groupnorm.ts";
import {
  leakyReluBackward,
  leakyReluForward,
} from "../../layers/leaky_relu.ts";
import { maxPoolForwardFast } from "../../layers/pool_fast.ts";
import { ThreeLayerConvNet } from "../../models/three_layer_conv_net.ts";
import { RandomState } from "../../numerics/random.ts";
import { Tensor, tensor } from "../../numerics/tensor.ts";
import { Solver } from "../../training/solver.ts";

const random = new RandomState(2);
const x = random.randn([8, 3, 16, 16]);
const w = random.randn([6, 3, 3, 3]);
const b = random.randn([6]);

describe("withFrame()", () => {
  it("keeps the shared memory as large as the largest call needed, over thousands of calls", () => {
    const call = () => {
      const { out, cache } = convForwardFast(x, w, b, { stride: 1, pad: 1 });
      convBackwardFast(out, cache);
      maxPoolForwardFast(out, { poolHeight: 2, poolWidth: 2, stride: 2 });
    };
    for (let i = 0; i < 20; i++) call();
    const before = shared.bytesInUse;
    const size = shared.buffer.byteLength;
    for (let i = 0; i < 2000; i++) call();
    assertEquals(shared.bytesInUse, before);
    assertEquals(shared.buffer.byteLength, size);
  });

  it("gives back what was taken when something throws", () => {
    withFrame((frame) => frame.scratch(1 << 16));
    const before = shared.bytesInUse;
    for (let i = 0; i < 50; i++) {
      assertThrows(
        () =>
          withFrame((frame) => {
            frame.scratch(1 << 16);
            throw new Error("on purpose");
          }),
        Error,
        "on purpose",
      );
    }
    assertEquals(shared.bytesInUse, before);
  });

  it("gives back what a layer took that asks for more than there is, and goes on", () => {
    const call = () => convForwardFast(x, w, b, { pad: 1 }).out.data;
    const expected = call();
    const before = shared.bytesInUse;
    for (let i = 0; i < 3; i++) {
      assertThrows(
        () => convForwardFast(x, w, b, { pad: 50_000 }),
        RangeError,
        "Cannot allocate",
      );
      assertEquals(shared.bytesInUse, before);
    }
    assertEquals(call(), expected);
  });

  it("keeps what an outer frame has taken while an inner one runs", () => {
    withFrame((outer) => {
      const values = outer.array(100, "float64").fill(7);
      withFrame((inner) => inner.array(100, "float64").fill(1));
      withFrame((inner) => inner.array(100, "float64").fill(2));
      assert(values.every((value) => value === 7));
    });
  });
});

describe("Workspace", () => {
  it("run() puts results where the run before had them", () => {
    const workspace = new Workspace();
    const addresses = Array.from(
      { length: 4 },
      () => workspace.run(() => convForwardFast(x, w, b).out.data.byteOffset),
    );
    assertEquals(new Set(addresses.slice(1)).size, 1);
  });

  it("run() computes what calls outside of it compute", () => {
    const outside = convForwardFast(x, w, b, { stride: 2, pad: 1 }).out;
    const inside = new Workspace().run(() =>
      convForwardFast(x, w, b, { stride: 2, pad: 1 }).out.clone()
    );
    assertEquals(inside.data, outside.data);
  });

  it("holds what every layer gives, where the run before had it", () => {
    const workspace = new Workspace();
    const seeds = new RandomState(3);
    const images = seeds.randn([6, 12, 9, 10]).astype("float32");
    const vectors = seeds.randn([6, 12]).astype("float32");
    const twelve = seeds.randn([12]).astype("float32");
    const filters = seeds.randn([12, 12, 3, 3]).astype("float32");
    const half = seeds.randn([12, 6, 3, 3]).astype("float32");
    const pool = { poolHeight: 2, poolWidth: 2, stride: 2 };
    const train = { mode: "train" } as const;
    const all: Tensor[] = [];
    /** Runs a layer forward and backward, and keeps all tensors that it gives. */
    const run = <C extends object>(
      { out, cache }: { out: Tensor; cache: C },
      backward: (dout: Tensor, cache: C) => object,
    ) => {
      const kept = [
        out,
        ...Object.values(cache),
        ...Object.values(
          backward(out, cache),
        ),
      ].filter((value) => value instanceof Tensor)
        .filter((value) =>
          ![images, vectors, twelve, filters, half].includes(value)
        );
      all.push(...kept);
    };
    const step = () =>
      workspace.run(() => {
        all.length = 0;
        const conv = { pad: 1, groups: 2, dilation: 2 };
        run(convForwardFast(images, filters, twelve), (d, c) =>
          convBackwardFast(d, c));
        run(convForwardFast(images, half, twelve, conv), (d, c) =>
          convBackwardFast(d, c));
        run(bnReluForward(images, twelve, twelve, train), bnReluBackward);
        run(
          bnReluPoolForward(images, twelve, twelve, train, pool),
          bnReluPoolBackward,
        );
        run(
          groupnormForward(images, twelve, twelve, { groups: 3 }),
          groupnormBackward,
        );
        run(layernormForward(vectors, twelve, twelve), layernormBackward);
        run(avgPoolForwardFast(images, pool), avgPoolBackwardFast);
        run(globalAvgPoolForward(images), globalAvgPoolBackward);
        run(leakyReluForward(images), leakyReluBackward);
        run(geluForward(images), geluBackward);
        const random = new RandomState(1);
        run(
          dropoutForward(images, { p: 0.5, random, ...train }),
          dropoutBackward,
        );
        all.push(addTensors(images, images));
        return all.map(({ data }) => {
          assert(shared.holds(data));
          return data.byteOffset;
        });
      });
    step();
    const second = step();
    const before = shared.bytesInUse;
    for (let i = 0; i < 20; i++) assertEquals(step(), second);
    assertEquals(shared.bytesInUse, before);
  });

  it("is left when its body throws, and nests", () => {
    const outer = new Workspace();
    const inner = new Workspace();
    assertThrows(
      () =>
        outer.run(() => {
          throw new Error("on purpose");
        }),
      Error,
      "on purpose",
    );
    assert(!shared.holds(emptyTensor([4], "float32").data));
    outer.run(() => {
      const kept = emptyTensor([4], "float32");
      kept.data.fill(3);
      inner.run(() => emptyTensor([4], "float32").data.fill(9));
      assert(shared.holds(emptyTensor([4], "float32").data));
      assertEquals([...kept.data], [3, 3, 3, 3]);
    });
  });

  it("lets a training loop allocate nothing from its second step on", () => {
    const images = random.randn([60, 3, 16, 16]).astype("float32");
    const labels = random.randint(0, 10, 60);
    const model = new ThreeLayerConvNet({
      inputDim: [3, 16, 16],
      reg: 0.1,
      random,
    });
    const data = { xTrain: images, yTrain: labels, xVal: images, yVal: labels };
    const solver = new Solver(model, data, {
      updateRule: "adam",
      batchSize: 20,
      verbose: false,
      random,
    });
    const bytes = Array.from({ length: 22 }, () => {
      solver.step();
      return shared.bytesInUse;
    });
    assertEquals(bytes.slice(2), bytes.slice(1, -1));
  });
});

describe("resident()", () => {
  it("copies a tensor to the shared memory, in either dtype", () => {
    const x = tensor([1, 2.5, -3]);
    const same = resident(x);
    const single = resident(x, "float32");
    assert(shared.holds(same.data) && shared.holds(single.data));
    assertEquals([...same.data], [1, 2.5, -3]);
    assertEquals([single.dtype, ...single.data], ["float32", 1, 2.5, -3]);
    same.data[0] = 9;
    assertEquals(x.at(0), 1);
  });
});

// Copyright 2026 the Convlab authors. MIT license.

import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
} from "@std/assert";
import { afterEach, describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import {
  BatchLoader,
  type BatchLoaderOptions,
} from "../../data/batch_loader.ts";
import { ImageSet } from "../../data/image_set.ts";
import { partOf } from "../../numerics/part.ts";
import { RandomState } from "../../numerics/random.ts";
import { type Tensor, zeros } from "../../numerics/tensor.ts";
import { describePermitted } from "../permitted.ts";
import { runScript } from "./run_script.ts";

const random = new RandomState(1);

/** Forty images with everything that normalisation can have. */
const images = new ImageSet({
  bytes: Uint8Array.from(random.randint(0, 256, 40 * 3 * 8 * 6)),
  labels: random.randint(0, 10, 40),
  imageShape: [3, 8, 6],
  mean: Float64Array.from(random.uniform([144], { low: 90, high: 150 }).data),
  std: Float64Array.from(random.uniform([144], { low: 40, high: 80 }).data),
});

const augmentation = { flip: true, crop: 2, cutout: 3 };

/** Copies of the next batches, slowly enough for a worker to prepare some. */
function take(loader: BatchLoader, count: number, pause = 2): Tensor[] {
  return Array.from({ length: count }, () => {
    const { x } = loader.next();
    sleep(pause);
    return x.clone();
  });
}

const never = new Int32Array(new SharedArrayBuffer(4));

function sleep(ms: number): void {
  Atomics.wait(never, 0, 0, ms);
}

/** The next batches without a worker. */
function expected(options: BatchLoaderOptions, count: number): Tensor[] {
  return take(
    new BatchLoader(images, { ...options, prefetch: false }),
    count,
    0,
  );
}

const RealWorker = globalThis.Worker;
const realWait = Atomics.wait;

describe("BatchLoader", () => {
  afterEach(() => {
    globalThis.Worker = RealWorker;
    Atomics.wait = realWait;
  });

  it("gives what ImageSet.gather() and labelsOf() give without augmentation", () => {
    for (const dtype of ["float32", "float64"] as const) {
      for (const prefetch of [false, true]) {
        const seed = new RandomState(4);
        using loader = new BatchLoader(images, {
          ...{ batchSize: 7, sampling: "replacement", dtype, prefetch },
          random: new RandomState(4),
        });
        for (let i = 0; i < 20; i++) {
          const { x, labels, indices } = loader.next();
          const same = seed.choice(40, 7);
          const batch = zeros([7, 3, 8, 6], dtype);
          images.gather(same, batch);
          assertEquals(x.clone(), batch);
          assertEquals(indices, same);
          assertEquals(labels, images.labelsOf(same));
          sleep(2);
        }
        assertEquals(loader.limitation, undefined);
      }
    }
  });

  it("gives the same bytes with and without a worker, also for a last batch that is smaller", () => {
    for (const sampling of ["shuffle", "replacement"] as const) {
      for (const dtype of ["float32", "float64"] as const) {
        const options = { batchSize: 9, dropLast: false, sampling, dtype };
        const seeded = () => ({
          ...options,
          augmentation,
          random: new RandomState(8),
        });
        using loader = new BatchLoader(images, {
          ...seeded(),
          prefetch: true,
        });
        assertEquals(take(loader, 30), expected(seeded(), 30));
        assertEquals(loader.limitation, undefined);
      }
    }
  });

  it("gives parts that make up the batches, prepared ahead as well", () => {
    const options = { batchSize: 9, dropLast: false, augmentation };
    const whole = new BatchLoader(images, {
      ...{ ...options, prefetch: false, random: new RandomState(8) },
    });
    const parts = [0, 1].map((i) =>
      new BatchLoader(images, {
        ...{ ...options, prefetch: true, random: new RandomState(8) },
        part: (count) => partOf(count, i, 2),
      })
    );
    for (let i = 0; i < 12; i++) {
      const { x, labels, indices } = whole.next();
      const batches = parts.map((loader) => loader.next());
      const all = (key: "labels" | "indices") =>
        batches.flatMap((batch) => [...batch[key]]);
      assertEquals(batches.flatMap((batch) => [...batch.x.data]), [...x.data]);
      assertEquals(all("labels"), [...labels]);
      assertEquals(all("indices"), [...indices]);
      assertEquals(batches.map((b) => b.batchSize), [x.shape[0], x.shape[0]]);
      sleep(2);
    }
    for (const loader of parts) {
      assert(loader.preparedAhead > 0);
      assertEquals(loader.getState(), whole.getState());
      loader[Symbol.dispose]();
    }
  });

  it("has batches prepared by the worker", () => {
    using loader = new BatchLoader(images, { batchSize: 9, prefetch: true });
    loader.next();
    for (let i = 0; i < 200 && loader.preparedAhead < 3; i++) {
      sleep(20);
      loader.next();
    }
    assertEquals(loader.preparedAhead, 3);
    using other = new BatchLoader(images, { batchSize: 9, prefetch: false });
    take(other, 3);
    assertEquals(other.preparedAhead, 0);
  });

  it("leaves a batch as it is until the next one is asked for", () => {
    using loader = new BatchLoader(images, { batchSize: 9, prefetch: true });
    for (let i = 0; i < 10; i++) {
      const { x } = loader.next();
      const before = x.clone();
      sleep(5);
      assertEquals(x, before);
    }
  });

  it("gives what was drawn last when something else draws from the generator", () => {
    const run = (prefetch: boolean) => {
      const random = new RandomState(2);
      using loader = new BatchLoader(images, {
        ...{ batchSize: 9, augmentation, prefetch, random },
      });
      return Array.from({ length: 20 }, (_, i) => {
        const [batch] = take(loader, 1, prefetch ? 2 : 0);
        if (i % 3 === 0) random.choice(100, 5);
        return batch;
      });
    };
    assertEquals(run(true), run(false));
  });

  it("goes on from a saved state with the same batches, with and without a worker", () => {
    fc.assert(
      fc.property(
        fc.nat(12),
        fc.constantFrom("shuffle" as const, "replacement" as const),
        fc.boolean(),
        fc.boolean(),
        (taken, sampling, before, after) => {
          const options = { batchSize: 11, sampling, augmentation };
          using loader = new BatchLoader(images, {
            ...options,
            prefetch: before,
          });
          take(loader, taken, 0);
          const saved = JSON.stringify(loader.getState());
          using other = new BatchLoader(images, {
            ...options,
            prefetch: after,
          });
          take(other, 2, 0);
          other.setState(JSON.parse(saved));
          assertEquals(take(other, 6, 1), take(loader, 6, 1));
        },
      ),
      { numRuns: 12 },
    );
  });

  it("goes on without a worker where none can start", () => {
    globalThis.Worker = class {
      constructor() {
        throw new Error("no workers here");
      }
    } as unknown as typeof Worker;
    const seeded = () => ({
      batchSize: 9,
      augmentation,
      random: new RandomState(8),
    });
    using loader = new BatchLoader(images, { ...seeded(), prefetch: true });
    assertEquals(take(loader, 9), expected(seeded(), 9));
    assertEquals(loader.limitation, "no workers here");
  });

  it("goes on without a worker where there is no shared memory", () => {
    const RealBuffer = globalThis.SharedArrayBuffer;
    globalThis.SharedArrayBuffer = class {
      constructor() {
        throw new RangeError("Array buffer allocation failed");
      }
    } as unknown as typeof SharedArrayBuffer;
    try {
      const seeded = () => ({ batchSize: 9, random: new RandomState(8) });
      using loader = new BatchLoader(images, { ...seeded(), prefetch: true });
      const { x } = loader.next();
      const [first] = expected(seeded(), 1);
      assertEquals(x, first);
      assertEquals(loader.limitation, "Array buffer allocation failed");
    } finally {
      globalThis.SharedArrayBuffer = RealBuffer;
    }
  });

  for (
    const [how, end] of [
      ["dies", "globalThis.close(); return;"],
      ["hangs", "while (Atomics.load(control, layout.stop) === 0);"],
    ] as const
  ) {
    it(`gives no byte of a batch in whose middle the worker ${how}`, () => {
      globalThis.Worker = badWorker(end);
      // The time limit, without the wait: 20 sleeps.
      let sleeps = 0;
      Atomics.wait = ((...args: Parameters<typeof Atomics.wait>) => {
        if (args[3] !== 250) return realWait(...args);
        sleeps++;
        return "timed-out";
      }) as typeof Atomics.wait;
      const seeded = () => ({
        batchSize: 9,
        augmentation,
        random: new RandomState(8),
      });
      using loader = new BatchLoader(images, { ...seeded(), prefetch: true });
      const batches: Tensor[] = [];
      for (let i = 0; i < 100 && loader.limitation === undefined; i++) {
        batches.push(...take(loader, 1, 20));
      }
      batches.push(...take(loader, 5));
      assertEquals(sleeps, 20);
      assertEquals(
        loader.limitation,
        "The worker that prepares batches did not finish one within 5 s",
      );
      assertEquals(batches, expected(seeded(), batches.length));
    });
  }

  it("survives a worker that fails", async () => {
    globalThis.Worker = badWorker('throw new Error("worker is broken");');
    Atomics.wait =
      ((...args: Parameters<typeof Atomics.wait>) =>
        args[3] === 250
          ? "timed-out"
          : realWait(...args)) as typeof Atomics.wait;
    const seeded = () => ({ batchSize: 9, random: new RandomState(8) });
    using loader = new BatchLoader(images, { ...seeded(), prefetch: true });
    const batches: Tensor[] = [];
    for (let i = 0; i < 100 && loader.limitation === undefined; i++) {
      batches.push(...take(loader, 1));
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    batches.push(...take(loader, 3));
    assertMatch(
      loader.limitation ?? "",
      /^The worker that prepares batches (failed: .*worker is broken|did not finish)/,
    );
    assertEquals(batches, expected(seeded(), batches.length));
  });

  it("starts a worker for large batches only, unless told", () => {
    let started = 0;
    globalThis.Worker = class extends RealWorker {
      constructor(...args: ConstructorParameters<typeof Worker>) {
        super(...args);
        started++;
      }
    };
    const run = (options: BatchLoaderOptions) => {
      started = 0;
      using loader = new BatchLoader(images, options);
      take(loader, 3, 0);
      return started;
    };
    assertEquals(run({ batchSize: 40 }), 0);
    assertEquals(run({ batchSize: 40, prefetch: true }), 1);
    const large = { sampling: "replacement", batchSize: 228 } as const;
    assertEquals(run(large), navigator.hardwareConcurrency > 1 ? 1 : 0);
    assertEquals(run({ ...large, batchSize: 227 }), 0);
    assertEquals(run({ ...large, prefetch: false }), 0);
  });

  it("goes on after it was disposed of, and may be before it began", () => {
    const seeded = () => ({ batchSize: 9, random: new RandomState(8) });
    const loader = new BatchLoader(images, { ...seeded(), prefetch: true });
    const batches = take(loader, 4);
    loader[Symbol.dispose]();
    loader[Symbol.dispose]();
    batches.push(...take(loader, 4));
    assertEquals(batches, expected(seeded(), 8));
    const unused = new BatchLoader(images, seeded());
    unused[Symbol.dispose]();
  });

  it("starts its worker again after a pause", async () => {
    const seeded = () => ({ batchSize: 9, random: new RandomState(8) });
    using loader = new BatchLoader(images, { ...seeded(), prefetch: true });
    const batches = take(loader, 3);
    for (let i = 0; i < 3; i++) {
      await new Promise((resolve) => setTimeout(resolve, 150));
      batches.push(...take(loader, 3));
    }
    assertEquals(batches, expected(seeded(), 12));
    assertEquals(loader.limitation, undefined);
  });

  it("copies images to shared memory once for all loaders, and not if they are there", () => {
    const bytesOf: Uint8Array[] = [];
    globalThis.Worker = class extends RealWorker {
      override postMessage(message: { images: ImageSet }): void {
        bytesOf.push(message.images.bytes);
        super.postMessage(message);
      }
    } as typeof Worker;
    const shared = new Uint8Array(new SharedArrayBuffer(images.bytes.length));
    shared.set(images.bytes);
    const there = new ImageSet({ ...images, bytes: shared });
    for (const set of [images, images, there]) {
      using loader = new BatchLoader(set, { batchSize: 9, prefetch: true });
      loader.next();
    }
    assertEquals(bytesOf.length, 3);
    assert(bytesOf[0] === bytesOf[1] && bytesOf[0] !== images.bytes);
    assert(bytesOf[2] === shared);
  });

  it("draws another order without a seed", () => {
    const first =
      () => [...new BatchLoader(images, { batchSize: 40 }).next().indices];
    assertNotEquals(first(), first());
  });
});

/** A kind of worker that claims a batch, writes nonsense to it, and then does something else. */
function badWorker(end: string): typeof Worker {
  const code = `globalThis.onmessage = ({ data }) => {
    const { control, layout, outs } = data;
    while (Atomics.load(control, layout.stop) === 0) {
      const state = Atomics.compareExchange(control, layout.state, 1, 2);
      if (state !== 1) { Atomics.wait(control, layout.state, state, 100); continue; }
      outs[control[layout.slot]].fill(12345);
      ${end}
    }
    globalThis.close();
  };`;
  return class extends RealWorker {
    constructor(_url: string | URL, options?: WorkerOptions) {
      const blob = new Blob([code], { type: "text/javascript" });
      super(URL.createObjectURL(blob), options);
    }
  };
}

describePermitted("BatchLoader as a process", () => {
  const script = (rest: string) => `
    import { BatchLoader } from "./data/batch_loader.ts";
    import { ImageSet } from "./data/image_set.ts";
    import { RandomState } from "./numerics/random.ts";
    const images = new ImageSet({
      bytes: new Uint8Array(500 * 3072), labels: new Uint8Array(500), imageShape: [3, 32, 32],
    });
    const loader = new BatchLoader(images, { random: new RandomState(0), augmentation: { flip: true } });
    const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
    for (let i = 0; i < 7; i++) { loader.next(); if (i % 2) await pause(40); }
    console.log(loader.limitation ?? "worker");
    ${rest}`;

  it("a program that does not dispose of it ends by itself", async () => {
    assertEquals(await runScript(script("")), {
      ...{ code: 0, stdout: "worker\n", stderr: "" },
    });
  });

  it("a program that disposes of it while its worker starts ends by itself", async () => {
    const code = script("loader[Symbol.dispose]();").replace(
      "await pause(40)",
      "",
    );
    assertEquals((await runScript(code)).code, 0);
  });

  it("a program that fails in between ends with its error", async () => {
    const { code, stderr } = await runScript(
      script('throw new Error("on purpose");'),
    );
    assertEquals(code, 1);
    assertMatch(stderr, /on purpose/);
  });

  it("a program that is ended by Deno.exit() ends", async () => {
    assertEquals((await runScript(script("Deno.exit(7);"))).code, 7);
  });

  it("a program that checks its types may start the worker", async () => {
    const { code, stdout } = await runScript(script(""), {
      flags: ["--check"],
    });
    assertEquals({ code, stdout }, { code: 0, stdout: "worker\n" });
  });
});

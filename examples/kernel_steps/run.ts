// Copyright 2026 the Convlab authors. MIT license.

/**
 * Compiles the steps of docs/how-a-kernel-works.md, checks each against the naive
 * layer, and times it on the convolution of the three-layer network.
 *
 * deno run --allow-read --allow-run examples/kernel_steps/run.ts
 *
 * @module
 */

import {
  convForwardFast,
  convForwardNaive,
  getThreads,
  RandomState,
  setThreads,
} from "../../mod.ts";
import { compile } from "../../kernels/compile.ts";
import { resident, Workspace } from "../../kernels/frame.ts";
import { measurePeak } from "../../kernels/peak.ts";
import { kernelReport, settleTileWidth } from "../../kernels/runtime.ts";

type Step = (...args: number[]) => void;

// As in the three-layer network, but for 40 filters, which 4 and 5 divide.
const [N, C, SIZE, F, K, PAD] = [50, 3, 32, 40, 7, 3];
const TAPS = C * K * K;
const WIDTH = SIZE + 2 * PAD + 8;
const HEIGHT = SIZE + 2 * PAD;
const FLOPS = 2 * N * F * SIZE * SIZE * TAPS;
const RUNS = 15;

const random = new RandomState(1);
const x = random.randn([N, C, SIZE, SIZE]).astype("float32");
const w = random.randn([F, C, K, K]).astype("float32");
const b = random.randn([F]).astype("float32");
const expected = convForwardNaive(x, w, b, { stride: 1, pad: PAD }).out;

const memory = new WebAssembly.Memory({
  initial: 1024,
  maximum: 1024,
  shared: true,
});
const floats = new Float32Array(memory.buffer);
const words = new Uint32Array(memory.buffer);
// Where everything is, in numbers of 32 bits.
const PLANES = 64;
const IMAGE = C * HEIGHT * WIDTH;
const WEIGHTS = PLANES + N * IMAGE + 64;
const BIAS = WEIGHTS + F * TAPS + 64;
const OFFSETS = BIAS + F + 64;
const OUT = OFFSETS + TAPS + 64;

for (let line = 0; line < N * C * SIZE; line++) {
  const row = Math.floor(line / SIZE) * HEIGHT + line % SIZE + PAD;
  floats.set(
    x.data.subarray(line * SIZE, (line + 1) * SIZE),
    PLANES + row * WIDTH + PAD,
  );
}
floats.set(b.data, BIAS);
for (let k = 0; k < TAPS; k++) {
  const row = Math.floor(k / (K * K)) * HEIGHT + Math.floor(k / K) % K;
  words[OFFSETS + k] = 4 * (row * WIDTH + k % K);
}

/** Packs the filters in blocks of `rows`, tap by tap. */
function packWeights(rows: number): void {
  for (let f = 0; f < F; f++) {
    for (let k = 0; k < TAPS; k++) {
      const at = (f - f % rows) * TAPS + k * rows + f % rows;
      floats[WEIGHTS + at] = w.data[f * TAPS + k]!;
    }
  }
}

/** The steps, compiled with binaryen's optimiser at this level. */
async function compileSteps(level: number): Promise<Record<string, Step>> {
  const text = Deno.readTextFileSync(new URL("steps.ts", import.meta.url));
  const module = new WebAssembly.Module(
    await compile({ "index.ts": text }, [
      ...["--enable", "relaxed-simd", "--noAssert"],
      ...["--optimizeLevel", String(level)],
    ]),
  );
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  return exports as Record<string, Step>;
}

/** A way to do it, and how long it took each time. */
interface Candidate {
  readonly name: string;
  readonly run: () => void;
  readonly times: number[];
}

function candidate(name: string, step: Step): Candidate {
  const rows = /5x2/.test(name) ? 5 : /4x2/.test(name) ? 4 : 1;
  const run = () => {
    packWeights(rows);
    const start = performance.now();
    for (let n = 0; n < N; n++) {
      step(
        ...[4 * (PLANES + n * IMAGE), 4 * WEIGHTS, 4 * BIAS, 4 * OFFSETS],
        4 * (OUT + n * F * SIZE * SIZE),
        ...[F, TAPS, SIZE, SIZE, 4 * WIDTH],
      );
    }
    times.push(performance.now() - start);
  };
  const times: number[] = [];
  run();
  for (let i = 0; i < N * F * SIZE * SIZE; i++) {
    const difference = Math.abs(floats[OUT + i]! - expected.data[i]!);
    if (!(difference < 1e-4)) {
      throw new Error(`${name} is wrong at ${i}: off by ${difference}`);
    }
  }
  return { name, run, times };
}

const plain = await compileSteps(0);
const optimised = await compileSteps(3);
const candidates = Object.entries(plain)
  .filter(([name]) => name.startsWith("step"))
  .map(([name, step]) => candidate(name, step));
candidates.push(
  candidate(
    "step6_tile_5x2_unrolled, optimised",
    optimised.step6_tile_5x2_unrolled!,
  ),
);
settleTileWidth(true);
const workspace = new Workspace();
const inputs = [resident(x), resident(w), resident(b)] as const;
for (const threads of [1, 2]) {
  const times: number[] = [];
  candidates.push({
    name: `convForwardFast(), threads: ${threads}, ${kernelReport().mode}`,
    times,
    run() {
      // Changing the number of threads ends workers and starts new ones.
      if (getThreads() !== threads) {
        setThreads(threads);
        for (let i = 0; i < 20; i++) layer();
      }
      const start = performance.now();
      layer();
      times.push(performance.now() - start);
    },
  });
}

function layer(): void {
  workspace.run(() => convForwardFast(...inputs, { stride: 1, pad: PAD }));
}

const start = performance.now();
convForwardNaive(x, w, b, { stride: 1, pad: PAD });
const naive = performance.now() - start;
for (const { run, times } of candidates) {
  for (let i = 0; i < 8; i++) run();
  times.length = 0;
}
for (let i = 0; i < RUNS; i++) for (const { run } of candidates) run();
const peak = Math.max(
  ...Array.from({ length: 5 }, () => measurePeak("float32")),
);

const show = (name: string, milliseconds: number) =>
  console.log(
    name.padEnd(40),
    milliseconds.toFixed(2).padStart(8),
    "ms",
    (FLOPS / milliseconds / 1e6).toFixed(1).padStart(6),
    "GFLOP/s",
  );
console.log(`multiply-add peak: ${peak.toFixed(1)} GFLOP/s`);
show("convForwardNaive()", naive);
for (const { name, times } of candidates) {
  show(name, times.sort((a, b) => a - b)[times.length >> 1]!);
}

// Copyright 2026 the Convlab authors. MIT license.

/**
 * `bench ui`: what a live page that somebody watches costs the training.
 *
 * Besides the time, the processor time of the whole program is told, that of the
 * server and of the viewer included: other programs change it little.
 *
 * @module
 */

import process from "node:process";
import { ImageSet } from "../../data/image_set.ts";
import { getThreads } from "../../kernels/runtime.ts";
import { LiveTraining } from "../../live/live_training.ts";
import { ThreeLayerConvNet } from "../../models/three_layer_conv_net.ts";
import { RandomState } from "../../numerics/random.ts";
import { otherTasks, TURN_MS } from "../../training/other_tasks.ts";
import { RunFolder } from "../../training/run_folder.ts";
import { Solver } from "../../training/solver.ts";
import { textTable } from "../text_table.ts";
import { type Benchmark, type Row, threadsInWords } from "./benchmark.ts";
import { milliseconds } from "./columns.ts";
import { shown } from "./measure.ts";
import { type Spread, spreadOf } from "./statistics.ts";

/** Where the run is that is watched, and removed again. */
const RUNS_DIR = "runs";
const IMAGES = 2000;
const BATCH_SIZE = 50;
/** A block of iterations, in milliseconds: in it falls at least one message of each kind. */
const BLOCK_MS = 2000;
/** Before the first block, and after each change. */
const WARM_UP_MS = 200;

/** Reads a page's events and throws them away, as a browser without a screen. */
const VIEWER = `
let controller = new AbortController();
onmessage = async ({ data }) => {
  controller.abort();
  if (data === null) return;
  controller = new AbortController();
  try {
    const response = await fetch(data, { signal: controller.signal });
    for await (const part of response.body) JSON.stringify(part.length);
  } catch { /* It left. */ }
};`;

/** The benchmark. */
export const ui: Benchmark = {
  refuses: ["peer", "profile", "shape", "dtype"],
  async measure(settings) {
    const { runs } = settings;
    const name = `.bench-ui-${crypto.randomUUID().slice(0, 8)}`;
    const run = RunFolder.create(RUNS_DIR, name);
    const viewer = startViewer();
    try {
      await using watched = await watchedTraining(run);
      const { step, training, own } = watched;
      const url = `${training.url}events`;
      const times: [Block[], Block[]] = [[], []];
      await block(step, false, 5 * WARM_UP_MS);
      // Each kind comes first as often as the other.
      const turns = Array.from({ length: runs }, (_, i) => i % 2 === 0);
      for await (const first of shown("Timing", turns, settings)) {
        for (const isWatched of [first, !first]) {
          viewer.postMessage(isWatched ? url : null);
          while ((training.watchers > 0) !== isWatched) await otherTasks();
          await block(step, isWatched, WARM_UP_MS);
          times[isWatched ? 1 : 0].push(await block(step, isWatched, BLOCK_MS));
        }
      }
      return outcome(times, own() / (runs * (WARM_UP_MS + BLOCK_MS)));
    } finally {
      viewer.terminate();
      Deno.removeSync(run.path, { recursive: true });
    }
  },
};

/** Milliseconds of an iteration. */
interface Block {
  /** By the clock. */
  readonly time: number;
  /** Of all processors together. */
  readonly work: number;
}

function outcome(
  [alone, watched]: readonly [Block[], Block[]],
  ownShare: number,
) {
  const threads = getThreads();
  const kinds = [["without a page", alone], ["watched", watched]] as const;
  const rows = kinds.map(([name, blocks]) => ({
    name: `training iteration, ${name}`,
    threads,
    milliseconds: spreadOf(blocks.map(({ time }) => time)),
    work: spreadOf(blocks.map(({ work }) => work)),
  }));
  // Neighbouring blocks meet the same machine, whatever else it does.
  const costOf = (kind: keyof Block) =>
    spreadOf(alone.map((block, i) => watched[i]![kind] / block[kind] - 1));
  const [cost, workCost] = [costOf("time"), costOf("work")];
  const percent = (part: number) => `${(100 * part).toFixed(1)} %`;
  const words = ({ lower, median, upper }: Spread) =>
    `${percent(median)} (quartiles ${percent(lower)} to ${percent(upper)})`;
  return {
    heading: [threadsInWords(threads), "float32"],
    lines: [
      ...textTable([
        ["work", "ms", "quartiles", "processor ms"],
        ...rows.map((
          { name, milliseconds: { lower, median, upper }, work },
        ) => [
          name,
          milliseconds(median),
          `${milliseconds(lower)} to ${milliseconds(upper)}`,
          milliseconds(work.median),
        ]),
      ]),
      `The page costs ${words(cost)} of the time`,
      `and ${words(workCost)} of the processor time,`,
      `of which ${percent(ownShare)} on the training's own thread`,
    ],
    rows: rows.map(({ work: _, ...row }): Row => row),
    more: { cost, workCost, ownShare },
    complaints: [],
  };
}

/** A training of the document's network, on noise, with a page. */
async function watchedTraining(run: RunFolder) {
  const random = new RandomState(231);
  const images = noise(random);
  const model = new ThreeLayerConvNet({ dtype: "float32", random });
  const solver = new Solver(model, {
    ...{ xTrain: images, yTrain: images.labels },
    ...{ xVal: images, yVal: images.labels },
  }, {
    ...{ batchSize: BATCH_SIZE, numEpochs: 1e6, verbose: false, random },
    ...{ updateRule: "adam", optimConfig: { learningRate: 1e-4 } },
  });
  let own = 0;
  const classNames = Array.from({ length: 10 }, (_, i) => `class ${i}`);
  const training = await LiveTraining.start({
    about: {
      ...{ name: run.name, data: "noise", model: "three-layer network" },
      ...{ settings: [], iterations: null, epochs: null, learningRate: null },
      ...{ canControl: true, isScheduled: false },
    },
    ...{ run, solver, model, batchSize: BATCH_SIZE, validation: images },
    ...{ classNames, port: 0, secondsBefore: 0 },
    signal: new AbortController().signal,
    onStop() {},
    onLearningRate() {},
    onFailure(message) {
      throw new Error(message);
    },
  });
  return {
    training,
    /** What `train` does in an iteration. */
    step(isWatched: boolean) {
      const loss = solver.step();
      run.metric({ kind: "iteration", iteration: solver.iteration, loss });
      if (!isWatched) return;
      const start = performance.now();
      training.afterIteration();
      own += performance.now() - start;
    },
    /** Milliseconds that the page took of this thread since the last call. */
    own() {
      const taken = own;
      own = 0;
      return taken;
    },
    [Symbol.asyncDispose]: () => training.end("stopped"),
  };
}

function noise(random: RandomState): ImageSet {
  const imageShape = [3, 32, 32] as const;
  const bytes = Uint8Array.from(
    random.randint(0, 256, IMAGES * 3 * 32 * 32),
  );
  const mean = new Float64Array(3 * 32 * 32).fill(128);
  const labels = random.randint(0, 10, IMAGES);
  return new ImageSet({ bytes, labels, imageShape, mean });
}

/** Trains for a while, with turns for others. */
async function block(
  step: (isWatched: boolean) => void,
  isWatched: boolean,
  duration: number,
): Promise<Block> {
  const start = performance.now();
  const usage = process.cpuUsage();
  let last = start;
  for (let count = 1;; count++) {
    step(isWatched);
    const now = performance.now();
    if (now - start >= duration) {
      const { user, system } = process.cpuUsage(usage);
      return {
        time: (now - start) / count,
        work: (user + system) / 1000 / count,
      };
    }
    if (now - last > TURN_MS) {
      await otherTasks();
      last = performance.now();
    }
  }
}

function startViewer(): Worker {
  const url = URL.createObjectURL(
    new Blob([VIEWER], { type: "text/javascript" }),
  );
  return new Worker(url, { type: "module", name: "convlab viewer" });
}

// Copyright 2026 the Convlab authors. MIT license.

/**
 * One rank of those that `bench scaling --ranks` times, or a single process
 * where it is started without a launcher. The first answers each line of JSON
 * that it reads with another; the others do what the first was asked to do.
 *
 * @module
 */

import { TextLineStream } from "@std/streams";
import type { Communicator } from "../../distributed/communicator.ts";
import { DataParallel } from "../../distributed/data_parallel.ts";
import { launchHere } from "../../distributed/launch.ts";
import { setThreads, shared } from "../../kernels/runtime.ts";
import { ConvNet } from "../../models/conv_net.ts";
import { ThreeLayerConvNet } from "../../models/three_layer_conv_net.ts";
import { RandomState } from "../../numerics/random.ts";
import type { DType } from "../../numerics/tensor.ts";
import type { Reduction } from "../../training/gradient_reducer.ts";
import { Solver } from "../../training/solver.ts";
import { STEPS, type StepShape } from "./shapes.ts";

/** What is asked for. */
export type RankRequest =
  | {
    /** Steps to take of a shape. */
    readonly kind: "steps";
    readonly shape: string;
    readonly dtype: DType;
    /** Images of the batch of all ranks, if not the shape's. */
    readonly images?: number;
    readonly runs: number;
  }
  | {
    /** Sums over all ranks of so many bytes. */
    readonly kind: "sums";
    readonly bytes: number;
    readonly runs: number;
  }
  | { readonly kind: "end" };

/** What some steps took. */
export interface StepsAnswer {
  /** Milliseconds of each. */
  readonly times: readonly number[];
  /** Milliseconds for which this rank waited for others, in all. */
  readonly waited: number;
  /** Milliseconds in which anything was being summed, in all. */
  readonly inFlight: number;
  /** Milliseconds of the backward pass in which gradients were under way, on average over their bytes, in all. */
  readonly window: number;
  /** Bytes of all gradients. */
  readonly bytes: number;
  /** The loss of each. */
  readonly losses: readonly number[];
}

/**
 * The networks that are trained: the notebook's, which computes little on many
 * weights, and one of convolutions, which does the opposite.
 */
export const RANK_STEPS: readonly (StepShape & { readonly model?: string })[] =
  [
    ...STEPS,
    {
      ...STEPS[0]!,
      name: "convolutions",
      model: "conv32-relu pool conv64-relu pool conv128-relu gap fc10",
    },
  ];

/** Images that batches are drawn from. */
const EXAMPLES = 500;
const SEED = 231;
/** A training that does not end. */
const EPOCHS = 1e6;

/** A solver, and what it measures. */
interface Trainer {
  readonly solver: Solver;
  readonly windows: Pick<Windows, "window" | "bytes">;
}

async function main(threads: number): Promise<void> {
  setThreads(threads);
  const launch = launchHere();
  let ranks: Communicator | undefined;
  if (launch) {
    const { Communicator } = await import("../../distributed/communicator.ts");
    ranks = await Communicator.join(launch);
  }
  const isFirst = (ranks?.rank ?? 0) === 0;
  const lines = isFirst
    ? Deno.stdin.readable.pipeThrough(new TextDecoderStream())
      .pipeThrough(new TextLineStream()).getReader()
    : undefined;
  if (isFirst) console.log(JSON.stringify({ library: ranks?.library ?? null }));
  const trainers = new Map<string, Trainer>();
  while (true) {
    const line = (await lines?.read())?.value ?? '{"kind":"end"}';
    const request: RankRequest = JSON.parse(
      ranks ? ranks.broadcastText(line) : line,
    );
    if (request.kind === "end") break;
    const answer = request.kind === "steps"
      ? takeSteps(request, trainers, ranks)
      : { times: timeSums(request, ranks!) };
    ranks?.working("busy");
    if (isFirst) console.log(JSON.stringify(answer));
  }
  await ranks?.leave();
}

function takeSteps(
  request: Extract<RankRequest, { kind: "steps" }>,
  trainers: Map<string, Trainer>,
  ranks: Communicator | undefined,
): StepsAnswer {
  const { shape: name, dtype, runs } = request;
  const shape = RANK_STEPS.find((step) => step.name === name)!;
  const images = request.images ?? shape.images;
  const key = JSON.stringify([name, dtype, images]);
  const trainer = trainers.get(key) ??
    trainerOf({ ...shape, images }, dtype, ranks);
  trainers.set(key, trainer);
  const { solver, windows } = trainer;
  ranks?.barrier(); // What came before is not counted.
  const waited = ranks?.secondsWaiting ?? 0;
  const inFlight = ranks?.secondsCommunicating ?? 0;
  const { window } = windows;
  const losses: number[] = [];
  const times = Array.from({ length: runs }, () => {
    const start = performance.now();
    losses.push(solver.step());
    return performance.now() - start;
  });
  return {
    ...{ times, losses },
    waited: 1000 * ((ranks?.secondsWaiting ?? 0) - waited),
    inFlight: 1000 * ((ranks?.secondsCommunicating ?? 0) - inFlight),
    window: windows.window - window,
    bytes: windows.bytes,
  };
}

/** For how long gradients are under way behind the backward pass. */
class Windows extends DataParallel {
  /** Milliseconds, in all steps. */
  window = 0;
  /** Bytes of a step. */
  bytes = 0;

  override begin(batchSize: number): Reduction {
    const reduction = super.begin(batchSize);
    const added: [bytes: number, time: number][] = [];
    return {
      ...reduction,
      add(name, grad) {
        added.push([grad.data.byteLength, performance.now()]);
        reduction.add(name, grad);
      },
      finish: (loss) => {
        const now = performance.now();
        this.bytes = added.reduce((sum, [bytes]) => sum + bytes, 0);
        for (const [bytes, time] of added) {
          this.window += (now - time) * bytes / this.bytes;
        }
        return reduction.finish(loss);
      },
    };
  }
}

function trainerOf(
  shape: typeof RANK_STEPS[number],
  dtype: DType,
  ranks: Communicator | undefined,
): Trainer {
  const {
    model: text,
    images,
    channels,
    side,
    filters,
    kernel,
    hidden,
    classes,
  } = shape;
  const random = new RandomState(SEED);
  const x = random.randn([EXAMPLES, channels, side, side]).astype(dtype);
  const y = random.randint(0, classes, EXAMPLES);
  const inputDim = [channels, side, side] as const;
  const model = text === undefined
    ? new ThreeLayerConvNet({
      inputDim,
      ...{ numFilters: filters, filterSize: kernel },
      ...{ hiddenDim: hidden, numClasses: classes, dtype, random },
    })
    : new ConvNet({ model: text, inputDim, dtype, random });
  const reducer = ranks && new Windows(ranks);
  const data = { xTrain: x, yTrain: y, xVal: x, yVal: y };
  const solver = new Solver(model, data, {
    ...{ updateRule: "adam", batchSize: images, random, verbose: false },
    ...{ numEpochs: EPOCHS, reducer },
  });
  return { solver, windows: reducer ?? { window: 0, bytes: 0 } };
}

/** Milliseconds of each of some sums, from when all ranks are there. */
function timeSums(
  { bytes, runs }: Extract<RankRequest, { kind: "sums" }>,
  ranks: Communicator,
): number[] {
  const address = shared.allocate(bytes);
  try {
    const data = new Float32Array(shared.buffer, address, bytes / 4);
    data.fill(0);
    return Array.from({ length: runs }, () => {
      ranks.barrier();
      const start = performance.now();
      ranks.wait(ranks.startSum(data));
      return performance.now() - start;
    });
  } finally {
    shared.free(address);
  }
}

if (import.meta.main) {
  await main(Number(Deno.args[0]));
  Deno.exit(0); // Reading would keep it alive.
}

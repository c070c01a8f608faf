// Copyright 2026 the Convlab authors. MIT license.

/**
 * `bench browser`: the same training steps in Deno and in a browser.
 *
 * @module
 */

import { fromFileUrl } from "@std/path";
import { getThreads, setThreads } from "../../kernels/runtime.ts";
import { type DType, Tensor } from "../../numerics/tensor.ts";
import { listenForInterrupt } from "../exit.ts";
import { textTable } from "../text_table.ts";
import {
  type Benchmark,
  type Row,
  type Settings,
  threadsInWords,
} from "./benchmark.ts";
import { startBrowser } from "./browser_process.ts";
import { type BrowserSite, openSite } from "./browser_site.ts";
import { milliseconds } from "./columns.ts";
import { shown } from "./measure.ts";
import { nameOf, type Pass, type Results } from "./pass.ts";
import { threadCounts } from "./scaling.ts";
import { namesOf, selectShapes, STEPS, type StepShape } from "./shapes.ts";
import { type Spread, spreadOf } from "./statistics.ts";
import { stepPass } from "./step.ts";
import { type Contestant, contestant, timeInTurns } from "./timing.ts";
import { verify } from "./verify.ts";

/** A step in both. */
type BrowserRow = Row & {
  readonly milliseconds: Spread;
  readonly browser: {
    readonly milliseconds: Spread;
    /** Deno's median over the browser's. */
    readonly ratio: number;
  };
};

/** What the worker in the browser tells of itself. */
interface About {
  readonly instructions: string;
  readonly threads: number;
  readonly limitation?: string;
  readonly tensors: readonly {
    readonly name: string;
    readonly shape: readonly number[];
    readonly dtype: DType;
  }[];
}

const BUILT = new URL("../../built/bench/", import.meta.url);

/** The benchmark. */
export const browser: Benchmark = {
  refuses: ["peer", "profile"],
  async measure(given) {
    using interrupt = listenForInterrupt();
    const { signal } = interrupt;
    const settings = { ...given, signal };
    const { dtype = "float32", shape } = settings;
    const names = selectShapes(shape, "browser", namesOf(STEPS));
    const counts = settings.threads === undefined
      ? threadCounts(getThreads())
      : [settings.threads];
    await using site = openSite({ worker: readWorker(), signal });
    await using process = await startBrowser(
      settings.browser ?? "chromium",
      site.address,
      fromFileUrl(BUILT),
    );
    const heading = [
      process.name,
      counts.length > 1
        ? `up to ${threadsInWords(counts.at(-1)!)}`
        : threadsInWords(counts[0]!),
    ];
    const work = STEPS.filter(({ name }) => names.has(name)).map((shape) => ({
      shape,
      pass: stepPass(shape)(dtype),
    }));
    const complaints: string[] = [];
    const notes = new Set<string>();
    for await (const { shape, pass } of shown("Verifying", work, settings)) {
      const checked = await check(site, shape, pass, Math.max(...counts));
      complaints.push(...checked.complaints);
      checked.notes.forEach((note) => notes.add(note));
    }
    if (complaints.length > 0) {
      return { heading, lines: [], rows: [], complaints };
    }
    const rows: BrowserRow[] = [];
    const jobs = work.flatMap((job) =>
      counts.map((threads) => ({ ...job, threads }))
    );
    for await (const job of shown("Timing", jobs, settings)) {
      rows.push(await time(site, job, settings));
    }
    return {
      heading,
      lines: [...notes, "", ...linesOf(rows)],
      rows,
      more: { browser: process.name, notes: [...notes] },
      complaints,
    };
  },
};

/** Compares what both give with the reference, and with each other. */
async function check(
  site: BrowserSite,
  shape: StepShape,
  pass: Pass,
  threads: number,
): Promise<{ complaints: readonly string[]; notes: readonly string[] }> {
  const { dtype } = pass.work;
  const order = { kind: "results", shape, dtype, threads } as const;
  const { about, results } = unpacked(await site.order(order));
  const own = verify(pass).complaints;
  const others = verify({ ...pass, results: () => results }).complaints
    .map((complaint) => `browser: ${complaint}`);
  const same = haveSameBytes(pass.results(), results);
  const { instructions, limitation } = about;
  return {
    complaints: [...own, ...others],
    notes: [
      same
        ? "Results in the browser and in Deno are the same to the last bit"
        : `Results differ by rounding; the browser has ${instructions} multiply-add`,
      ...limitation === undefined ? [] : [`The browser: ${limitation}`],
    ],
  };
}

async function time(
  site: BrowserSite,
  job: { shape: StepShape; pass: Pass; threads: number },
  { runs, signal }: Settings,
): Promise<BrowserRow> {
  const { shape, pass, threads } = job;
  const { dtype } = pass.work;
  setThreads(threads);
  const order = { shape, dtype, threads };
  const other: Contestant = {
    warmUp: async () => {
      await site.order({ kind: "warmUp", ...order });
    },
    time: async (runs) => {
      const answer = await site.order({ kind: "time", runs, ...order });
      return JSON.parse(new TextDecoder().decode(answer)).times;
    },
  };
  const turns = await timeInTurns([contestant(pass.run), other], runs, signal);
  const [own, others] = turns.map(spreadOf) as [Spread, Spread];
  return {
    name: `${nameOf(pass.work)}, ${threadsInWords(threads)}`,
    threads,
    milliseconds: own,
    browser: { milliseconds: others, ratio: own.median / others.median },
  };
}

function linesOf(rows: readonly BrowserRow[]): string[] {
  const range = ({ lower, upper }: Spread) =>
    `${milliseconds(lower)} to ${milliseconds(upper)}`;
  return [
    ...textTable([
      ["work", "Deno ms", "quartiles", "browser ms", "quartiles", "ratio"],
      ...rows.map(({ name, milliseconds: own, browser }) => [
        ...[name, milliseconds(own.median), range(own)],
        ...[milliseconds(browser.milliseconds.median)],
        ...[range(browser.milliseconds), browser.ratio.toFixed(2)],
      ]),
    ]),
    "A ratio above 1: the browser is faster",
  ];
}

function readWorker(): string {
  try {
    return Deno.readTextFileSync(new URL("browser_worker.js", BUILT));
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
    throw new Error(
      "Cannot time a browser: expected the bundle of its worker in built/bench but found none; deno task build:browser makes it",
      { cause },
    );
  }
}

/** The tensors that the worker packed. */
function unpacked(
  bytes: Uint8Array<ArrayBuffer>,
): { about: About; results: Results } {
  const end = bytes.indexOf(10);
  const about: About = JSON.parse(
    new TextDecoder().decode(bytes.subarray(0, end)),
  );
  let at = end + 1;
  const results = about.tensors.map(({ name, shape, dtype }) => {
    const size = shape.reduce((product, length) => product * length, 1);
    const ArrayType = dtype === "float32" ? Float32Array : Float64Array;
    const from = at;
    at += size * ArrayType.BYTES_PER_ELEMENT;
    const data = new ArrayType(bytes.slice(from, at).buffer);
    return [name, new Tensor(data, shape)] as const;
  });
  return { about, results: Object.fromEntries(results) };
}

function haveSameBytes(a: Results, b: Results): boolean {
  return Object.entries(a).every(([name, { data }]) => {
    const other = b[name]?.data;
    return other?.length === data.length &&
      data.every((value, i) => Object.is(value, other[i]));
  });
}

// Copyright 2026 the Convlab authors. MIT license.

/**
 * What every kind of `bench` takes and gives.
 *
 * @module
 */

import type { DType } from "../../numerics/tensor.ts";
import type { Streams } from "../command.ts";
import type { Peer } from "./peer.ts";
import type { Spread } from "./statistics.ts";

/** What to measure, and with what. */
export interface Settings extends Streams {
  /** Threads, if they were named. */
  readonly threads: number | undefined;
  /** Precision, if it was named. */
  readonly dtype: DType | undefined;
  /** Names of shapes, as they were typed. */
  readonly shape: readonly string[];
  /** Numbers of ranks to time, if any were named. */
  readonly ranks?: readonly number[] | undefined;
  /** Timed runs of each piece of work. */
  readonly runs: number;
  /** Whether to tell the time of each kernel. */
  readonly profile: boolean;
  /** The browser that `bench browser` times. */
  readonly browser?: string | undefined;
  /** Another program to be timed in turns, if one was named. */
  readonly peer: Peer | undefined;
  /** Ends the measuring, with its reason. */
  readonly signal: AbortSignal | undefined;
}

/** A piece of work and how fast it is. */
export interface Row {
  /** The work, unique in a report: `convolution forward document float32`. */
  readonly name: string;
  readonly threads: number;
  /** Duration of one run. */
  readonly milliseconds?: Spread;
  /** Floating-point operations of one run. */
  readonly flops?: number;
  /** Bytes that one run must read or write at least, each once. */
  readonly bytes?: number;
  /** Floating-point operations, in 10⁹ a second. */
  readonly gflops?: number;
  /** That, as a part of the peak of as many threads. */
  readonly ofPeak?: number;
  /** Bytes read and written, in 10⁹ a second. */
  readonly gigabytesPerSecond?: number;
  /** How many times faster it is than on one thread. */
  readonly speedup?: number;
  /** How far it is from the independent result, in units of that one's largest value. */
  readonly differences?: Readonly<Record<string, number>>;
  /** What the peer took as it is installed, and with its memory kept. */
  readonly peer?: {
    readonly asInstalled: PeerTime;
    readonly memoryKept: PeerTime;
  };
}

/** How fast a peer is. */
export interface PeerTime {
  /** Duration of one run. */
  readonly milliseconds: Spread;
  /** Its median over Convlab's. */
  readonly ratio: number;
}

/** What was measured. */
export interface Outcome {
  /** What it was measured with, in a few words: `2 threads`, `float64`. */
  readonly heading: readonly string[];
  /** The measurements in words and tables. */
  readonly lines: readonly string[];
  /** The measurements, one by one. */
  readonly rows: readonly Row[];
  /** What else belongs into the JSON report. */
  readonly more?: Readonly<Record<string, unknown>>;
  /** Results that are wrong, a line for each; nothing may have been timed then. */
  readonly complaints: readonly string[];
}

/** A kind of `bench`. */
export interface Benchmark {
  /** Options, as they are typed, that mean nothing here. */
  readonly refuses: readonly string[];
  /** Whether there is nothing to tell without a peer. */
  readonly needsPeer?: boolean;
  /** Compares with independent results, and measures. */
  measure(settings: Settings): Outcome | Promise<Outcome>;
}

/** `1 thread`, `2 threads`. */
export function threadsInWords(threads: number): string {
  return `${threads} ${threads === 1 ? "thread" : "threads"}`;
}

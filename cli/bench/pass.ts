// Copyright 2026 the Convlab authors. MIT license.

/**
 * A pass: a layer's forward or backward computation, or a training step, in a
 * form that can be checked, timed, and run by a peer.
 *
 * It is run as training runs it: its inputs stay in the kernels' shared memory,
 * and its results lie in one workspace, which every pass fills anew.
 *
 * @module
 */

import { resident, Workspace } from "../../kernels/frame.ts";
import type { RandomState } from "../../numerics/random.ts";
import type { DType, Tensor } from "../../numerics/tensor.ts";

/** Tensors by name. */
export type Results = Readonly<Record<string, Tensor>>;

/** What a pass must give, by the name of the result. */
export type References = Readonly<Record<string, Reference>>;

/** One result, computed independently in float64. */
export interface Reference {
  readonly value: Tensor;
  /** Products or numbers that are added up for one element. */
  readonly terms: number;
}

/** What is to be run, in numbers and words that another program understands. */
export interface Work {
  /** Such as `convolution forward`. */
  readonly operation: string;
  readonly dtype: DType;
  /** Its sizes, by name. */
  readonly shape: Readonly<Record<string, number | string>> & {
    readonly name: string;
  };
}

/** A pass on one shape in one dtype. */
export interface Pass {
  readonly work: Work;
  /** Floating-point operations of a run, a multiply-add counted as two, if it has any. */
  readonly flops: number | undefined;
  /** Numbers that a run must read or write at least, each once, where that is told. */
  readonly numbers?: number;
  /** One run, to be timed. */
  run(): unknown;
  /** Results to be checked; the next run of any pass overwrites them. */
  results(): Results;
  /** What the results must be. */
  references(): References;
}

const workspace = new Workspace();

/** Runs `body` with its results in the workspace of all passes. */
export function inWorkspace<R>(body: () => R): R {
  return workspace.run(body);
}

/** What tells a piece of work from others: `convolution forward document float32`. */
export function nameOf({ operation, shape, dtype }: Work): string {
  return `${operation} ${shape.name} ${dtype}`;
}

/**
 * Normal random numbers that float32 can hold, so that a pass computes the same
 * in either dtype, and one reference serves both.
 */
export function draw(random: RandomState, shape: readonly number[]): Tensor {
  return random.randn(shape).astype("float32").astype("float64");
}

/** Copies of tensors that stay in the shared memory, in `dtype`. */
export function residents<T extends Record<string, Tensor>>(
  tensors: T,
  dtype: DType,
): T {
  const entries = Object.entries(tensors);
  return Object.fromEntries(
    entries.map(([name, tensor]) => [name, resident(tensor, dtype)]),
  ) as T; // the same names as before
}

/** How many numbers tensors hold together. */
export function numbersIn(...tensors: readonly Tensor[]): number {
  return tensors.reduce((sum, { size }) => sum + size, 0);
}

/** A function that computes its result once, when it is first called. */
export function once<R>(compute: () => R): () => R {
  let result: { readonly value: R } | undefined;
  return () => (result ??= { value: compute() }).value;
}

// Copyright 2026 the Convlab authors. MIT license.

/**
 * How long kernels take, counted while somebody wants to know.
 *
 * @module
 */

/** What a kernel took. */
export interface KernelTime {
  readonly name: string;
  readonly calls: number;
  readonly milliseconds: number;
}

let times: Map<string, { calls: number; milliseconds: number }> | undefined;

/** Whether anybody wants to know. */
export function profiling(): boolean {
  return times !== undefined;
}

/** Counts a call of a kernel. */
export function recordTime(name: string, milliseconds: number): void {
  const time = times?.get(name) ?? { calls: 0, milliseconds: 0 };
  time.calls++;
  time.milliseconds += milliseconds;
  times?.set(name, time);
}

/** Runs `body`, and says what each kernel took in it, the longest first. */
export function profileKernels<R>(
  body: () => R,
): { result: R; kernels: KernelTime[] } {
  const outer = times;
  const mine: typeof times = times = new Map();
  try {
    const result = body();
    const kernels = [...mine].map(([name, time]) => ({ name, ...time }));
    return {
      result,
      kernels: kernels.sort((a, b) => b.milliseconds - a.milliseconds),
    };
  } finally {
    times = outer;
  }
}

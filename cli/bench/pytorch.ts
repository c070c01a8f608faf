// Copyright 2026 the Convlab authors. MIT license.

/**
 * PyTorch in a Python process that times what `bench` times Convlab on, one
 * request after another, for as long as it is wanted.
 *
 * @module
 */

import type { Work } from "./pass.ts";
import script from "./peer.py" with { type: "text" };
import { type Conversation, converse } from "./peer_process.ts";
import { type Contestant, WAKE_UP, WARM_UP, type WarmUp } from "./timing.ts";

/** PyTorch, as it calls itself. */
export interface Identity {
  /** Such as `PyTorch 1.13.0`. */
  readonly name: string;
  /** The library of its matrix products, such as `openblas`. */
  readonly blas: string;
}

/** A process that times PyTorch. It ends when it is disposed of. */
export interface PyTorch extends AsyncDisposable {
  /**
   * Waits until PyTorch is loaded; to be called once, before anything is timed.
   *
   * @throws {Error} If the interpreter has no PyTorch, or does not answer.
   */
  loaded(): Promise<Identity>;
  /** A piece of work, to be timed in turns with Convlab's. */
  contestant(work: Work, threads: number): Contestant;
}

/** Options of {@linkcode startPyTorch}. */
export interface PyTorchOptions {
  /** Variables of the environment, besides those that are there. */
  readonly env?: Readonly<Record<string, string>>;
  /** Ends the process and all waiting for it, with its reason. */
  readonly signal?: AbortSignal;
  /** How long an answer may take, in milliseconds: PyTorch alone may load for many seconds. */
  readonly patience?: number;
}

/** What Debian's packages are; without the second, products are several times slower. */
const PACKAGES = "apt-get install python3-torch libopenblas0";
const PATIENCE = 120_000;

/**
 * Starts PyTorch in an interpreter. Needs permission to run it.
 *
 * @param python The interpreter, such as `python3`.
 * @throws {Error} If it cannot be started.
 */
export function startPyTorch(
  python: string,
  options: PyTorchOptions = {},
): PyTorch {
  const process = start(python, options);
  return {
    loaded: async () => {
      const { name, blas, missing } = await process.next();
      if (typeof missing === "string") {
        throw new Error(
          `Cannot time PyTorch: ${python} cannot import it (${missing}); on Debian, ${PACKAGES} and pass --peer /usr/bin/python3`,
        );
      }
      if (typeof name !== "string" || typeof blas !== "string") {
        throw unexpected(python, "its name and BLAS", { name, blas });
      }
      return { name, blas };
    },
    contestant: (work, threads) => contestant(process, { work, threads }),
    [Symbol.asyncDispose]: () => process[Symbol.asyncDispose](),
  };
}

function start(
  python: string,
  { patience = PATIENCE, ...options }: PyTorchOptions,
): Conversation {
  try {
    return converse(python, ["-c", script], { ...options, patience });
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      throw new Error(
        `Cannot time PyTorch: expected ${python} to be a Python interpreter but found none; on Debian, ${PACKAGES}`,
        { cause: error },
      );
    }
    if (error instanceof Deno.errors.NotCapable) {
      throw new Error(
        `Cannot time PyTorch without permission to run ${python}: add --allow-run=${python} after "deno run"`,
        { cause: error },
      );
    }
    throw error;
  }
}

function contestant(
  process: Conversation,
  request: { readonly work: Work; readonly threads: number },
): Contestant {
  const ask = async (runs: number, warmUp: WarmUp) => {
    const { times } = await process.ask({ ...request, runs, warmUp });
    if (
      Array.isArray(times) && times.length === runs &&
      times.every((time): time is number => time > 0 && time < Infinity)
    ) return times;
    throw unexpected(process.command, `${runs} times`, times);
  };
  return {
    warmUp: async () => {
      await ask(0, WARM_UP);
    },
    time: (runs) => ask(runs, WAKE_UP),
  };
}

function unexpected(command: string, what: string, found: unknown): Error {
  return new Error(
    `Cannot time PyTorch: expected ${what} from ${command} but found ${
      JSON.stringify(found)
    }`,
  );
}

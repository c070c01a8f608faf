// Copyright 2026 the Convlab authors. MIT license.

/**
 * A reducer for solvers in threads of one process: they meet at barriers in
 * shared memory, and each adds up all parts in the same order. It also watches
 * that models keep to the rules of a reduction.
 *
 * @module
 */

import { type Part, partOf } from "../../numerics/part.ts";
import type { Tensor } from "../../numerics/tensor.ts";
import type {
  GradientReducer,
  Reduction,
} from "../../training/gradient_reducer.ts";

/** Numbers that a solver can show the others at once. */
const ROOM = 1 << 15;

/** How long a solver waits for the others before it fails, in milliseconds. */
const PATIENCE = 20_000;

/** What the solvers share. */
export interface Meeting {
  readonly size: number;
  readonly control: Int32Array;
  readonly numbers: Float64Array;
}

/** A place where `size` solvers meet. */
export function meetingOf(size: number): Meeting {
  return {
    size,
    control: new Int32Array(new SharedArrayBuffer(8)),
    numbers: new Float64Array(new SharedArrayBuffer(8 * size * ROOM)),
  };
}

/** A reducer that meets others. */
export class ThreadReducer implements GradientReducer {
  readonly size: number;
  learningRate = 0;
  readonly #rank: number;
  readonly #meeting: Meeting;
  readonly #syncBatchnorm: boolean;

  constructor(meeting: Meeting, rank: number, syncBatchnorm: boolean) {
    this.size = meeting.size;
    this.#rank = rank;
    this.#meeting = meeting;
    this.#syncBatchnorm = syncBatchnorm;
  }

  part(count: number): Part {
    return partOf(count, this.#rank, this.size);
  }

  begin(batchSize: number): Reduction {
    const added: { grad: Tensor; before: Tensor }[] = [];
    return {
      batchSize,
      part: this.part(batchSize),
      sumStatistics: this.#syncBatchnorm
        ? (values) => this.sum(values)
        : undefined,
      add: (_, grad) => added.push({ grad, before: grad.clone() }),
      finish: (loss) => {
        for (const { grad, before } of added) {
          if (grad.data.some((value, i) => !Object.is(value, before.data[i]))) {
            throw new Error("A gradient was changed after it was added");
          }
          const values = Float64Array.from(grad.data);
          this.sum(values);
          grad.data.set(values);
        }
        const rate = this.#rank === 0 ? this.learningRate : 0;
        const values = Float64Array.of(loss, rate);
        this.sum(values);
        this.learningRate = values[1]!;
        return values[0]!;
      },
    };
  }

  sum(values: Float64Array): void {
    this.#show(values, (shown) => {
      values.fill(0);
      for (const others of shown) {
        for (let i = 0; i < values.length; i++) values[i]! += others[i]!;
      }
    });
  }

  broadcast(tensors: readonly Tensor[]): void {
    for (const { data } of tensors) {
      this.#show(data, ([first]) => data.set(first!.subarray(0, data.length)));
    }
  }

  first(text: string | undefined): string | undefined {
    const codes = [...text ?? ""].map((c) => c.codePointAt(0)!);
    const message = text === undefined ? [-1] : [codes.length, ...codes];
    return this.#show(message, (shown) => {
      const found = shown.find(([length]) => length! >= 0);
      return found &&
        String.fromCodePoint(...found.subarray(1, 1 + found[0]!));
    });
  }

  /** Shows the others some numbers, and looks at what all of them show. */
  #show<R>(
    values: ArrayLike<number>,
    look: (shown: readonly Float64Array[]) => R,
  ): R {
    const { numbers, size } = this.#meeting;
    numbers.set(values, this.#rank * ROOM);
    this.#barrier();
    const result = look(
      Array.from(
        { length: size },
        (_, rank) => numbers.subarray(rank * ROOM, (rank + 1) * ROOM),
      ),
    );
    this.#barrier();
    return result;
  }

  #barrier(): void {
    const { control, size } = this.#meeting;
    const round = Atomics.load(control, 1);
    if (Atomics.add(control, 0, 1) + 1 === size) {
      Atomics.store(control, 0, 0);
      Atomics.add(control, 1, 1);
      Atomics.notify(control, 1);
      return;
    }
    while (Atomics.load(control, 1) === round) {
      if (Atomics.wait(control, 1, round, PATIENCE) === "timed-out") {
        throw new Error("The other solvers did not come");
      }
    }
  }
}

// Copyright 2026 the Convlab authors. MIT license.

/**
 * How tensors get into the shared memory and out of it.
 *
 * A call of a fast layer opens a {@linkcode withFrame frame}: inputs that lie
 * elsewhere are copied in, results are copied out, and all that the frame took
 * is given back. Tensors that live in the shared memory are used where they
 * are: those of a {@linkcode Workspace}, which a training step fills anew each
 * time, and {@linkcode resident} ones, such as parameters.
 *
 * @module
 */

import { type DType, sizeOf, Tensor, zeros } from "../numerics/tensor.ts";
import type { SharedMemory } from "../workers/memory.ts";
import { settleTileWidth, shared } from "./runtime.ts";
import { bytesOf } from "./select.ts";

/** Memory taken from one end, and given back all at once. */
class Stack {
  readonly #memory: SharedMemory;
  #blocks: { address: number; bytes: number }[] = [];
  #block = 0;
  #offset = 0;
  #taken = 0;

  constructor(memory: SharedMemory) {
    this.#memory = memory;
  }

  /** The address of `bytes` bytes, a multiple of 64. */
  take(bytes: number): number {
    // 64 bytes more, so that a kernel may load whole vectors at the end.
    const size = Math.ceil(bytes / 64) * 64 + 64;
    this.#taken += size;
    for (; this.#block < this.#blocks.length; this.#block++, this.#offset = 0) {
      const block = this.#blocks[this.#block]!;
      if (this.#offset + size > block.bytes) continue;
      this.#offset += size;
      return block.address + this.#offset - size;
    }
    const block = {
      address: this.#memory.allocate(Math.max(size, 1 << 20)),
      bytes: Math.max(size, 1 << 20),
    };
    this.#blocks.push(block);
    this.#offset = size;
    return block.address;
  }

  /** Gives everything back; the next round finds all it needs in one block. */
  clear(): void {
    if (this.#blocks.length > 1) {
      const bytes = this.#taken;
      this.release();
      this.#blocks = [{ address: this.#memory.allocate(bytes), bytes }];
    }
    this.#block = this.#offset = this.#taken = 0;
  }

  /** Returns the memory itself. */
  release(): void {
    for (const block of this.#blocks) this.#memory.free(block.address);
    this.#blocks = [];
    this.#block = this.#offset = this.#taken = 0;
  }
}

/** A result that a kernel writes. */
export interface Output {
  /** Where the kernel writes it. */
  readonly address: number;
  /** The result as a tensor, once the kernel has run. Call it within the frame. */
  take(): Tensor;
}

const stack = new Stack(shared);
let workspace: Stack | undefined;

/** What one call of a fast layer has in the shared memory. */
export class Frame {
  /** The address of a tensor's elements in `dtype`, copied in if need be. */
  input(x: Tensor, dtype: DType): number {
    if (x.dtype === dtype && shared.holds(x.data)) return x.data.byteOffset;
    const address = this.scratch(x.size * bytesOf(dtype));
    view(address, x.size, dtype).set(x.data);
    return address;
  }

  /** Copies what a kernel wrote at `address` into the tensor that was staged there. */
  copyBack(x: Tensor, address: number): void {
    if (x.data.byteOffset === address && shared.holds(x.data)) return;
    x.data.set(view(address, x.size, x.dtype));
  }

  /** Room for a result. It holds anything until a kernel writes it. */
  output(shape: readonly number[], dtype: DType): Output {
    if (workspace) {
      const result = take(workspace, shape, dtype);
      return { address: result.data.byteOffset, take: () => result };
    }
    const size = sizeOf(shape);
    const address = this.scratch(size * bytesOf(dtype));
    return {
      address,
      take: () => new Tensor(view(address, size, dtype).slice(), shape),
    };
  }

  /** The address of integers, copied in if need be. */
  inputIntegers(values: Int32Array): number {
    return shared.holds(values) ? values.byteOffset : this.table(values);
  }

  /** Room for a result of integers, as {@linkcode Frame.output}. */
  integers(length: number): { address: number; take(): Int32Array } {
    const kept = workspace !== undefined;
    const address = (workspace ?? stack).take(4 * length);
    const result = new Int32Array(shared.buffer, address, length);
    return { address, take: () => kept ? result : result.slice() };
  }

  /** The address of bytes, copied in if need be. */
  inputBytes(values: Uint8Array): number {
    if (shared.holds(values)) return values.byteOffset;
    const address = this.scratch(values.length);
    new Uint8Array(shared.buffer, address, values.length).set(values);
    return address;
  }

  /** Room for a result of bytes, as {@linkcode Frame.output}. */
  bytes(length: number): { address: number; take(): Uint8Array } {
    const kept = workspace !== undefined;
    const address = (workspace ?? stack).take(length);
    const result = new Uint8Array(shared.buffer, address, length);
    return { address, take: () => kept ? result : result.slice() };
  }

  /** The numbers at an address in the shared memory. */
  view(
    address: number,
    length: number,
    dtype: DType,
  ): Float32Array | Float64Array {
    return view(address, length, dtype);
  }

  /** Room that is given back with the frame. It holds anything. */
  scratch(bytes: number): number {
    return stack.take(bytes);
  }

  /** A table of 32-bit integers. */
  table(values: ArrayLike<number>): number {
    const address = this.scratch(4 * values.length);
    new Int32Array(shared.buffer, address, values.length).set(values);
    return address;
  }

  /** The integers at an address, as a kernel left them. */
  readTable(address: number, length: number): Int32Array {
    return new Int32Array(shared.buffer, address, length);
  }

  /** Room for numbers that the caller fills in. */
  array(length: number, dtype: DType): Float32Array | Float64Array {
    return view(this.scratch(length * bytesOf(dtype)), length, dtype);
  }
}

const frame = new Frame();
let depth = 0;

/** Runs `body` with a frame, and gives back what it took even if it throws. */
export function withFrame<R>(body: (frame: Frame) => R): R {
  if (depth === 0) settleTileWidth(false);
  depth++;
  try {
    return body(frame);
  } finally {
    if (--depth === 0) stack.clear();
  }
}

/** Frees a workspace's memory once nothing refers to it. */
const workspaces = new FinalizationRegistry<Stack>((s) => s.release());
/** Frees a resident tensor's memory once nothing refers to its data. */
const residents = new FinalizationRegistry<number>((address) =>
  shared.free(address)
);

/**
 * Memory that the tensors of one training step live in. After the first step
 * it is there already, so later ones allocate nothing large.
 *
 * Tensors made in one {@linkcode Workspace.run} are overwritten by the next:
 * what is to be kept is to be cloned.
 */
export class Workspace {
  readonly #stack = new Stack(shared);

  constructor() {
    workspaces.register(this, this.#stack);
  }

  /** Runs `body`; results of fast layers and {@linkcode emptyTensor} lie in this workspace. */
  run<R>(body: () => R): R {
    const outer = workspace;
    this.#stack.clear();
    workspace = this.#stack;
    try {
      return body();
    } finally {
      workspace = outer;
    }
  }
}

/** A tensor to be filled in: in the workspace that is in use, or on its own. */
export function emptyTensor(shape: readonly number[], dtype: DType): Tensor {
  return workspace ? take(workspace, shape, dtype) : zeros(shape, dtype);
}

/**
 * A copy of a tensor that stays in the shared memory for as long as it is
 * referred to, so that kernels use it without copying.
 */
export function resident(x: Tensor, dtype: DType = x.dtype): Tensor {
  const address = shared.allocate(x.size * bytesOf(dtype));
  const data = view(address, x.size, dtype);
  data.set(x.data);
  residents.register(data, address);
  return new Tensor(data, x.shape);
}

function take(from: Stack, shape: readonly number[], dtype: DType): Tensor {
  const size = sizeOf(shape);
  return new Tensor(view(from.take(size * bytesOf(dtype)), size, dtype), shape);
}

function view(
  address: number,
  length: number,
  dtype: DType,
): Float32Array | Float64Array {
  return dtype === "float32"
    ? new Float32Array(shared.buffer, address, length)
    : new Float64Array(shared.buffer, address, length);
}

// Copyright 2026 the Convlab authors. MIT license.

/**
 * The one shared memory that kernels work on, and the allocator of its blocks.
 *
 * Every worker instantiates the same WebAssembly module over this memory, so
 * work is handed out by offsets and never by copying. Only the thread that made
 * the memory allocates.
 *
 * @module
 */

const PAGE_BYTES = 65536;
/** 4 GiB, all that 32-bit offsets reach. */
const MAX_PAGES = 65536;
/** Whole cache lines; also more than any vector that a kernel reads at once. */
const ALIGNMENT = 64;
/**
 * Bytes after each block that belong to it, so that a kernel may load whole
 * vectors at a block's end.
 */
const SLACK = 64;

/** A growing shared memory with a first-fit allocator. */
export class SharedMemory {
  /** The memory itself, as WebAssembly instances import it. */
  readonly memory: WebAssembly.Memory;
  /** Free blocks by address, no two of them neighbours. */
  #free: { address: number; bytes: number }[] = [];
  /** Bytes of each block in use, by address. */
  readonly #used = new Map<number, number>();
  readonly #buffers = new WeakSet<ArrayBufferLike>();
  #buffer: SharedArrayBuffer;

  /** Reserves the address space; pages are committed as they are first used. */
  constructor() {
    this.memory = reserve();
    this.#buffer = bufferOf(this.memory);
    this.#buffers.add(this.#buffer);
    // The first page stays out of use, so that no block has the address 0.
    this.#free.push({
      address: PAGE_BYTES,
      bytes: this.#buffer.byteLength - PAGE_BYTES,
    });
  }

  /** The memory as it is now; it changes when the memory grows, and older ones stay valid. */
  get buffer(): SharedArrayBuffer {
    return this.#buffer;
  }

  /** Bytes in blocks that are in use, their slack included. */
  get bytesInUse(): number {
    let total = 0;
    for (const bytes of this.#used.values()) total += bytes;
    return total;
  }

  /** Whether an array lies in this memory; its `byteOffset` is then its address. */
  holds(array: ArrayBufferView): boolean {
    return this.#buffers.has(array.buffer);
  }

  /**
   * The address of a new block of at least `bytes` bytes, a multiple of 64. Its
   * contents are whatever was there before.
   *
   * @throws {RangeError} If the memory cannot grow as far.
   */
  allocate(bytes: number): number {
    const size = roundUp(bytes, ALIGNMENT) + SLACK;
    let index = this.#free.findIndex((block) => block.bytes >= size);
    if (index < 0) {
      this.#grow(size);
      index = this.#free.length - 1;
    }
    const block = this.#free[index]!;
    const address = block.address;
    if (block.bytes === size) this.#free.splice(index, 1);
    else {
      block.address += size;
      block.bytes -= size;
    }
    this.#used.set(address, size);
    return address;
  }

  /** Gives a block back. */
  free(address: number): void {
    const bytes = this.#used.get(address);
    if (bytes === undefined) {
      throw new RangeError(
        `Cannot free block: expected the address of a block in use but found ${address}`,
      );
    }
    this.#used.delete(address);
    this.#insert({ address, bytes });
  }

  #insert(block: { address: number; bytes: number }): void {
    let index = this.#free.findIndex((other) => other.address > block.address);
    if (index < 0) index = this.#free.length;
    const before = this.#free[index - 1];
    const after = this.#free[index];
    if (after && block.address + block.bytes === after.address) {
      block.bytes += after.bytes;
      this.#free.splice(index, 1);
    }
    if (before && before.address + before.bytes === block.address) {
      before.bytes += block.bytes;
    } else this.#free.splice(index, 0, block);
  }

  /** Makes the last free block at least `bytes` long. */
  #grow(bytes: number): void {
    const end = this.#buffer.byteLength;
    const last = this.#free.at(-1);
    const atEnd = last && last.address + last.bytes === end ? last.bytes : 0;
    const pages = Math.ceil((bytes - atEnd) / PAGE_BYTES);
    // Grow by an eighth at least, so that many small steps stay cheap.
    const generous = Math.max(pages, Math.ceil(end / PAGE_BYTES / 8));
    try {
      try {
        this.memory.grow(generous);
      } catch {
        this.memory.grow(pages);
      }
    } catch {
      throw new RangeError(
        `Cannot allocate ${
          gibibytes(bytes)
        }: the kernels' shared memory holds ${
          gibibytes(end)
        } and cannot grow past ${gibibytes(MAX_PAGES * PAGE_BYTES)}`,
      );
    }
    this.#buffer = bufferOf(this.memory);
    this.#buffers.add(this.#buffer);
    this.#insert({ address: end, bytes: this.#buffer.byteLength - end });
  }
}

/** Reserves as much address space as the system gives, 4 GiB if it can. */
function reserve(): WebAssembly.Memory {
  for (let maximum = MAX_PAGES;; maximum /= 2) {
    try {
      return new WebAssembly.Memory({ initial: 64, maximum, shared: true });
    } catch (error) {
      if (maximum <= 1024) throw error;
    }
  }
}

/** The memory's buffer, which TypeScript does not know to be shared where the memory is. */
function bufferOf(memory: WebAssembly.Memory): SharedArrayBuffer {
  const buffer: ArrayBufferLike = memory.buffer;
  if (isShared(buffer)) return buffer;
  throw new TypeError("Cannot use memory: expected it to be shared");
}

/** Whether a buffer is shared. Pages that may not share memory have no `SharedArrayBuffer` to ask, but can have one. */
function isShared(buffer: ArrayBufferLike): buffer is SharedArrayBuffer {
  return Object.prototype.toString.call(buffer) ===
    "[object SharedArrayBuffer]";
}

function roundUp(n: number, multiple: number): number {
  return Math.ceil(n / multiple) * multiple;
}

function gibibytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(2)} GiB`;
}

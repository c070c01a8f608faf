// Copyright 2026 the Convlab authors. MIT license.

/**
 * A file of lines that somebody else writes.
 *
 * @module
 */

/** What is new in a file. */
export interface Growth {
  /** Whether what was read before is no longer there, so that these lines are all. */
  readonly isAnew: boolean;
  /** Whole lines that were added. */
  readonly lines: readonly string[];
}

const NEWLINE = 10;
/** Bytes that are read at once. */
const CHUNK = 1 << 20;
/** Bytes before the place of reading that are compared, to see that the file was not cut back and grew again. */
const REMEMBERED = 128;

/** Reads what is added to a file; one that is not there yet has no lines. */
export class GrowingFile {
  readonly #path: string;
  #offset = 0;
  #before = new Uint8Array();

  constructor(path: string) {
    this.#path = path;
  }

  /**
   * The whole lines since the last call.
   *
   * @throws {Error} If the file cannot be read.
   */
  read(): Growth {
    const bytes = this.#open();
    if (bytes === undefined) {
      const isAnew = this.#offset > 0;
      this.restart();
      return { isAnew, lines: [] };
    }
    const { file, size } = bytes;
    using _ = file;
    const isAnew = this.#offset > 0 && !this.#isContinued(file, size);
    if (isAnew) this.restart();
    return { isAnew, lines: this.#lines(file, size) };
  }

  #lines(file: Deno.FsFile, size: number): string[] {
    if (size === this.#offset) return [];
    const decoder = new TextDecoder();
    const lines: string[] = [];
    let rest = new Uint8Array();
    file.seekSync(this.#offset, Deno.SeekMode.Start);
    const chunk = new Uint8Array(Math.min(CHUNK, size - this.#offset));
    for (let n = file.readSync(chunk); n !== null; n = file.readSync(chunk)) {
      const bytes = joined(rest, chunk.subarray(0, n));
      const end = bytes.lastIndexOf(NEWLINE) + 1;
      rest = bytes.slice(end);
      if (end === 0) continue;
      const whole = bytes.subarray(0, end);
      // All but what comes after the last newline, which is nothing.
      for (const line of decoder.decode(whole).split("\n").slice(0, -1)) {
        lines.push(line);
      }
      this.#offset += end;
      this.#before = joined(this.#before, whole.subarray(-REMEMBERED))
        .slice(-REMEMBERED);
    }
    return lines;
  }

  #isContinued(file: Deno.FsFile, size: number): boolean {
    if (size < this.#offset) return false;
    const before = this.#before;
    const found = new Uint8Array(before.length);
    file.seekSync(this.#offset - before.length, Deno.SeekMode.Start);
    return file.readSync(found) === before.length &&
      before.every((byte, i) => byte === found[i]);
  }

  #open(): { file: Deno.FsFile; size: number } | undefined {
    try {
      const file = Deno.openSync(this.#path);
      return { file, size: file.statSync().size };
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    }
  }

  /** Reads from the beginning again. */
  restart(): void {
    this.#offset = 0;
    this.#before = new Uint8Array();
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

// Copyright 2026 the Convlab authors. MIT license.

/**
 * Files that grow by whole lines while a run trains, and are cut back to an
 * earlier length when it is resumed.
 *
 * @module
 */

const NEWLINE = 10;

/**
 * Adds a line to a file.
 *
 * @throws {Error} If the file cannot be written, with its path.
 */
export function appendLine(path: string, line: string): void {
  try {
    Deno.writeTextFileSync(path, `${line}\n`, { append: true });
  } catch (cause) {
    if (cause instanceof Deno.errors.NotCapable) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`Cannot write ${path}: ${reason}`, { cause });
  }
}

/** The bytes of a file, or none where there is no file. */
export function readIfThere(path: string): Uint8Array {
  try {
    return Deno.readFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return new Uint8Array();
    throw error;
  }
}

/**
 * The length of a file in bytes, all of which are on the disk when this returns:
 * after a power failure the file is no shorter.
 */
export function settledLength(path: string): number {
  try {
    using file = Deno.openSync(path, { read: true, write: true });
    file.syncSync();
    return file.statSync().size;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return 0;
    throw error;
  }
}

/**
 * Cuts a file back to `length` bytes, or to the whole lines before that where
 * it does not end a line: whoever killed the writer may have done so within one.
 * One call of the system does it, so it cannot be half done.
 */
export function truncateLines(path: string, length: number): void {
  const bytes = readIfThere(path);
  const end = Math.min(length, bytes.length);
  const whole = end === 0 ? 0 : bytes.lastIndexOf(NEWLINE, end - 1) + 1;
  if (whole === bytes.length) return;
  using file = Deno.openSync(path, { write: true });
  file.truncateSync(whole);
  file.syncSync();
}

/**
 * Where the metrics up to an iteration end in a file's bytes: before the first
 * line of a later one, or of kind "final", and not in a line that is damaged.
 */
export function endOfIteration(bytes: Uint8Array, iteration: number): number {
  let end = 0;
  for (const { metric, next } of metricLines(bytes)) {
    if (metric === undefined) continue;
    if (Number(metric.iteration) > iteration || metric.kind === "final") break;
    end = next;
  }
  return end;
}

/** Whole lines, and where the next one begins; a damaged one has no metric. */
function* metricLines(bytes: Uint8Array) {
  for (let begin = 0;;) {
    const newline = bytes.indexOf(NEWLINE, begin);
    if (newline < 0) return;
    const line = new TextDecoder().decode(bytes.subarray(begin, newline));
    begin = newline + 1;
    yield { metric: parseLine(line), next: begin };
  }
}

/** The object of a line, or `undefined` if the line is damaged. */
export function parseLine(line: string): Record<string, unknown> | undefined {
  try {
    const value = JSON.parse(line);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

// Copyright 2026 the Convlab authors. MIT license.

/**
 * Unpacks `.tar.gz` archives that are not trusted.
 *
 * @module
 */

import { dirname, join } from "@std/path";
import { createTarDecoder, type ParsedTarEntry } from "modern-tar";
import { DataError } from "./data_error.ts";

/** Options of {@linkcode unpackTarGz}. */
export interface UnpackOptions {
  /** Most bytes that all files together may have. */
  readonly maxBytes: number;
}

const MAX_ENTRIES = 10_000;

/**
 * Unpacks an archive into a folder, which is made. Files and folders are, and
 * nothing else: links, devices, and names that lead out of the folder are
 * refused. The archive is read as a stream, and no further than `maxBytes`.
 *
 * @throws {DataError} If the archive is damaged or refused; some of its files may have been written by then.
 */
export async function unpackTarGz(
  archive: string,
  folder: string,
  options: UnpackOptions,
): Promise<void> {
  const { maxBytes } = options;
  Deno.mkdirSync(folder, { recursive: true });
  const file = await Deno.open(archive);
  const entries = file.readable
    .pipeThrough(new DecompressionStream("gzip"))
    .pipeThrough(limit(archive, maxBytes))
    .pipeThrough(createTarDecoder({ strict: true }));
  try {
    let total = 0;
    let count = 0;
    for await (const entry of entries) {
      total += entry.header.size;
      if (total > maxBytes || ++count > MAX_ENTRIES) {
        throw tooLarge(archive, maxBytes);
      }
      await unpackEntry(entry, archive, folder);
    }
  } catch (cause) {
    if (cause instanceof DataError || cause instanceof Deno.errors.NotCapable) {
      throw cause;
    }
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DataError(`Cannot unpack ${archive}: ${reason}`, { cause });
  }
}

async function unpackEntry(
  { header, body }: ParsedTarEntry,
  archive: string,
  folder: string,
): Promise<void> {
  const { name, type = "file" } = header;
  if (type === "pax-global-header") return await body.cancel();
  if (type !== "file" && type !== "directory") {
    throw new DataError(
      `Cannot unpack ${archive}: expected files and folders but found the ${type} ${name}`,
    );
  }
  const steps = name.split("/");
  if (name.startsWith("/") || steps.includes("..") || /[\\:\0]/.test(name)) {
    throw new DataError(
      `Cannot unpack ${archive}: expected names within it but found ${name}`,
    );
  }
  const path = join(folder, ...steps);
  if (type === "directory") {
    Deno.mkdirSync(path, { recursive: true });
    return await body.cancel();
  }
  Deno.mkdirSync(dirname(path), { recursive: true });
  // A second file of the same name could follow what the first one left.
  const file = await Deno.open(path, { write: true, createNew: true });
  await body.pipeTo(file.writable);
}

/** Lets so many bytes through and no more, with a header and padding for each entry. */
function limit(archive: string, maxBytes: number) {
  let total = -1024 * MAX_ENTRIES;
  return new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      total += chunk.length;
      if (total > maxBytes) throw tooLarge(archive, maxBytes);
      controller.enqueue(chunk);
    },
  });
}

function tooLarge(archive: string, maxBytes: number): DataError {
  return new DataError(
    `Cannot unpack ${archive}: expected at most ${maxBytes} bytes in ${MAX_ENTRIES} files but found more`,
  );
}

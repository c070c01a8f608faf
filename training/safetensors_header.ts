// Copyright 2026 the Convlab authors. MIT license.

/**
 * Reads the header of a safetensors file and checks it against the file: it is
 * trusted in nothing.
 *
 * @module
 */

import { formatShape } from "../numerics/tensor.ts";
import { findDuplicateKey } from "./json_keys.ts";
import { STORED_TYPES, type StoredType } from "./safetensors_dtypes.ts";

/** One tensor of the header. */
export interface SafetensorsEntry {
  /** Its name. */
  readonly name: string;
  /** Its element type. */
  readonly type: StoredType;
  /** Its shape. */
  readonly shape: readonly number[];
  /** Where its elements begin, in bytes from the beginning of the data. */
  readonly begin: number;
  /** Where they end. */
  readonly end: number;
}

/** The header of a safetensors file. */
export interface SafetensorsHeader {
  /** The tensors, in the order of the header. */
  readonly entries: readonly SafetensorsEntry[];
  /** Texts by name. */
  readonly metadata: Record<string, string>;
  /** Where the data begins, in bytes from the beginning of the file. */
  readonly dataStart: number;
}

/** The name under which the header holds the metadata. */
export const METADATA_KEY = "__metadata__";

/** As the format's own library has it, so that no parser is kept busy. */
export const MAX_HEADER_BYTES = 100_000_000;
const LENGTH_BYTES = 8;
const TYPE_NAMES = [...STORED_TYPES.keys()].join(", ");

/**
 * Reads the header at the beginning of `bytes`, a whole safetensors file.
 *
 * @throws {SyntaxError} If the header is not well-formed or does not fit the file.
 */
export function decodeSafetensorsHeader(bytes: Uint8Array): SafetensorsHeader {
  const dataStart = LENGTH_BYTES + decodeLength(bytes);
  const header = parseHeader(bytes.subarray(LENGTH_BYTES, dataStart));
  const entries: SafetensorsEntry[] = [];
  let metadata: Record<string, string> = {};
  for (const [name, value] of Object.entries(header)) {
    if (name === METADATA_KEY) metadata = decodeMetadata(value);
    else entries.push(decodeEntry(name, value));
  }
  checkCoverage(entries, bytes.length - dataStart);
  return { entries, metadata, dataStart };
}

function decodeLength(bytes: Uint8Array): number {
  if (bytes.length < LENGTH_BYTES) {
    throw invalid(`at least ${LENGTH_BYTES} bytes`, `${bytes.length}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, LENGTH_BYTES);
  const length = view.getBigUint64(0, true);
  const most = Math.min(bytes.length - LENGTH_BYTES, MAX_HEADER_BYTES);
  if (length > most) {
    throw invalid(`a header of at most ${most} bytes`, `${length}`);
  }
  return Number(length);
}

function parseHeader(bytes: Uint8Array): Record<string, unknown> {
  let text: string;
  let header: unknown;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
      .decode(bytes);
    header = JSON.parse(text);
  } catch (cause) {
    throw invalid("a header in JSON", "something else", cause);
  }
  if (!text.startsWith("{") || !isRecord(header)) {
    throw invalid('a header that begins with "{"', describe(text[0]));
  }
  const duplicate = findDuplicateKey(text);
  if (duplicate !== undefined) {
    throw invalid("each name once", `${describe(duplicate)} twice`);
  }
  return header;
}

function decodeMetadata(value: unknown): Record<string, string> {
  if (!isRecord(value)) {
    throw invalid(`${METADATA_KEY} to be an object`, describe(value));
  }
  const entries = Object.entries(value).map(([key, text]) => {
    if (typeof text !== "string") {
      throw invalid(
        `metadata ${describe(key)} to be a string`,
        describe(text),
      );
    }
    return [key, text] as const;
  });
  return Object.fromEntries(entries);
}

function decodeEntry(name: string, value: unknown): SafetensorsEntry {
  const label = `tensor ${describe(name)}`;
  if (!isRecord(value)) {
    throw invalid(`${label} to be an object`, describe(value));
  }
  const { dtype: code, shape, data_offsets: offsets } = value;
  const type = STORED_TYPES.get(code);
  if (type === undefined) {
    throw invalid(
      `${label} to have a dtype (${TYPE_NAMES})`,
      describe(code),
    );
  }
  if (!isLengths(shape)) {
    throw invalid(`${label} to have a shape`, describe(shape));
  }
  if (!isLengths(offsets) || offsets.length !== 2) {
    throw invalid(
      `${label} to have two data_offsets`,
      describe(offsets),
    );
  }
  const [begin = 0, end = 0] = offsets;
  const expected = shape.reduce((n, d) => n * d, type.width);
  if (end - begin !== expected) {
    throw invalid(
      `${label} of shape ${describe(shape)} to have ${expected} bytes`,
      `data_offsets ${begin} to ${end}`,
    );
  }
  return { name, type, shape, begin, end };
}

/** Tensors lie end to end, from the first byte of the data to the last. */
function checkCoverage(
  entries: readonly SafetensorsEntry[],
  dataBytes: number,
): void {
  let covered = 0;
  const ordered = entries.toSorted((a, b) =>
    a.begin - b.begin || a.end - b.end
  );
  for (const { name, begin, end } of ordered) {
    if (begin !== covered) {
      throw invalid(
        `tensor ${
          describe(name)
        } to begin where the one before it ends (byte ${covered} of the data)`,
        `${begin}`,
      );
    }
    covered = end;
  }
  if (covered !== dataBytes) {
    throw invalid(`${covered} bytes of data`, `${dataBytes}`);
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isLengths(value: unknown): value is number[] {
  return Array.isArray(value) &&
    value.every((n) => Number.isSafeInteger(n) && n >= 0);
}

/** A value from the header in a few words, however much of it there is. */
export function describe(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 60));
  if (isRecord(value)) return "an object";
  if (!Array.isArray(value)) return String(value);
  return isLengths(value) && value.length < 9 ? formatShape(value) : "an array";
}

/** The error for bytes that are not as the format has them. */
export function invalid(
  expected: string,
  found: string,
  cause?: unknown,
): SyntaxError {
  return new SyntaxError(
    `Cannot decode safetensors: expected ${expected} but found ${found}`,
    { cause },
  );
}

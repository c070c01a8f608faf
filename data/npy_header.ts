// Copyright 2026 the Convlab authors. MIT license.

/**
 * The header of NumPy's `.npy` files: `\x93NUMPY`, a version, the length of the
 * rest, and a dictionary as Python prints it.
 *
 * Source of the format, versions 1.0 to 3.0:
 * {@link https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html}.
 *
 * @module
 */

import { formatShape } from "../numerics/tensor.ts";
import { type NpyDType, NUMBER_FORMATS } from "./npy_types.ts";

/** What a header says. */
export interface NpyHeader {
  /** Length of each dimension. */
  readonly shape: readonly number[];
  /** Element type. */
  readonly dtype: NpyDType;
  /** Whether strings are of 32-bit characters, as `<U7`, and not of bytes, as `|S7`. */
  readonly isWide: boolean;
  /** Bytes of an element. */
  readonly itemBytes: number;
  /** Whether the first byte of an element is the lowest. */
  readonly isLittle: boolean;
  /** Whether the first dimension varies fastest. */
  readonly isFortran: boolean;
  /** Number of elements. */
  readonly elements: number;
  /** Where they begin. */
  readonly dataStart: number;
}

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
/** As NumPy has it. */
const MAX_RANK = 64;
/** Multiple at which the elements begin. */
const ALIGNMENT = 64;

/** An entry of the dictionary; numbers of Python 2 may end in L. */
const ENTRY =
  /\s*'(descr|fortran_order|shape)'\s*:\s*(?:'([^']*)'|(True|False)|\(([\dL,\s]*)\))\s*(,|(?=\}))/y;

/**
 * Reads a header.
 *
 * @throws {SyntaxError} If it is none, is cut off, or describes what is not an array of numbers or strings.
 */
export function decodeNpyHeader(bytes: Uint8Array, name: string): NpyHeader {
  if (!MAGIC.every((byte, i) => bytes[i] === byte)) {
    throw invalid(name, "it to begin with \\x93NUMPY", "other bytes");
  }
  const major = bytes[6];
  if (major === undefined || major < 1 || major > 3) {
    throw invalid(
      name,
      "version 1, 2 or 3 of the format",
      `${major ?? "none"}`,
    );
  }
  const lengthBytes = major === 1 ? 2 : 4;
  const textStart = 8 + lengthBytes;
  if (bytes.length < textStart) {
    throw invalid(name, "a header", "its beginning");
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = major === 1
    ? view.getUint16(8, true)
    : view.getUint32(8, true);
  const dataStart = textStart + length;
  if (bytes.length < dataStart) {
    throw invalid(
      name,
      `a header of ${length} bytes`,
      `${bytes.length - textStart}`,
    );
  }
  const decoder = new TextDecoder(major === 3 ? "utf-8" : "latin1");
  const fields = parseDictionary(
    decoder.decode(bytes.subarray(textStart, dataStart)),
    name,
  );
  return { ...fields, dataStart };
}

function parseDictionary(
  text: string,
  name: string,
): Omit<NpyHeader, "dataStart"> {
  const found = new Map<string, string>();
  let at = /^\s*\{/.exec(text)?.[0].length ?? text.length;
  while (at < text.length && !/^\s*\}\s*$/.test(text.slice(at))) {
    ENTRY.lastIndex = at;
    const match = ENTRY.exec(text);
    const key = match?.[1];
    if (match === null || key === undefined || found.has(key)) break;
    found.set(key, match[2] ?? match[3] ?? match[4] ?? "");
    at = ENTRY.lastIndex;
  }
  const [descr, order, shape] = ["descr", "fortran_order", "shape"]
    .map((key) => found.get(key));
  if (
    descr === undefined || shape === undefined ||
    !/^\s*\}\s*$/.test(text.slice(at)) ||
    (order !== "True" && order !== "False")
  ) {
    throw invalid(
      name,
      "a dictionary with descr, fortran_order and shape",
      JSON.stringify(text.trim().slice(0, 80)),
    );
  }
  const lengths = parseShape(shape, name);
  const type = parseType(descr, name);
  return {
    ...type,
    shape: lengths,
    isFortran: order === "True",
    elements: countElements(lengths, type.itemBytes, name),
  };
}

function parseShape(text: string, name: string): number[] {
  // A trailing comma is Python's.
  const items = text.replaceAll(/\s/g, "").replace(/,$/, "").split(",");
  if (items.length === 1 && items[0] === "") return [];
  const shape = items.map((item) =>
    Number(/^\d+L?$/.test(item) ? item.replace("L", "") : NaN)
  );
  if (shape.length > MAX_RANK || !shape.every(Number.isSafeInteger)) {
    throw invalid(
      name,
      `a shape of at most ${MAX_RANK} dimensions`,
      `(${text.slice(0, 80)})`,
    );
  }
  return shape;
}

function countElements(
  shape: readonly number[],
  itemBytes: number,
  name: string,
): number {
  const elements = shape.includes(0) ? 0 : shape.reduce((n, d) => n * d, 1);
  if (
    !Number.isSafeInteger(elements * itemBytes) ||
    (itemBytes === 0 && elements > 0)
  ) {
    throw invalid(
      name,
      "an array that fits into memory",
      `shape ${formatShape(shape)}`,
    );
  }
  return elements;
}

function parseType(descr: string, name: string) {
  const [, order, code, kind, digits] =
    /^([<>|=]?)(([a-zA-Z])(\d*))$/.exec(descr) ?? [];
  const isLittle = order !== ">";
  if ((kind === "U" || kind === "S") && Number(digits) < 2 ** 28) {
    const isWide = kind === "U";
    const itemBytes = Number(digits) * (isWide ? 4 : 1);
    return { dtype: "string", isWide, itemBytes, isLittle } as const;
  }
  for (const [dtype, format] of Object.entries(NUMBER_FORMATS)) {
    if (format.code === code) {
      return {
        dtype: dtype as NpyDType,
        isWide: false,
        itemBytes: format.bytes,
        isLittle,
      };
    }
  }
  throw invalid(
    name,
    "numbers or strings",
    kind === "O"
      ? "Python objects (dtype=object)"
      : `the type ${JSON.stringify(descr.slice(0, 80))}`,
  );
}

/**
 * Writes a header of version 1.0, or 2.0 if it is long, after which the elements
 * begin at a multiple of 64 bytes.
 *
 * @param descr The element type, as NumPy spells it.
 */
export function encodeNpyHeader(
  descr: string,
  shape: readonly number[],
): Uint8Array<ArrayBuffer> {
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${
    formatShape(shape)
  }, }`;
  const version = text.length > 60_000 ? 2 : 1;
  const textStart = version === 1 ? 10 : 12;
  const total = Math.ceil((textStart + text.length + 1) / ALIGNMENT) *
    ALIGNMENT;
  const bytes = new Uint8Array(total).fill(0x20);
  bytes.set([...MAGIC, version, 0]);
  const view = new DataView(bytes.buffer);
  if (version === 1) view.setUint16(8, total - textStart, true);
  else view.setUint32(8, total - textStart, true);
  bytes.set(new TextEncoder().encode(text), textStart);
  bytes[total - 1] = 0x0a;
  return bytes;
}

/** The error for bytes that are no such file. */
export function invalid(
  name: string,
  expected: string,
  found: string,
): SyntaxError {
  return new SyntaxError(
    `Cannot read ${name}: expected ${expected} but found ${found}`,
  );
}

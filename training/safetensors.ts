// Copyright 2026 the Convlab authors. MIT license.

/**
 * Parameters in the safetensors format, which holds named tensors and nothing
 * that could run: eight bytes with the length of the header (little-endian), the
 * header in JSON, then the elements of all tensors without gaps, little-endian,
 * as all machines are that Deno runs on.
 *
 * Source of the format: {@link https://github.com/huggingface/safetensors}.
 *
 * @module
 */

import { type DType, Tensor } from "../numerics/tensor.ts";
import {
  decodeSafetensorsHeader,
  describe,
  invalid,
  MAX_HEADER_BYTES,
  METADATA_KEY,
} from "./safetensors_header.ts";

/** What a safetensors file holds. */
export interface Safetensors {
  /** The tensors by name, in the order of the header. */
  readonly tensors: Record<string, Tensor>;
  /** Texts by name; empty if the file has none. */
  readonly metadata: Record<string, string>;
}

/** The data begins at a multiple of this, as does every tensor of its element size. */
const ALIGNMENT = 8;

/**
 * Writes tensors in the safetensors format.
 *
 * The header lists them in their order. So do the elements, but those in float64
 * come first, which puts every tensor at a multiple of its element size.
 *
 * @param tensors The tensors by name.
 * @param metadata Texts by name, for whoever reads the file.
 * @throws {TypeError} If a value of `metadata` is not a string.
 * @throws {RangeError} If a tensor has the name `__metadata__`, which the format keeps for itself, or names and metadata take more than 100 MB.
 *
 * @example There and back
 * ```ts
 * import { decodeSafetensors, encodeSafetensors, tensor } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const bytes = encodeSafetensors({ W1: tensor([[1, 2]]) }, { epoch: "3" });
 * const { tensors, metadata } = decodeSafetensors(bytes);
 * assertEquals(tensors.W1?.data, Float64Array.of(1, 2));
 * assertEquals(metadata, { epoch: "3" });
 * ```
 */
export function encodeSafetensors(
  tensors: Readonly<Record<string, Tensor>>,
  metadata: Record<string, string> = {},
): Uint8Array<ArrayBuffer> {
  checkNames(tensors, metadata);
  const offsets = layOut(tensors);
  const entries = Object.entries(tensors).map(([name, tensor]) => {
    const begin = offsets.get(name)!;
    return item(name, {
      dtype: tensor.dtype === "float64" ? "F64" : "F32",
      shape: tensor.shape,
      data_offsets: [begin, begin + tensor.data.byteLength],
    });
  });
  const first = Object.keys(metadata).length > 0
    ? [item(METADATA_KEY, metadata)]
    : [];
  const json = `{${[...first, ...entries].join(",")}}`;
  const header = new TextEncoder().encode(json);
  if (header.length > MAX_HEADER_BYTES - ALIGNMENT) {
    throw new RangeError(
      `Cannot encode safetensors: expected names and metadata to take less than ${MAX_HEADER_BYTES} bytes but found ${header.length}`,
    );
  }
  const dataStart = Math.ceil((8 + header.length) / ALIGNMENT) * ALIGNMENT;
  const dataBytes = Object.values(tensors)
    .reduce((sum, tensor) => sum + tensor.data.byteLength, 0);

  const bytes = new Uint8Array(dataStart + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(dataStart - 8), true);
  bytes.fill(0x20, 8, dataStart);
  bytes.set(header, 8);
  for (const [name, { data }] of Object.entries(tensors)) {
    bytes.set(
      new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
      dataStart + offsets.get(name)!,
    );
  }
  return bytes;
}

/**
 * Reads tensors from bytes in the safetensors format. Elements of all its types
 * but those of 8-bit floating point are read: F32, F16, BF16, BOOL and integers
 * of 8 and 16 bits as float32, the others as float64, each value exactly.
 *
 * @param bytes The whole file.
 * @returns Copies of the tensors, and the metadata.
 * @throws {SyntaxError} If the bytes are not well-formed: cut off or too long, a header that is no such JSON or names a tensor twice, elements that overlap, leave gaps or do not fit their shape, an element type that the format does not have, or an integer that float64 does not hold.
 *
 * @example The names in a file
 * ```ts
 * import { decodeSafetensors, encodeSafetensors, zeros } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const bytes = encodeSafetensors({ W1: zeros([2, 3]), b1: zeros([3]) });
 * const { tensors } = decodeSafetensors(bytes);
 * assertEquals(Object.keys(tensors), ["W1", "b1"]);
 * ```
 */
export function decodeSafetensors(bytes: Uint8Array): Safetensors {
  const { entries, metadata, dataStart } = decodeSafetensorsHeader(bytes);
  const tensors = entries.map(({ name, type, shape, begin, end }) => {
    const copy = new Uint8Array(
      bytes.subarray(dataStart + begin, dataStart + end),
    );
    const data = type.decode(copy);
    if (typeof data === "string") {
      throw invalid(
        `tensor ${
          describe(name)
        } to have elements that float64 or float32 holds`,
        data,
      );
    }
    return [name, new Tensor(data, shape)] as const;
  });
  return { tensors: Object.fromEntries(tensors), metadata };
}

/** A name and its value as the header has them. The metadata stays first, where an object would put a tensor named "1" before it. */
function item(name: string, value: Record<string, unknown>): string {
  return `${JSON.stringify(name)}:${JSON.stringify(value)}`;
}

/** Where the elements of each tensor begin, in bytes. */
function layOut(
  tensors: Readonly<Record<string, Tensor>>,
): Map<string, number> {
  const offsets = new Map<string, number>();
  let offset = 0;
  for (const dtype of ["float64", "float32"] satisfies DType[]) {
    for (const [name, tensor] of Object.entries(tensors)) {
      if (tensor.dtype !== dtype) continue;
      offsets.set(name, offset);
      offset += tensor.data.byteLength;
    }
  }
  return offsets;
}

function checkNames(
  tensors: Readonly<Record<string, Tensor>>,
  metadata: Record<string, string>,
): void {
  if (Object.hasOwn(tensors, METADATA_KEY)) {
    throw new RangeError(
      `Cannot encode safetensors: expected another name than "${METADATA_KEY}" for a tensor, as the format keeps it for itself`,
    );
  }
  for (const [key, value] of Object.entries(metadata)) {
    if (typeof value !== "string") {
      throw new TypeError(
        `Cannot encode safetensors: expected metadata.${key} to be a string but found ${typeof value}`,
      );
    }
  }
}

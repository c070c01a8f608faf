// Copyright 2026 the Convlab authors. MIT license.

/**
 * Reads files of weights that other programs have written.
 *
 * @module
 */

import type { NpyArray } from "../data/npy_types.ts";
import { decodeNpz } from "../data/npz.ts";
import { Tensor } from "../numerics/tensor.ts";
import { decodeSafetensors } from "./safetensors.ts";

/**
 * The tensors of a safetensors file, or of an npz file of NumPy, whichever the
 * bytes are. Numbers in half precision become float32, and integers float64.
 *
 * @param bytes The file.
 * @throws {SyntaxError} If the bytes are neither, or are damaged.
 * @throws {DataError} If an npz file is damaged.
 *
 * @example
 * ```ts
 * import { decodeWeights, encodeNpz, tensor } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const bytes = encodeNpz({ "0.weight": tensor([[1, 2]]) });
 * assertEquals(decodeWeights(bytes)["0.weight"]?.shape, [1, 2]);
 * ```
 */
export function decodeWeights(
  bytes: Uint8Array<ArrayBuffer>,
): Record<string, Tensor> {
  const [first, second] = bytes;
  const isZip = first === 0x50 && second === 0x4b; // "PK"
  if (!isZip) {
    if (first === 0x80 && second === 2) throw pickled();
    return decodeSafetensors(bytes).tensors;
  }
  const arrays = Object.entries(decodeNpz(bytes));
  if (arrays.length === 0) throw pickled();
  return Object.fromEntries(
    arrays.map(([name, array]) => [name, tensorOf(name, array)]),
  );
}

function tensorOf(name: string, { shape, dtype, data }: NpyArray): Tensor {
  if (dtype === "string" || dtype === "bool") {
    throw new SyntaxError(
      `Cannot decode weights: expected ${
        JSON.stringify(name)
      } to hold numbers but found ${dtype}`,
    );
  }
  const numbers = data instanceof Float32Array
    ? data
    : Float64Array.from(data as ArrayLike<number>);
  return new Tensor(numbers, shape);
}

/** What `torch.save` writes is a program, which is not to be run. */
function pickled(): SyntaxError {
  return new SyntaxError(
    "Cannot decode weights: expected a safetensors or npz file but found one of Python objects, as torch.save writes it; in Python, write numpy.savez(FILE, **{k: v.numpy() for k, v in network.state_dict().items()})",
  );
}

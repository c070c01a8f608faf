// Copyright 2026 the Convlab authors. MIT license.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import expected from "./pytorch/dtypes.json" with { type: "json" };
import { decodeSafetensors } from "../../training/safetensors.ts";
import { describePermitted } from "../permitted.ts";

/** A file with one tensor. */
function fileOf(dtype: string, shape: number[], data: ArrayBufferView) {
  const entry = { dtype, shape, data_offsets: [0, data.byteLength] };
  const json = new TextEncoder().encode(JSON.stringify({ x: entry }));
  const bytes = new Uint8Array(8 + json.length + data.byteLength);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  bytes.set(
    new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
    8 + json.length,
  );
  return bytes;
}

function decode(dtype: string, shape: number[], data: ArrayBufferView) {
  return decodeSafetensors(fileOf(dtype, shape, data)).tensors.x!;
}

/** A number as Python prints it. */
function fromPython(text: string): number {
  return Number(text.replace("inf", "Infinity").replace("nan", "NaN"));
}

const everyHalf = Uint16Array.from({ length: 2 ** 16 }, (_, i) => i);

describePermitted("a file that PyTorch wrote", () => {
  const bytes = Deno.readFileSync(
    new URL("./pytorch/dtypes.safetensors", import.meta.url),
  );
  const { tensors, metadata } = decodeSafetensors(bytes);

  it("has its tensors, in float32 or float64 as fits", () => {
    assertEquals(metadata, { format: "pt" });
    assertEquals(Object.keys(tensors), Object.keys(expected));
    const double = ["f64", "i64", "i32", "bn.num_batches_tracked"];
    for (const [name, { dtype }] of Object.entries(tensors)) {
      assertEquals(dtype, double.includes(name) ? "float64" : "float32");
    }
  });

  for (const [name, { shape, values }] of Object.entries(expected)) {
    it(`has the values of ${name} that PyTorch has`, () => {
      const { shape: found, data } = tensors[name]!;
      assertEquals(found, shape);
      const wanted = values.map(fromPython);
      assert(wanted.every((value, i) => Object.is(value, data[i])));
      assertEquals(wanted.length, data.length);
    });
  }
});

describe("decodeSafetensors()", () => {
  it("reads each of the 65,536 float16 as the engine does", () => {
    const { data } = decode("F16", [2 ** 8, 2 ** 8], everyHalf);
    const view = new DataView(everyHalf.buffer);
    for (let i = 0; i < data.length; i++) {
      assert(Object.is(data[i], view.getFloat16(2 * i, true)), `${i}`);
    }
  });

  it("reads each of the 65,536 bfloat16 as the upper half of a float32", () => {
    const { data } = decode("BF16", [2 ** 16], everyHalf);
    assertEquals(
      new Uint32Array(data.buffer),
      Uint32Array.from(everyHalf, (bits) => bits * 2 ** 16),
    );
  });

  it("refuses integers that float64 does not hold", () => {
    const fine = BigInt64Array.of(2n ** 53n, -(2n ** 62n), 2n ** 53n + 2n);
    assertEquals(
      [...decode("I64", [3], fine).data],
      [2 ** 53, -(2 ** 62), 2 ** 53 + 2],
    );
    assertThrows(
      () => decode("I64", [2], BigInt64Array.of(1n, 2n ** 53n + 1n)),
      SyntaxError,
      'Cannot decode safetensors: expected tensor "x" to have elements that float64 or float32 holds but found 9007199254740993 at position 1',
    );
    assertEquals(
      [...decode("U64", [1], BigUint64Array.of(2n ** 63n)).data],
      [2 ** 63],
    );
    assertThrows(
      () => decode("U64", [1], BigUint64Array.of(2n ** 64n - 1n)),
      SyntaxError,
      "but found 18446744073709551615 at position 0",
    );
  });

  it("refuses truth values other than 0 and 1", () => {
    assertThrows(
      () => decode("BOOL", [3], Uint8Array.of(0, 1, 2)),
      SyntaxError,
      "but found 2 at position 2",
    );
  });

  it("refuses unknown types, and data that does not fit a known one", () => {
    for (const dtype of ["F8_E4M3", "C64", "f32", "", "toString"]) {
      assertThrows(
        () => decode(dtype, [1], new Uint8Array(1)),
        SyntaxError,
        'tensor "x" to have a dtype (F64, F32, F16, BF16, I64,',
      );
    }
    assertThrows(
      () => decode("F16", [3], new Uint8Array(3)),
      SyntaxError,
      'tensor "x" of shape (3,) to have 6 bytes but found data_offsets 0 to 3',
    );
  });
});

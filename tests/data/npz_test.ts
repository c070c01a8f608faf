// Copyright 2026 the Convlab authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { zipSync } from "fflate";
import { encodeNpy } from "../../data/encode_npy.ts";
import { decodeNpz, encodeNpz } from "../../data/npz.ts";
import { tensor, zeros } from "../../numerics/tensor.ts";
import { permitted } from "../permitted.ts";
import { decodeBase64 } from "./decode_base64.ts";
import { npyArrays } from "./npy_arrays.ts";
import numpy from "./numpy/arrays.json" with { type: "json" };
import { numpyPython } from "./numpy_python.ts";

const bytesOf = (bytes: Uint8Array): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(bytes);

describe("decodeNpz()", () => {
  for (const { name, file } of numpy.archives) {
    it(`reads what numpy.${name} writes`, () => {
      const { W, b, ...others } = decodeNpz(decodeBase64(file));
      assertEquals(W?.shape, [20, 30]);
      assertEquals(W?.data, Float64Array.from({ length: 600 }, (_, i) => i));
      assertEquals(b, {
        shape: [2],
        dtype: "int32",
        data: Int32Array.of(1, 2),
      });
      assertEquals(others, {});
    });
  }

  it("reads what encodeNpz() writes, whatever the names", () => {
    fc.assert(fc.property(
      fc.uniqueArray(fc.string().map((text) => text.replaceAll("\0", "")), {
        maxLength: 3,
      }),
      fc.array(npyArrays, { minLength: 3, maxLength: 3 }),
      fc.boolean(),
      (names, arrays, compress) => {
        const named = Object.fromEntries(
          names.map((name, i) => [name, arrays[i]!]),
        );
        assertEquals(decodeNpz(encodeNpz(named, { compress })), named);
      },
    ));
  });

  it("notices any change of a byte that matters", () => {
    for (const compress of [false, true]) {
      const x = tensor([[1, 2], [3, 4]]);
      const bytes = encodeNpz({ x }, { compress });
      for (let at = 0; at < bytes.length; at++) {
        const changed = bytes.slice();
        changed[at]! ^= 4;
        let result;
        try {
          result = decodeNpz(changed);
        } catch (error) {
          if (error instanceof SyntaxError) continue;
          throw error;
        }
        // Times, versions and other names change no element.
        for (const { shape, data } of Object.values(result)) {
          assertEquals([shape, data], [x.shape, x.data]);
        }
      }
    }
  });

  it("takes no memory that the file does not justify", () => {
    const bomb = bytesOf(zipSync({ "x.npy": new Uint8Array(2 ** 22) }));
    assertThrows(
      () => decodeNpz(bomb),
      SyntaxError,
      "expected it to begin with \\x93NUMPY",
    );
    const short = encodeNpy(tensor([1]));
    const padded = new Uint8Array(2 ** 22);
    padded.set(short);
    assertThrows(
      () => decodeNpz(bytesOf(zipSync({ "x.npy": padded })), { name: "a.npz" }),
      SyntaxError,
      "Cannot read x.npy in a.npz: expected 136 bytes but found 4194304",
    );
    const honest = encodeNpz({ x: zeros([1000]) }, { compress: true });
    assertThrows(
      () => decodeNpz(honest, { maxBytes: 8000 }),
      SyntaxError,
      "expected at most 8000 bytes of arrays but found 8128",
    );
    // The size in the directory is four bytes 22 before the name.
    const liar = honest.slice();
    const view = new DataView(liar.buffer);
    let directory = liar.length - 22;
    while (view.getUint32(directory, true) !== 0x02014b50) directory--;
    view.setUint32(directory + 24, 0xfffffff0, true);
    assertThrows(
      () => decodeNpz(liar),
      SyntaxError,
      "expected 8128 bytes but found 4294967280",
    );
  });

  it("refuses archives that are cut off at any place", () => {
    const bytes = encodeNpz({ x: tensor([1, 2]), y: tensor([3]) });
    for (let length = 0; length < bytes.length; length += 7) {
      assertThrows(
        () => decodeNpz(bytes.subarray(0, length), { name: "a.npz" }),
        SyntaxError,
        "Cannot read a.npz: expected a complete zip archive but found a damaged or truncated one",
      );
    }
  });
});

describe("encodeNpz()", () => {
  const skip = !permitted || numpyPython === undefined;
  (skip ? it.skip : it)(
    `writes what NumPy reads${
      skip ? " (skipped: needs python3 with NumPy, and permissions)" : ""
    }`,
    async () => {
      const folder = Deno.makeTempDirSync();
      try {
        const arrays = {
          "conv1.weight": tensor([[1.5, -2]], undefined, "float32"),
          labels: {
            shape: [3],
            dtype: "int64",
            data: Float64Array.of(1, -2, 2 ** 40),
          },
          names: { shape: [2], dtype: "string", data: ["Žába", "🦆"] },
          flags: { shape: [2, 1], dtype: "bool", data: Uint8Array.of(1, 0) },
          empty: zeros([0, 2]),
          number: zeros([]),
        } as const;
        const files = [
          ["a.npz", encodeNpz(arrays)],
          ["b.npz", encodeNpz(arrays, { compress: true })],
          ["c.npy", encodeNpy(arrays.names)],
        ] as const;
        const paths = files.map(([name]) => join(folder, name));
        for (const [i, [, bytes]] of files.entries()) {
          Deno.writeFileSync(paths[i]!, bytes);
        }
        const script = new URL("numpy/describe_arrays.py", import.meta.url);
        const { stdout } = await new Deno.Command(numpyPython!, {
          args: [decodeURIComponent(script.pathname), ...paths],
        }).output();
        const all = {
          "conv1.weight": ["<f4", [1, 2], [1.5, -2]],
          labels: ["<i8", [3], [1, -2, 2 ** 40]],
          names: ["<U4", [2], ["Žába", "🦆"]],
          flags: ["|b1", [2, 1], [true, false]],
          empty: ["<f8", [0, 2], []],
          number: ["<f8", [], [0]],
        };
        assertEquals(
          JSON.parse(new TextDecoder().decode(stdout)),
          [all, all, all.names],
        );
      } finally {
        Deno.removeSync(folder, { recursive: true });
      }
    },
  );
});

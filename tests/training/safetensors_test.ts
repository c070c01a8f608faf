// Copyright 2026 the Convlab authors. MIT license.

import {
  assertEquals,
  assertLess,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { describePermitted } from "../permitted.ts";
import fc from "fast-check";
import { arrayOf, Tensor, tensor, zeros } from "../../numerics/tensor.ts";
import {
  decodeSafetensors,
  encodeSafetensors,
  type Safetensors,
} from "../../training/safetensors.ts";

const tensors = fc.record({
  shape: fc.array(fc.nat(4), { maxLength: 4 }),
  dtype: fc.constantFrom("float32" as const, "float64" as const),
  seed: fc.array(fc.double(), { minLength: 1, maxLength: 5 }),
}).map(({ shape, dtype, seed }) => {
  const size = shape.reduce((n, d) => n * d, 1);
  const values = Array.from({ length: size }, (_, i) => seed[i % seed.length]!);
  const data = arrayOf(dtype).from(values);
  return new Tensor(data, shape);
});

const files: fc.Arbitrary<Safetensors> = fc.record({
  tensors: fc.dictionary(
    fc.string({ unit: "binary" }).filter((name) => name !== "__metadata__"),
    tensors,
    { noNullPrototype: true },
  ),
  metadata: fc.dictionary(
    fc.string({ unit: "binary" }),
    fc.string({ unit: "binary" }),
    { noNullPrototype: true },
  ),
});

/** A file with `header`, as JSON or text, and `dataBytes` zero bytes of data. */
function fileOf(header: unknown, dataBytes: number): Uint8Array {
  const json = new TextEncoder().encode(
    typeof header === "string" ? header : JSON.stringify(header),
  );
  const bytes = new Uint8Array(8 + json.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  return bytes;
}

function headerOf(bytes: Uint8Array): { text: string; dataStart: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const dataStart = 8 + Number(view.getBigUint64(0, true));
  return {
    text: new TextDecoder().decode(bytes.subarray(8, dataStart)),
    dataStart,
  };
}

function assertRefused(bytes: Uint8Array, message: string): void {
  const error = assertThrows(() => decodeSafetensors(bytes), SyntaxError);
  assertEquals(error.message, `Cannot decode safetensors: expected ${message}`);
}

const TYPES = "F64, F32, F16, BF16, I64, U64, I32, U32, I16, U16, I8, U8, BOOL";
const entry = { dtype: "F32", shape: [2], data_offsets: [0, 8] };
const params = {
  W1: tensor([[1, 2, 3]], undefined, "float32"),
  b1: tensor([0.1, -0, NaN]),
};
const encoded = encodeSafetensors(params, { title: "Größe 1" });

describe("encodeSafetensors()", () => {
  it("is inverted by decodeSafetensors(), bit for bit and in order", () => {
    fc.assert(fc.property(files, (file) => {
      const decoded = decodeSafetensors(
        encodeSafetensors(file.tensors, file.metadata),
      );
      assertEquals(decoded, file);
      assertEquals(Object.keys(decoded.tensors), Object.keys(file.tensors));
      for (const [name, { data }] of Object.entries(file.tensors)) {
        assertEquals(
          new Uint8Array(decoded.tensors[name]!.data.buffer),
          new Uint8Array(data.buffer),
        );
      }
    }));
  });

  it("puts the data, and each tensor of 8-byte elements, at a multiple of 8", () => {
    fc.assert(fc.property(files, (file) => {
      const bytes = encodeSafetensors(file.tensors, file.metadata);
      const { text, dataStart } = headerOf(bytes);
      assertEquals(dataStart % 8, 0);
      assertEquals(text[0], "{");
      assertEquals(text.trimEnd().at(-1), "}");
      const header: Record<
        string,
        { dtype: string; data_offsets: [number, number] }
      > = JSON.parse(text);
      for (const name of Object.keys(file.tensors)) {
        const { dtype, data_offsets } = header[name]!;
        assertEquals(data_offsets[0] % (dtype === "F64" ? 8 : 4), 0);
      }
    }));
  });

  it("writes the published layout, byte for byte", () => {
    const json =
      '{"__metadata__":{"title":"Größe 1"},"W1":{"dtype":"F32","shape":[1,3],"data_offsets":[24,36]},"b1":{"dtype":"F64","shape":[3],"data_offsets":[0,24]}}';
    const { text, dataStart } = headerOf(encoded);
    assertEquals(text.trimEnd(), json);
    assertEquals(encoded.length, dataStart + 36);
    const view = new DataView(encoded.buffer);
    assertEquals(view.getFloat64(dataStart, true), 0.1);
    assertEquals(view.getFloat64(dataStart + 8, true), -0);
    assertEquals(view.getFloat64(dataStart + 16, true), NaN);
    assertEquals(view.getFloat32(dataStart + 32, true), 3);
  });

  it("writes only the rows of a slice", () => {
    const rows = tensor([[1, 2], [3, 4], [5, 6]]).slice(1, 2);
    const decoded = decodeSafetensors(encodeSafetensors({ rows }));
    assertEquals(decoded.tensors.rows, tensor([[3, 4]]));
  });

  it("writes a tensor with two names twice", () => {
    const w = tensor([1, 2]);
    const decoded = decodeSafetensors(encodeSafetensors({ a: w, b: w }));
    assertEquals(decoded.tensors, { a: w, b: w });
  });

  it("refuses more metadata than can be read again", () => {
    assertThrows(
      () => encodeSafetensors({}, { text: "x".repeat(1e8) }),
      RangeError,
      "expected names and metadata to take less than 100000000 bytes",
    );
  });

  it("refuses the format's own name and metadata that is no text", () => {
    assertThrows(
      () => encodeSafetensors({ "__metadata__": zeros([1]) }),
      RangeError,
      'expected another name than "__metadata__" for a tensor',
    );
    const metadata: Record<string, string> = JSON.parse('{"epoch": 3}');
    assertThrows(
      () => encodeSafetensors({}, metadata),
      TypeError,
      "expected metadata.epoch to be a string but found number",
    );
  });
});

describe("decodeSafetensors()", () => {
  it("copies the tensors", () => {
    const bytes = encoded.slice();
    const { tensors } = decodeSafetensors(bytes);
    bytes.fill(0);
    assertEquals(tensors.W1?.data, params.W1.data);
  });

  it("reads bytes that begin in the middle of a buffer", () => {
    const buffer = new Uint8Array(encoded.length + 3);
    buffer.set(encoded, 3);
    assertEquals(decodeSafetensors(buffer.subarray(3)).tensors, params);
  });

  it("accepts unordered entries, unknown fields and unaligned data", () => {
    const header = {
      b: { ...entry, data_offsets: [4, 12], note: "unknown" },
      a: { dtype: "F32", shape: [], data_offsets: [0, 4] },
    };
    const { tensors, metadata } = decodeSafetensors(fileOf(header, 12));
    assertEquals(Object.keys(tensors), ["b", "a"]);
    assertEquals(tensors.a, zeros([], "float32"));
    assertEquals(tensors.b, zeros([2], "float32"));
    assertEquals(metadata, {});
  });

  it("refuses every truncation and extension", () => {
    for (let length = 0; length < encoded.length; length++) {
      assertThrows(
        () => decodeSafetensors(encoded.subarray(0, length)),
        SyntaxError,
        "Cannot decode safetensors: expected ",
      );
    }
    const { dataStart } = headerOf(encoded);
    assertRefused(
      Uint8Array.of(...encoded, 0),
      "36 bytes of data but found 37",
    );
    assertRefused(encoded.subarray(0, 7), "at least 8 bytes but found 7");
    assertRefused(
      encoded.subarray(0, dataStart - 1),
      `a header of at most ${dataStart - 9} bytes but found ${dataStart - 8}`,
    );
  });

  it("gives what the file says or a SyntaxError for any changed byte", () => {
    let accepted = 0;
    fc.assert(
      fc.property(
        fc.nat(encoded.length - 1),
        fc.nat(255),
        (at, value) => {
          const bytes = encoded.with(at, value);
          try {
            const { tensors, metadata } = decodeSafetensors(bytes);
            accepted++;
            const again = encodeSafetensors(tensors, metadata);
            assertEquals(decodeSafetensors(again), { tensors, metadata });
          } catch (error) {
            if (!(error instanceof SyntaxError)) throw error;
            assertEquals(error.message.split("\n").length, 1);
            assertLess(error.message.length, 300);
          }
        },
      ),
      { numRuns: 2000 },
    );
    assertLess(100, accepted);
  });

  it("refuses a header longer than the file or than 100 MB", () => {
    const bytes = fileOf("{}", 0);
    const view = new DataView(bytes.buffer);
    view.setBigUint64(0, 3n, true);
    assertRefused(bytes, "a header of at most 2 bytes but found 3");
    view.setBigUint64(0, 2n ** 64n - 1n, true);
    assertRefused(
      bytes,
      "a header of at most 2 bytes but found 18446744073709551615",
    );
    const large = new Uint8Array(100_000_009);
    new DataView(large.buffer).setBigUint64(0, 100_000_001n, true);
    assertRefused(
      large,
      "a header of at most 100000000 bytes but found 100000001",
    );
  });

  it("refuses a header that is no JSON object", () => {
    for (
      const text of ["", "{", "{]", "\ufeff{}", "x".repeat(1000), "{}\n{}"]
    ) {
      assertRefused(
        fileOf(text, 0),
        "a header in JSON but found something else",
      );
    }
    const notUtf8 = fileOf('{"a":1}', 0);
    notUtf8[10] = 0xff;
    assertRefused(notUtf8, "a header in JSON but found something else");
    assertRefused(
      fileOf(" {}", 0),
      'a header that begins with "{" but found " "',
    );
    assertRefused(
      fileOf("[]", 0),
      'a header that begins with "{" but found "["',
    );
  });

  it("refuses a name that occurs twice, however it is spelled", () => {
    const a = JSON.stringify(entry);
    assertRefused(
      fileOf(`{"a":${a},"a":${a}}`, 8),
      'each name once but found "a" twice',
    );
    assertRefused(
      fileOf(`{"a\\"":${a},"\\u0061\\u0022":${a}}`, 8),
      'each name once but found "a\\"" twice',
    );
    assertRefused(
      fileOf('{"__metadata__":{"k":"{","k":"}"}}', 0),
      'each name once but found "k" twice',
    );
    assertRefused(
      fileOf(
        '{"a":{"dtype":"F32","shape":[0],"shape":[2],"data_offsets":[0,8]}}',
        8,
      ),
      'each name once but found "shape" twice',
    );
  });

  it("refuses entries that are not as the format has them", () => {
    for (
      const [value, message] of [
        [null, 'tensor "a" to be an object but found null'],
        [[1], 'tensor "a" to be an object but found (1,)'],
        [
          { ...entry, dtype: "F4" },
          `tensor "a" to have a dtype (${TYPES}) but found "F4"`,
        ],
        [
          { shape: [2], data_offsets: [0, 8] },
          `tensor "a" to have a dtype (${TYPES}) but found undefined`,
        ],
        [
          { ...entry, shape: [-2] },
          'tensor "a" to have a shape but found an array',
        ],
        [
          { ...entry, shape: "2" },
          'tensor "a" to have a shape but found "2"',
        ],
        [
          { ...entry, data_offsets: [0] },
          'tensor "a" to have two data_offsets but found (0,)',
        ],
        [
          { ...entry, data_offsets: { begin: 0 } },
          'tensor "a" to have two data_offsets but found an object',
        ],
        [
          { ...entry, shape: [3] },
          'tensor "a" of shape (3,) to have 12 bytes but found data_offsets 0 to 8',
        ],
        [
          { ...entry, dtype: "F64" },
          'tensor "a" of shape (2,) to have 16 bytes but found data_offsets 0 to 8',
        ],
        [
          { ...entry, data_offsets: [8, 0] },
          'tensor "a" of shape (2,) to have 8 bytes but found data_offsets 8 to 0',
        ],
        [
          { ...entry, shape: [2 ** 30, 2 ** 30, 2 ** 30] },
          `tensor "a" of shape (1073741824, 1073741824, 1073741824) to have ${
            2 ** 92
          } bytes but found data_offsets 0 to 8`,
        ],
      ] as const
    ) assertRefused(fileOf({ a: value }, 8), message);
    assertRefused(
      fileOf({ "__metadata__": "x" }, 0),
      '__metadata__ to be an object but found "x"',
    );
    assertRefused(
      fileOf({ "__metadata__": { epoch: 3 } }, 0),
      'metadata "epoch" to be a string but found 3',
    );
  });

  it("refuses tensors that overlap, leave a gap or lie outside the data", () => {
    const at = (begin: number) => ({
      ...entry,
      data_offsets: [begin, begin + 8],
    });
    const refused = (header: unknown, expected: number, found: number) =>
      assertRefused(
        fileOf(header, 16),
        `tensor "b" to begin where the one before it ends (byte ${expected} of the data) but found ${found}`,
      );
    refused({ a: at(0), b: at(4) }, 8, 4);
    refused({ a: at(0), b: at(0) }, 8, 0);
    refused({ a: at(0), b: at(12) }, 8, 12);
    refused({ b: at(8) }, 0, 8);
    assertRefused(
      fileOf({ a: at(0), b: at(8) }, 15),
      "16 bytes of data but found 15",
    );
  });

  it("does not choke on a hostile header", () => {
    const deep = "[".repeat(100_000) + "]".repeat(100_000);
    const error = assertThrows(
      () => decodeSafetensors(fileOf(`{"a":${deep}}`, 0)),
      SyntaxError,
    );
    assertStringIncludes(error.message, "Cannot decode safetensors: expected");
    const proto = fileOf(`{"__proto__":${JSON.stringify(entry)}}`, 8);
    const { tensors } = decodeSafetensors(proto);
    assertEquals(Object.keys(tensors), ["__proto__"]);
    assertEquals(Object.getPrototypeOf(tensors), Object.prototype);
  });
});

describePermitted("the safetensors format as Python reads it", () => {
  const python = "/usr/bin/python3";
  const hasNumpy = canRun(python, "import numpy");
  const itWithNumpy = hasNumpy ? it : it.skip;
  const suffix = hasNumpy ? "" : " (skipped: no python3-numpy)";

  itWithNumpy(
    `encodeSafetensors() is read by struct, json and NumPy${suffix}`,
    () => {
      const path = Deno.makeTempFileSync();
      Deno.writeFileSync(path, encoded);
      const printed = run(
        python,
        `
import json, struct, sys
import numpy as np
raw = open(sys.argv[1], "rb").read()
(n,) = struct.unpack("<Q", raw[:8])
header = json.loads(raw[8 : 8 + n].decode("utf-8"))
data = raw[8 + n :]
out = {"metadata": header.pop("__metadata__"), "aligned": n % 8 == 0}
for name, info in header.items():
    begin, end = info["data_offsets"]
    dtype = {"F32": "<f4", "F64": "<f8"}[info["dtype"]]
    out[name] = repr(np.frombuffer(data[begin:end], dtype).reshape(info["shape"]).tolist())
print(json.dumps(out))
`,
        path,
      );
      assertEquals(JSON.parse(printed), {
        metadata: { title: "Größe 1" },
        aligned: true,
        W1: "[[1.0, 2.0, 3.0]]",
        b1: "[0.1, -0.0, nan]",
      });
      Deno.removeSync(path);
    },
  );

  itWithNumpy(
    `decodeSafetensors() reads what struct, json and NumPy write${suffix}`,
    () => {
      const path = Deno.makeTempFileSync();
      run(
        python,
        `
import json, struct, sys
import numpy as np
a = np.arange(6, dtype="<f4").reshape(2, 3) / 7
b = np.arange(4, dtype="<f8") / 7
header = json.dumps({
    "a": {"dtype": "F32", "shape": a.shape, "data_offsets": [0, 24]},
    "b": {"dtype": "F64", "shape": b.shape, "data_offsets": [24, 56]},
    "__metadata__": {"format": "np"},
}).encode("utf-8")
open(sys.argv[1], "wb").write(struct.pack("<Q", len(header)) + header + a.tobytes() + b.tobytes())
`,
        path,
      );
      const { tensors, metadata } = decodeSafetensors(Deno.readFileSync(path));
      assertEquals(metadata, { format: "np" });
      assertEquals(
        tensors.a,
        new Tensor(
          Float32Array.from({ length: 6 }, (_, i) => Math.fround(i) / 7),
          [2, 3],
        ),
      );
      assertEquals(
        tensors.b?.data,
        Float64Array.from({ length: 4 }, (_, i) => i / 7),
      );
      Deno.removeSync(path);
    },
  );
});

function canRun(python: string, code: string): boolean {
  try {
    return new Deno.Command(python, { args: ["-c", code], stderr: "null" })
      .outputSync().success;
  } catch {
    return false;
  }
}

function run(python: string, code: string, path: string): string {
  const output = new Deno.Command(python, { args: ["-c", code, path] })
    .outputSync();
  assertEquals(new TextDecoder().decode(output.stderr), "");
  return new TextDecoder().decode(output.stdout);
}

// Copyright 2026 the Convlab authors. MIT license.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import cell03 from "../../fixtures/cell03_conv_forward.json" with {
  type: "json",
};
import {
  arrayOf,
  type DType,
  formatShape,
  linspace,
  promoteDTypes,
  sizeOf,
  Tensor,
  tensor,
  type TensorData,
  zeros,
} from "../../numerics/tensor.ts";

const shapes = fc.array(fc.nat(4), { maxLength: 4 });
const range = (n: number) => Array.from({ length: n }, (_, i) => i);

describe("Tensor", () => {
  it("knows its shape, dtype and size, and shares the data it wraps", () => {
    const data = new Float32Array([1, 2, 3, 4, 5, 6]);
    const x = new Tensor(data, [2, 3]);
    assertEquals([x.shape, x.dtype, x.size], [[2, 3], "float32", 6]);
    data[5] = 7;
    assertEquals(x.at(1, 2), 7);
    assertEquals(String(x), "Tensor float32 (2, 3)");
  });

  it("keeps its shape when the array that it came from changes", () => {
    const shape = [2];
    const x = new Tensor(new Float64Array(2), shape);
    shape[0] = 5;
    assertEquals(x.shape, [2]);
    assert(Object.isFrozen(x.shape));
  });

  it("throws if the data do not fit the shape or are not floating-point", () => {
    assertThrows(
      () => new Tensor(new Float64Array(5), [2, 3]),
      RangeError,
      "Cannot create tensor: shape (2, 3) holds 6 elements but data has 5",
    );
    assertThrows(
      () => new Tensor(new Int32Array(1) as never, [1]),
      TypeError,
      "expected data to be a Float32Array or a Float64Array",
    );
    for (const length of [-1, 0.5, NaN]) {
      assertThrows(
        () => zeros([2, length]),
        RangeError,
        `expected lengths to be non-negative integers but found ${length}`,
      );
    }
  });

  it("at() reads in C order and checks every index", () => {
    const x = tensor(range(24), [2, 3, 4]);
    assertEquals(x.at(1, 2, 3), 23);
    assertEquals(x.at(0, 1, 0), 4);
    assertEquals(tensor(5).at(), 5);
    assertThrows(
      () => x.at(0, 3, 0),
      RangeError,
      "index 3 is out of range for axis 1 of length 3",
    );
    assertThrows(() => x.at(0, 0, -1), RangeError, "index -1");
    assertThrows(() => x.at(0, 0.5, 0), RangeError, "index 0.5");
    assertThrows(
      () => x.at(0, 0),
      RangeError,
      "expected 3 indices but found 2",
    );
  });

  it("reshape() shares the data and infers one length", () => {
    const x = tensor(range(6));
    const y = x.reshape([2, -1]);
    assertEquals(y.shape, [2, 3]);
    assert(y.data === x.data);
    assertEquals(zeros([0, 3]).reshape([-1, 3]).shape, [0, 3]);
    for (const shape of [[4, -1], [7], [-1, -1], [0, -1]]) {
      assertThrows(() => x.reshape(shape), RangeError);
    }
    assertThrows(
      () => x.reshape([4, -1]),
      RangeError,
      "Cannot reshape tensor: expected a shape of 6 elements but found (4, -1)",
    );
  });

  it("slice() shares rows of the first axis", () => {
    const x = tensor(range(12), [4, 3]);
    const y = x.slice(1, 3);
    assertEquals(y, tensor([[3, 4, 5], [6, 7, 8]]));
    y.data[0] = -1;
    assertEquals(x.at(1, 0), -1);
    assertEquals(x.slice(2, 2).shape, [0, 3]);
    for (const [begin, end] of [[-1, 2], [3, 2], [0, 5], [0.5, 2], [0, NaN]]) {
      assertThrows(
        () => x.slice(begin!, end!),
        RangeError,
        `range ${begin} to ${end} does not lie within the first axis of length 4`,
      );
    }
  });

  it("clone() copies and astype() converts only when it must", () => {
    const x = tensor([0.1, 2]);
    const copy = x.clone();
    copy.data[0] = 5;
    assertEquals(x.at(0), 0.1);
    assert(x.astype("float64") === x);
    assertEquals(x.astype("float32").data, new Float32Array([0.1, 2]));
    assertThrows(() => x.clone("int32" as DType), TypeError, '"int32"');
  });

  it("transpose() moves every element to its place", () => {
    const x = tensor(range(24), [2, 3, 4]);
    const y = x.transpose([2, 0, 1]);
    assertEquals(y.shape, [4, 2, 3]);
    for (const i of range(2)) {
      for (const j of range(3)) {
        for (const k of range(4)) assertEquals(y.at(k, i, j), x.at(i, j, k));
      }
    }
    for (const axes of [[0, 1], [0, 1, 1], [0, 1, 3], [-1, 0, 1]]) {
      assertThrows(
        () => x.transpose(axes),
        RangeError,
        `expected a permutation of its 3 axes but found ${formatShape(axes)}`,
      );
    }
  });

  it("transpose() is undone by the inverse permutation, for any shape", () => {
    const permuted = shapes.chain((shape) =>
      fc.tuple(
        fc.constant(shape),
        fc.shuffledSubarray([...shape.keys()], { minLength: shape.length }),
      )
    );
    fc.assert(fc.property(permuted, ([shape, axes]) => {
      const x = tensor(range(sizeOf(shape)), shape);
      const inverse = axes.map((_, axis) => axes.indexOf(axis));
      assertEquals(x.transpose(axes).transpose(inverse), x);
    }));
  });
});

describe("tensor()", () => {
  it("takes the shape of nested arrays", () => {
    assertEquals(tensor([[[1], [2]]]).shape, [1, 2, 1]);
    assertEquals(tensor(7).shape, []);
    assertEquals(tensor([]).shape, [0]);
    assertEquals(tensor([[], []]).shape, [2, 0]);
  });

  it("copies typed arrays and tensors, converted to the dtype", () => {
    const bytes = new Uint8Array([1, 2, 3, 4]);
    assertEquals(tensor(bytes, [2, 2]), tensor([[1, 2], [3, 4]]));
    const x = tensor([1, 2], [2], "float32");
    const y = tensor(x);
    assertEquals([y.dtype, [...y.data]], ["float64", [1, 2]]);
    const data = new Float64Array(1);
    assert(tensor(data).data !== data);
    assertEquals(tensor({ length: 2, 0: 5, 1: 6 }), tensor([5, 6]));
  });

  it("throws if arrays are ragged or hold anything but numbers", () => {
    const ragged: [unknown, string][] = [
      [[[1, 2], [3]], "expected 2 entries at depth 1 but found 1"],
      [[[1], 2], "expected 1 entries at depth 1 but found number"],
      [[1, [2]], "expected a number at depth 1 but found an array"],
      [["1"], "expected a number at depth 1 but found string"],
    ];
    for (const [values, message] of ragged) {
      assertThrows(() => tensor(values as number[]), TypeError, message);
    }
    assertThrows(() => tensor([1, 2, 3], [2]), RangeError, "holds 2 elements");
  });
});

describe("zeros()", () => {
  it("fills any shape in either dtype", () => {
    fc.assert(fc.property(shapes, (shape) => {
      assertEquals(zeros(shape).data, new Float64Array(sizeOf(shape)));
      assertEquals(zeros(shape, "float32").dtype, "float32");
    }));
  });
});

describe("linspace()", () => {
  it("equals numpy.linspace bit for bit", () => {
    const { x, w, b } = cell03;
    const flat = (t: Tensor) => [...t.data];
    assertEquals(flat(linspace(-0.1, 0.5, x.shape)), x.data);
    assertEquals(flat(linspace(-0.2, 0.3, w.shape)), w.data);
    assertEquals(flat(linspace(-0.1, 0.2, b.shape)), b.data);
  });

  it("has start alone for one element, and none for none", () => {
    assertEquals(linspace(3, 9, [1]), tensor([3]));
    assertEquals(linspace(3, 9, [0]), tensor([]));
  });
});

describe("arrayOf(), promoteDTypes() and formatShape()", () => {
  it("name arrays, dtypes and shapes as NumPy does", () => {
    const arrays: [DType, { new (n: number): TensorData }][] = [
      ["float32", Float32Array],
      ["float64", Float64Array],
    ];
    for (const [dtype, array] of arrays) assert(arrayOf(dtype) === array);
    const [single, double] = [zeros([1], "float32"), zeros([1])];
    assertEquals(promoteDTypes(single, single), "float32");
    assertEquals(promoteDTypes(single, double), "float64");
    assertEquals(formatShape([]), "()");
    assertEquals(formatShape([3]), "(3,)");
    assertEquals(formatShape([3, 4]), "(3, 4)");
  });
});

// Copyright 2026 the Convlab authors. MIT license.

/**
 * The array type of Convlab: a shape over a flat typed array in C (row-major)
 * order, in float64 or float32.
 *
 * A {@linkcode Tensor} is deliberately thin. It holds numbers and knows their
 * shape; arithmetic lives in the layers and kernels.
 *
 * @module
 */

import {
  JUPYTER_DISPLAY,
  type TensorDisplay,
  tensorDisplay,
} from "./display_tensor.ts";

/** Element type of a {@linkcode Tensor}, named as NumPy names it. */
export type DType = "float32" | "float64";

/** Storage of a {@linkcode Tensor}. */
export type TensorData = Float32Array | Float64Array;

/** Numbers in nested arrays, the outermost being the first axis. */
export type NestedNumbers = number | readonly NestedNumbers[];

/**
 * What each slice was cut from. A slice keeps its whole tensor alive, and with
 * it memory that is given back when nothing refers to the tensor any more.
 */
const parents = new WeakMap<TensorData, TensorData>();

/**
 * An n-dimensional array of floating-point numbers in C order.
 *
 * @example Read an element
 * ```ts
 * import { tensor } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[1, 2, 3], [4, 5, 6]]);
 * assertEquals(x.shape, [2, 3]);
 * assertEquals(x.at(1, 2), 6);
 * ```
 */
export class Tensor {
  /** Length of each axis, outermost first. */
  readonly shape: readonly number[];
  /** Element type. */
  readonly dtype: DType;
  /** The elements, in C order. Writing here changes the tensor. */
  readonly data: TensorData;

  /**
   * Wraps `data` without copying it.
   *
   * @param data The elements in C order.
   * @param shape Length of each axis; their product is `data.length`.
   * @throws {TypeError} If `data` is not a Float32Array or Float64Array.
   * @throws {RangeError} If the shape does not hold `data.length` elements.
   */
  constructor(data: TensorData, shape: readonly number[]) {
    const single = data instanceof Float32Array;
    if (!single && !(data instanceof Float64Array)) {
      throw new TypeError(
        "Cannot create tensor: expected data to be a Float32Array or a Float64Array",
      );
    }
    const size = sizeOf(shape);
    if (size !== data.length) {
      throw new RangeError(
        `Cannot create tensor: shape ${
          formatShape(shape)
        } holds ${size} elements but data has ${data.length}`,
      );
    }
    this.shape = Object.freeze([...shape]);
    this.data = data;
    this.dtype = single ? "float32" : "float64";
  }

  /** Number of elements. */
  get size(): number {
    return this.data.length;
  }

  /**
   * The element at `indices`, one for each axis.
   *
   * @throws {RangeError} If an index is missing or out of range.
   */
  at(...indices: number[]): number {
    if (indices.length !== this.shape.length) {
      throw new RangeError(
        `Cannot index tensor: expected ${this.shape.length} indices but found ${indices.length}`,
      );
    }
    let offset = 0;
    for (const [axis, length] of this.shape.entries()) {
      const index = indices[axis]!;
      if (!Number.isInteger(index) || index < 0 || index >= length) {
        throw new RangeError(
          `Cannot index tensor: index ${index} is out of range for axis ${axis} of length ${length}`,
        );
      }
      offset = offset * length + index;
    }
    return this.data[offset]!;
  }

  /**
   * The same elements under another shape; the data is shared.
   *
   * @param shape The new shape, in which one length may be -1 to be inferred.
   * @throws {RangeError} If the shape does not hold the same number of elements.
   */
  reshape(shape: readonly number[]): Tensor {
    const known = shape.reduce((n, d) => d === -1 ? n : n * d, 1);
    const inferred = known === 0 ? 0 : this.size / known;
    if (shape.includes(-1) && !Number.isInteger(inferred)) {
      throw new RangeError(
        `Cannot reshape tensor: expected a shape of ${this.size} elements but found ${
          formatShape(shape)
        }`,
      );
    }
    return new Tensor(this.data, shape.map((d) => d === -1 ? inferred : d));
  }

  /**
   * Rows `begin` to `end` (exclusive) of the first axis; the data is shared.
   *
   * @throws {RangeError} If the range does not lie within the first axis.
   */
  slice(begin: number, end: number): Tensor {
    const [rows = 0, ...rest] = this.shape;
    if (
      !Number.isInteger(begin) || !Number.isInteger(end) ||
      begin < 0 || begin > end || end > rows
    ) {
      throw new RangeError(
        `Cannot slice tensor: range ${begin} to ${end} does not lie within the first axis of length ${rows}`,
      );
    }
    const stride = sizeOf(rest);
    const data = this.data.subarray(begin * stride, end * stride);
    parents.set(data, this.data);
    return new Tensor(data, [end - begin, ...rest]);
  }

  /** A copy of its own, in `dtype` (by default the same). */
  clone(dtype: DType = this.dtype): Tensor {
    return new Tensor(new (arrayOf(dtype))(this.data), this.shape);
  }

  /** This tensor if it has `dtype` already, and a converted copy otherwise. */
  astype(dtype: DType): Tensor {
    return dtype === this.dtype ? this : this.clone(dtype);
  }

  /**
   * A copy with the axes in another order, as `numpy.transpose` gives it.
   *
   * @param axes For each axis of the result, the axis of this tensor it takes.
   * @throws {RangeError} If `axes` is not a permutation of this tensor's axes.
   */
  transpose(axes: readonly number[]): Tensor {
    const rank = this.shape.length;
    if (
      axes.length !== rank || new Set(axes).size !== rank ||
      axes.some((a) => !(a in this.shape))
    ) {
      throw new RangeError(
        `Cannot transpose tensor: expected a permutation of its ${rank} axes but found ${
          formatShape(axes)
        }`,
      );
    }
    const strides = stridesOf(this.shape);
    const shape = axes.map((a) => this.shape[a]!);
    const steps = axes.map((a) => strides[a]!);
    const out = zeros(shape, this.dtype);
    const index = new Array<number>(rank).fill(0);
    for (let i = 0, from = 0; i < out.size; i++) {
      out.data[i] = this.data[from]!;
      for (let axis = rank - 1; axis >= 0; axis--) {
        from += steps[axis]!;
        if (++index[axis]! < shape[axis]!) break;
        from -= steps[axis]! * shape[axis]!;
        index[axis] = 0;
      }
    }
    return out;
  }

  /** A short description, such as `Tensor float32 (50, 3, 32, 32)`. */
  toString(): string {
    return `Tensor ${this.dtype} ${formatShape(this.shape)}`;
  }

  /** What a notebook shows: dtype, shape, and the corners of the first matrix. */
  [JUPYTER_DISPLAY](): TensorDisplay {
    return tensorDisplay(this);
  }
}

/**
 * Makes a tensor from numbers.
 *
 * @param values A number, nested arrays, or a flat array or typed array.
 * @param shape The shape; by default that of the nesting. Lengths may hold one -1.
 * @param dtype Element type.
 * @throws {TypeError} If nested arrays are ragged or hold anything but numbers.
 * @throws {RangeError} If the shape does not hold as many elements as given.
 *
 * @example Two rows
 * ```ts
 * import { tensor } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(tensor([[1, 2], [3, 4]]).shape, [2, 2]);
 * assertEquals(tensor([1, 2, 3, 4], [2, 2], "float32").at(1, 0), 3);
 * ```
 */
export function tensor(
  values: NestedNumbers | Tensor | ArrayLike<number>,
  shape?: readonly number[],
  dtype: DType = "float64",
): Tensor {
  if (values instanceof Tensor) {
    const copy = values.clone(dtype);
    return shape ? copy.reshape(shape) : copy;
  }
  const nesting: number[] = [];
  let numbers: ArrayLike<number>;
  if (isNested(values)) {
    for (let level: unknown = values; Array.isArray(level); level = level[0]) {
      nesting.push(level.length);
    }
    const flat: number[] = [];
    flatten(values, nesting, 0, flat);
    numbers = flat;
  } else {
    nesting.push(values.length);
    numbers = values;
  }
  const result = new Tensor(arrayOf(dtype).from(numbers), nesting);
  return shape ? result.reshape(shape) : result;
}

/**
 * A tensor of zeros.
 *
 * @example Four zeros
 * ```ts
 * import { zeros } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(zeros([2, 2], "float32").data, new Float32Array(4));
 * ```
 */
export function zeros(
  shape: readonly number[],
  dtype: DType = "float64",
): Tensor {
  return new Tensor(new (arrayOf(dtype))(sizeOf(shape)), shape);
}

/**
 * Evenly spaced numbers over a closed interval, as `numpy.linspace` computes
 * them: `start + i * step`, and `stop` exactly at the end.
 *
 * @example Quarters
 * ```ts
 * import { linspace } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(linspace(0, 1, [5]).data, new Float64Array([0, 0.25, 0.5, 0.75, 1]));
 * ```
 */
export function linspace(
  start: number,
  stop: number,
  shape: readonly number[],
  dtype: DType = "float64",
): Tensor {
  const out = zeros(shape, dtype);
  const last = out.size - 1;
  const step = (stop - start) / last;
  for (let i = 0; i <= last; i++) out.data[i] = start + i * step;
  if (last > 0) out.data[last] = stop;
  else if (last === 0) out.data[0] = start;
  return out;
}

/** Number of elements that a shape holds; 1 for the empty shape. */
export function sizeOf(shape: readonly number[]): number {
  let size = 1;
  for (const length of shape) {
    if (!Number.isInteger(length) || length < 0) {
      throw new RangeError(
        `Cannot use shape ${
          formatShape(shape)
        }: expected lengths to be non-negative integers but found ${length}`,
      );
    }
    size *= length;
  }
  return size;
}

/** The typed array that stores a dtype. */
export function arrayOf(
  dtype: DType,
): Float32ArrayConstructor | Float64ArrayConstructor {
  if (dtype === "float32") return Float32Array;
  if (dtype === "float64") return Float64Array;
  throw new TypeError(
    `Cannot use dtype: expected "float32" or "float64" but found ${
      JSON.stringify(dtype)
    }`,
  );
}

/**
 * The dtype of a result computed from tensors, by NumPy's rule of promotion:
 * float64 as soon as one of them is float64.
 */
export function promoteDTypes(...tensors: readonly Tensor[]): DType {
  return tensors.some((t) => t.dtype === "float64") ? "float64" : "float32";
}

/** A shape as Python prints it: `(2, 3)`, `(2,)`, `()`. */
export function formatShape(shape: readonly number[]): string {
  return shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
}

/** Elements between neighbours along each axis, in C order. */
function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  for (let axis = shape.length - 1, step = 1; axis >= 0; axis--) {
    strides[axis] = step;
    step *= shape[axis]!;
  }
  return strides;
}

/** Whether values are a number or nested arrays, and not a typed array. */
function isNested(
  values: NestedNumbers | ArrayLike<number>,
): values is NestedNumbers {
  return typeof values === "number" || Array.isArray(values);
}

function flatten(
  values: NestedNumbers,
  shape: readonly number[],
  depth: number,
  into: number[],
): void {
  if (depth === shape.length) {
    if (typeof values !== "number") {
      throw new TypeError(
        `Cannot create tensor: expected a number at depth ${depth} but found ${
          Array.isArray(values) ? "an array (ragged nesting)" : typeof values
        }`,
      );
    }
    into.push(values);
    return;
  }
  if (!Array.isArray(values) || values.length !== shape[depth]) {
    throw new TypeError(
      `Cannot create tensor: expected ${
        shape[depth]
      } entries at depth ${depth} but found ${
        Array.isArray(values) ? values.length : typeof values
      } (ragged nesting)`,
    );
  }
  for (const value of values) flatten(value, shape, depth + 1, into);
}

// Copyright 2026 the Convlab authors. MIT license.

/**
 * Numerical gradients by central differences, to check analytic ones against.
 *
 * @module
 */
import { sum } from "./sum.ts";
import { formatShape, type Tensor, zeros } from "./tensor.ts";

/** Options of the numerical gradients. */
export interface NumericalGradientOptions {
  /**
   * Step to either side of each element.
   *
   * @default {1e-5}
   */
  readonly h?: number;
}

/**
 * The gradient with respect to `x` of `sum(f(x) * df)`, where `f` gives a
 * tensor: for each element, `sum((f(x + h) - f(x - h)) * df) / (2 h)`.
 *
 * The elements of `x` are changed in place, one at a time, and restored, also
 * when `f` throws: `f` may ignore its argument and read `x` from elsewhere.
 *
 * @param f The function, which is called twice for every element of `x`.
 * @param x Where to differentiate, in float64.
 * @param df Gradient of some loss with respect to `f(x)`, in its shape.
 * @returns The gradient, in the shape of `x`.
 * @throws {TypeError} If `x` is not float64, or `f(x)` is not of `df`'s shape.
 * @throws {RangeError} If `h` is not positive.
 *
 * @example Gradient of a square
 * ```ts
 * import { evalNumericalGradientArray, tensor } from "@convlab/convlab";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const square = (x: ReturnType<typeof tensor>) =>
 *   tensor(x.data.map((v) => v * v), x.shape);
 * const dx = evalNumericalGradientArray(square, tensor([3]), tensor([2]));
 * assertAlmostEquals(dx.at(0), 12);
 * ```
 */
export function evalNumericalGradientArray(
  f: (x: Tensor) => Tensor,
  x: Tensor,
  df: Tensor,
  options: NumericalGradientOptions = {},
): Tensor {
  const positive = new Float64Array(df.size);
  const products = new Float64Array(df.size);
  const evaluate = () => {
    const result = f(x);
    if (String(result.shape) !== String(df.shape)) {
      throw new TypeError(
        `Cannot differentiate: expected f(x) to have df.shape ${
          formatShape(df.shape)
        } but found ${formatShape(result.shape)}`,
      );
    }
    return result.data;
  };
  return differentiate(
    x,
    options,
    () => positive.set(evaluate()),
    (h) => {
      const negative = evaluate();
      for (let i = 0; i < products.length; i++) {
        products[i] = (positive[i]! - negative[i]!) * df.data[i]!;
      }
      return sum(products) / (2 * h);
    },
  );
}

/**
 * The gradient with respect to `x` of a function that gives a number: for each
 * element, `(f(x + h) - f(x - h)) / (2 h)`.
 *
 * The elements of `x` are changed in place, one at a time, and restored, also
 * when `f` throws: `f` may ignore its argument and read `x` from elsewhere.
 *
 * @param f The function, which is called twice for every element of `x`.
 * @param x Where to differentiate, in float64.
 * @returns The gradient, in the shape of `x`.
 * @throws {TypeError} If `x` is not float64.
 * @throws {RangeError} If `h` is not positive.
 *
 * @example Gradient of a sum of squares
 * ```ts
 * import { evalNumericalGradient, tensor } from "@convlab/convlab";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const dx = evalNumericalGradient(
 *   (x) => x.at(0) ** 2 + x.at(1) ** 2,
 *   tensor([3, -1]),
 * );
 * assertAlmostEquals(dx.at(0), 6);
 * assertAlmostEquals(dx.at(1), -2);
 * ```
 */
export function evalNumericalGradient(
  f: (x: Tensor) => number,
  x: Tensor,
  options: NumericalGradientOptions = {},
): Tensor {
  let positive = 0;
  return differentiate(
    x,
    options,
    () => positive = f(x),
    (h) => (positive - f(x)) / (2 * h),
  );
}

/** Visits each element of `x` at `+h`, then at `-h`, and collects what that gives. */
function differentiate(
  x: Tensor,
  { h = 1e-5 }: NumericalGradientOptions,
  above: () => void,
  below: (h: number) => number,
): Tensor {
  if (x.dtype !== "float64") {
    throw new TypeError(
      `Cannot differentiate: expected x to be float64 but found ${x.dtype}`,
    );
  }
  if (!(h > 0 && h < Infinity)) {
    throw new RangeError(
      `Cannot differentiate: expected h to be positive but found ${h}`,
    );
  }
  const gradient = zeros(x.shape);
  for (let i = 0; i < x.size; i++) {
    const kept = x.data[i]!;
    try {
      x.data[i] = kept + h;
      above();
      x.data[i] = kept - h;
      gradient.data[i] = below(h);
    } finally {
      x.data[i] = kept;
    }
  }
  return gradient;
}

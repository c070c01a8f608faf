// Copyright 2026 the Convlab authors. MIT license.

/**
 * Puts an ONNX graph together, one operation after the other.
 *
 * @module
 */

import type { Tensor } from "../numerics/tensor.ts";
import type {
  OnnxAttribute,
  OnnxGraph,
  OnnxNode,
  OnnxTensor,
  OnnxValueInfo,
} from "./onnx_messages.ts";

/** A setting of an operation: an integer, integers, or a number that is marked as one. */
export type AttributeValue = number | readonly number[] | { float: number };

/** A graph that grows. Values are known by their names. */
export class GraphBuilder {
  readonly #nodes: OnnxNode[] = [];
  readonly #initializers = new Map<string, OnnxTensor>();

  /**
   * Adds an operation.
   *
   * @param name Its name, and that of the value that it gives.
   * @param opType The operator.
   * @param input Names of the values that it takes.
   * @param attributes Its settings.
   * @returns `name`
   */
  node(
    name: string,
    opType: string,
    input: readonly string[],
    attributes: Readonly<Record<string, AttributeValue>> = {},
  ): string {
    const attribute = Object.entries(attributes)
      .map(([key, value]) => attributeOf(key, value));
    this.#nodes.push({ name, opType, input, output: [name], attribute });
    return name;
  }

  /** Adds numbers in float32. */
  constant(name: string, value: Tensor): string {
    const data = new Float32Array(value.data);
    const rawData = new Uint8Array(data.buffer);
    this.#initializers.set(name, {
      ...{ name, dims: value.shape, dataType: 1, rawData },
    });
    return name;
  }

  /** Adds integers, such as a shape. */
  integers(name: string, values: readonly number[]): string {
    const rawData = new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
    this.#initializers.set(name, {
      ...{ name, dims: [values.length], dataType: 7, rawData },
    });
    return name;
  }

  /** Gives another name to a value that no operation takes yet. */
  rename(from: string, to: string): string {
    const at = this.#nodes.findIndex(({ output }) => output[0] === from);
    this.#nodes[at] = { ...this.#nodes[at]!, output: [to] };
    return to;
  }

  /** The graph so far. */
  finish(
    name: string,
    input: readonly OnnxValueInfo[],
    output: readonly OnnxValueInfo[],
  ): OnnxGraph {
    const initializer = [...this.#initializers.values()];
    return { name, node: this.#nodes, initializer, input, output };
  }
}

/**
 * Describes what a graph takes or gives.
 *
 * @param name Its name.
 * @param docString What it is.
 * @param shape Its lengths, or names for those that are free.
 */
export function valueInfo(
  name: string,
  docString: string,
  shape: readonly (number | string)[],
): OnnxValueInfo {
  const dim = shape.map((length) =>
    typeof length === "number" ? { dimValue: length } : { dimParam: length }
  );
  return {
    name,
    docString,
    type: { tensorType: { elemType: 1, shape: { dim } } },
  };
}

function attributeOf(name: string, value: AttributeValue): OnnxAttribute {
  if (typeof value === "number") return { name, type: 2, i: value };
  return "float" in value
    ? { name, type: 1, f: value.float }
    : { name, type: 7, ints: value };
}

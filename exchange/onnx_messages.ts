// Copyright 2026 the Convlab authors. MIT license.

/**
 * The messages of an ONNX file, as far as Convlab writes them, and their
 * encoding as protocol buffers.
 *
 * Source of names and numbers:
 * {@link https://github.com/onnx/onnx/blob/main/onnx/onnx.proto}.
 *
 * @module
 */

import protobuf from "protobufjs/minimal.js";

/** A whole file. */
export interface OnnxModel {
  /** Version of the format. */
  readonly irVersion: number;
  /** The program that wrote it. */
  readonly producerName: string;
  /** Its version. */
  readonly producerVersion: string;
  /** The network. */
  readonly graph: OnnxGraph;
  /** Versions of the sets of operators that it uses. */
  readonly opsetImport: readonly { domain: string; version: number }[];
  /** Texts by name. */
  readonly metadataProps: readonly { key: string; value: string }[];
}

/** A network: nodes in the order in which they run. */
export interface OnnxGraph {
  /** Its name. */
  readonly name: string;
  /** Its operations. */
  readonly node: readonly OnnxNode[];
  /** Its weights. */
  readonly initializer: readonly OnnxTensor[];
  /** What it takes. */
  readonly input: readonly OnnxValueInfo[];
  /** What it gives. */
  readonly output: readonly OnnxValueInfo[];
}

/** An operation. */
export interface OnnxNode {
  /** Its name, for people. */
  readonly name: string;
  /** The operator, such as `Conv`. */
  readonly opType: string;
  /** Names of what it takes. */
  readonly input: readonly string[];
  /** Names of what it gives. */
  readonly output: readonly string[];
  /** Its settings. */
  readonly attribute: readonly OnnxAttribute[];
}

/** A setting of an operation: `type` tells which of the others is used. */
export interface OnnxAttribute {
  /** Its name. */
  readonly name: string;
  /** 1 for `f`, 2 for `i`, 7 for `ints`. */
  readonly type: 1 | 2 | 7;
  /** A number in float32. */
  readonly f?: number;
  /** An integer. */
  readonly i?: number;
  /** Integers. */
  readonly ints?: readonly number[];
}

/** Numbers that are part of the file. */
export interface OnnxTensor {
  /** Their name. */
  readonly name: string;
  /** Their shape. */
  readonly dims: readonly number[];
  /** 1 for float32, 7 for int64. */
  readonly dataType: 1 | 7;
  /** The elements in C order, little-endian. */
  readonly rawData: Uint8Array;
}

/** What a graph takes or gives: a float32 tensor. */
export interface OnnxValueInfo {
  /** Its name. */
  readonly name: string;
  /** What it is, for people. */
  readonly docString: string;
  /** Its element type, and its lengths, each a number or the name of one that is free. */
  readonly type: {
    readonly tensorType: {
      readonly elemType: 1;
      readonly shape: {
        readonly dim: readonly { dimValue?: number; dimParam?: string }[];
      };
    };
  };
}

/** The bytes of an ONNX file. */
export function encodeOnnx(model: OnnxModel): Uint8Array<ArrayBuffer> {
  const writer = protobuf.Writer.create();
  write(writer, "Model", model);
  return new Uint8Array(writer.finish());
}

/** A type that is no message, by its wire type: a varint, 4 bytes, or a length and bytes. */
const WIRE_TYPES = {
  int32: 0,
  int64: 0,
  float: 5,
  string: 2,
  bytes: 2,
} as const;
type Scalar = keyof typeof WIRE_TYPES;

type Field = { type: string; id: number; rule?: "repeated" };

const one = (type: string, id: number): Field => ({ type, id });
const many = (
  type: string,
  id: number,
): Field => ({ type, id, rule: "repeated" });

const SCHEMA: Record<string, Record<string, Field>> = {
  Model: {
    irVersion: one("int64", 1),
    producerName: one("string", 2),
    producerVersion: one("string", 3),
    graph: one("Graph", 7),
    opsetImport: many("OperatorSet", 8),
    metadataProps: many("Entry", 14),
  },
  OperatorSet: { domain: one("string", 1), version: one("int64", 2) },
  Entry: { key: one("string", 1), value: one("string", 2) },
  Graph: {
    node: many("Node", 1),
    name: one("string", 2),
    initializer: many("Tensor", 5),
    input: many("ValueInfo", 11),
    output: many("ValueInfo", 12),
  },
  Node: {
    input: many("string", 1),
    output: many("string", 2),
    name: one("string", 3),
    opType: one("string", 4),
    attribute: many("Attribute", 5),
  },
  Attribute: {
    name: one("string", 1),
    f: one("float", 2),
    i: one("int64", 3),
    ints: many("int64", 8),
    type: one("int32", 20),
  },
  Tensor: {
    dims: many("int64", 1),
    dataType: one("int32", 2),
    name: one("string", 8),
    rawData: one("bytes", 9),
  },
  ValueInfo: {
    name: one("string", 1),
    type: one("Type", 2),
    docString: one("string", 3),
  },
  Type: { tensorType: one("TensorType", 1) },
  TensorType: { elemType: one("int32", 1), shape: one("Shape", 2) },
  Shape: { dim: many("Dimension", 1) },
  Dimension: { dimValue: one("int64", 1), dimParam: one("string", 2) },
};

/**
 * Writes a message, its fields by their numbers. Packages that know schemas make
 * functions of text for it, which the policy of a page may forbid.
 */
function write(writer: protobuf.Writer, name: string, message: object): void {
  const fields = Object.entries(SCHEMA[name]!)
    .toSorted(([, a], [, b]) => a.id - b.id);
  const values: Readonly<Record<string, unknown>> = { ...message };
  for (const [key, { type, id, rule }] of fields) {
    const value = values[key];
    if (value === undefined) continue;
    const all = rule === "repeated" ? value as readonly unknown[] : [value];
    if (rule === "repeated" && type === "int64") {
      // Packed: one length for all.
      if (all.length === 0) continue;
      writer.uint32(id << 3 | 2).fork();
      for (const each of all) writer.int64(each as number);
      writer.ldelim();
    } else if (rule === "repeated" || !isDefault(value)) {
      for (const each of all) writeField(writer, type, id, each);
    }
  }
}

/** Whether a field without this value is read as if it had it. */
function isDefault(value: unknown): boolean {
  return value === 0 || value === "" ||
    value instanceof Uint8Array && value.length === 0;
}

function writeField(
  writer: protobuf.Writer,
  type: string,
  id: number,
  value: unknown,
): void {
  if (type in SCHEMA) {
    writer.uint32(id << 3 | 2).fork();
    write(writer, type, value as object);
    writer.ldelim();
    return;
  }
  const scalar = type as Scalar;
  writer.uint32(id << 3 | WIRE_TYPES[scalar]);
  writer[scalar](value as never);
}

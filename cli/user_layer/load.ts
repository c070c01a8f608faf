// Copyright 2026 the Convlab authors. MIT license.

/**
 * Loads a layer that a user wrote, and sees that it keeps to the contract of
 * `docs/your-own-layer.md`.
 *
 * @module
 */

import { resolve, toFileUrl } from "@std/path";
import { type Tensor, tensor } from "../../numerics/tensor.ts";
import { describe, tensorOf } from "./convert.ts";
import { LayerError, located } from "./layer_error.ts";

/** What goes into a layer: tensors by name. */
export type Inputs = Readonly<Record<string, Tensor>>;

/** A user's layer; whatever goes wrong in it is a {@linkcode LayerError}. */
export interface UserLayer {
  /** The file, as it was typed. */
  readonly file: string;
  /** The example inputs, in float64. */
  readonly inputs: Inputs;
  /** Largest relative error at which a gradient passes. */
  readonly tolerance: number;
  /** Step of the numerical gradients. */
  readonly h: number;
  /** Seed of the upstream gradient. */
  readonly seed: number;
  /** The user's forward pass. */
  forward(inputs: Inputs): { out: Tensor; cache: unknown };
  /** The user's backward pass. */
  backward(dout: Tensor, cache: unknown): Readonly<Record<string, unknown>>;
}

type Fields = Readonly<Record<string, unknown>>;

/** Values of what a layer need not export. */
const DEFAULTS = { tolerance: 1e-6, h: 1e-5, seed: 231 };

/**
 * Imports the module in `file`. Needs permission to read it.
 *
 * @throws {LayerError} If it cannot be loaded or does not keep to the contract.
 * @throws {TypeError} If the permission to read it is missing.
 */
export async function loadUserLayer(file: string): Promise<UserLayer> {
  const url = toFileUrl(resolve(file)).href;
  const exported = await importModule(file, url);
  const forward = functionOf(file, exported, "forward");
  const backward = functionOf(file, exported, "backward");
  return {
    file,
    inputs: inputsOf(file, exported.inputs),
    tolerance: positiveOf(file, exported, "tolerance"),
    h: positiveOf(file, exported, "h"),
    seed: seedOf(file, exported),
    forward(inputs) {
      const result = located(file, url, "forward", () => forward(inputs));
      if (!isRecord(result) || result.out === undefined) {
        throw new LayerError(
          file,
          `expected forward to return { out, cache } but found ${
            describe(result)
          }`,
        );
      }
      return { out: outOf(file, result.out), cache: result.cache };
    },
    backward(dout, cache) {
      const result = located(
        file,
        url,
        "backward",
        () => backward(dout, cache),
      );
      if (isRecord(result)) return result;
      throw new LayerError(
        file,
        `expected backward to return an object of gradients but found ${
          describe(result)
        }`,
      );
    },
  };
}

async function importModule(file: string, url: string): Promise<Fields> {
  try {
    return await import(url);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if (error.message.startsWith("Requires read access")) throw error;
    if (error.message.startsWith(`Module not found "${url}"`)) {
      throw new LayerError(file, "expected a file but found none", error);
    }
    return located(file, url, "the module", () => {
      throw error;
    });
  }
}

function functionOf(
  file: string,
  exported: Fields,
  name: string,
): (...args: unknown[]) => unknown {
  const value = exported[name];
  if (typeof value === "function") return (...args) => value(...args);
  throw new LayerError(
    file,
    `expected it to export a function ${name} but found ${describe(value)}`,
  );
}

function inputsOf(file: string, exported: unknown): Inputs {
  if (
    !isRecord(exported) || Object.keys(exported).length === 0 ||
    tensorOf(exported) !== undefined
  ) {
    throw new LayerError(
      file,
      `expected it to export inputs, such as { x: [[1, 2], [3, 4]] }, but found ${
        describe(exported)
      }`,
    );
  }
  return Object.fromEntries(
    Object.entries(exported).map(([name, value]) => {
      const given = tensorOf(value);
      if (
        given === undefined || given.size === 0 ||
        !given.data.every(Number.isFinite)
      ) {
        throw new LayerError(
          file,
          `expected inputs.${name} to hold finite numbers but found ${
            describe(value)
          }`,
        );
      }
      return [name, tensor(given)];
    }),
  );
}

function outOf(file: string, value: unknown): Tensor {
  const out = tensorOf(value);
  if (out === undefined || out.size === 0) {
    throw new LayerError(
      file,
      `expected forward to return numbers as out but found ${describe(value)}`,
    );
  }
  if (out.dtype !== "float64") {
    throw new LayerError(
      file,
      "expected forward to compute in float64, which numerical gradients need, but found float32",
    );
  }
  return out;
}

function positiveOf(
  file: string,
  exported: Fields,
  name: "tolerance" | "h",
): number {
  const value = exported[name] ?? DEFAULTS[name];
  if (typeof value === "number" && value > 0 && value < Infinity) return value;
  throw new LayerError(
    file,
    `expected ${name} to be a positive number but found ${describe(value)}`,
  );
}

function seedOf(file: string, exported: Fields): number {
  const value = exported.seed ?? DEFAULTS.seed;
  if (typeof value === "number" && value >>> 0 === value) return value;
  throw new LayerError(
    file,
    `expected seed to be an integer from 0 to 4294967295 but found ${
      describe(value)
    }`,
  );
}

function isRecord(value: unknown): value is Fields {
  return typeof value === "object" && value !== null &&
    !Array.isArray(value) && !(value instanceof Promise);
}

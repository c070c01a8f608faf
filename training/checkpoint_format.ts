// Copyright 2026 the Convlab authors. MIT license.

/**
 * One checkpoint as bytes: a safetensors file whose metadata holds the iteration,
 * the state in JSON, and a SHA-256 digest of the whole file, taken while the
 * digest's own place is filled with zeros. It stands first, so that its place is
 * the same in every file.
 *
 * @module
 */

import { nodeCrypto } from "../data/node_builtins.ts";
import type { Tensor } from "../numerics/tensor.ts";
import { decodeSafetensors, encodeSafetensors } from "./safetensors.ts";
import { exactJson } from "./exact_json.ts";

/** A training at one moment. */
export interface Checkpoint {
  /** Iterations that are finished. */
  readonly iteration: number;
  /** Parameters, running statistics, what the update rule keeps, histories: by name. */
  readonly tensors: Readonly<Record<string, Tensor>>;
  /** All else, as JSON has it: finite numbers, texts, truth values, null, arrays and plain objects. */
  readonly state: Readonly<Record<string, unknown>>;
}

/** A checkpoint, and which one was the best when it was written. */
export interface DecodedCheckpoint {
  /** The checkpoint. */
  readonly checkpoint: Checkpoint;
  /** Iteration of the best checkpoint so far, if one was marked. */
  readonly best: number | undefined;
}

const FORMAT = "convlab-checkpoint-1";
/** Every checkpoint begins with its header's length in 8 bytes, and then this. */
const OPENING = new TextEncoder().encode('{"__metadata__":{"sha256":"');
const DIGEST_START = 8 + OPENING.length;
const DIGEST_LENGTH = 64;
const BLANK = "0".repeat(DIGEST_LENGTH);

/**
 * Writes a checkpoint; the same one always gives the same bytes. Holds one copy
 * of the tensors, the result.
 *
 * @param checkpoint The checkpoint.
 * @param best Iteration of the best checkpoint so far, if one is marked.
 * @throws {TypeError} If the state holds what JSON does not, such as NaN.
 * @throws {RangeError} If the iteration is no whole number from 0.
 */
export function encodeCheckpoint(
  { iteration, tensors, state }: Checkpoint,
  best?: number,
): Uint8Array<ArrayBuffer> {
  if (!Number.isSafeInteger(iteration) || iteration < 0) {
    throw new RangeError(
      `Cannot encode checkpoint: expected iteration to be a whole number from 0 but found ${iteration}`,
    );
  }
  const bytes = encodeSafetensors(tensors, {
    sha256: BLANK,
    format: FORMAT,
    iteration: String(iteration),
    ...best === undefined ? {} : { best: String(best) },
    state: exactJson(state, "state"),
  });
  const digest = digestOf(bytes);
  new TextEncoder().encodeInto(digest, bytes.subarray(DIGEST_START));
  return bytes;
}

/**
 * Reads a checkpoint.
 *
 * @param bytes The whole file.
 * @returns The checkpoint; its tensors are copies.
 * @throws {SyntaxError} If the bytes are not, to the last bit, what {@linkcode encodeCheckpoint} wrote.
 */
export function decodeCheckpoint(bytes: Uint8Array): DecodedCheckpoint {
  const opens = bytes.length >= DIGEST_START + DIGEST_LENGTH &&
    OPENING.every((byte, i) => bytes[8 + i] === byte);
  if (!opens) {
    throw invalid("the beginning of a checkpoint", "something else");
  }
  const place = bytes.subarray(DIGEST_START, DIGEST_START + DIGEST_LENGTH);
  const stored = new TextDecoder().decode(place);
  if (stored !== digestOf(bytes)) {
    throw invalid(
      "contents that fit the file's SHA-256 digest",
      "others: the file was cut off or altered",
    );
  }
  const { tensors, metadata } = decodeSafetensors(bytes);
  const { format, iteration, best, state } = metadata;
  if (format !== FORMAT) {
    throw invalid(`the format ${FORMAT}`, String(JSON.stringify(format)));
  }
  return {
    checkpoint: {
      iteration: parseIteration(iteration),
      tensors,
      state: parseState(state),
    },
    best: best === undefined ? undefined : parseIteration(best),
  };
}

/** SHA-256 of a file, in hexadecimal, as if the digest in it were all zeros. */
function digestOf(bytes: Uint8Array): string {
  return nodeCrypto().createHash("sha256")
    .update(bytes.subarray(0, DIGEST_START))
    .update(BLANK)
    .update(bytes.subarray(DIGEST_START + DIGEST_LENGTH))
    .digest("hex");
}

function parseIteration(text = ""): number {
  const iteration = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(iteration)) {
    throw invalid("an iteration", JSON.stringify(text.slice(0, 20)));
  }
  return iteration;
}

function parseState(text = ""): Record<string, unknown> {
  let state: unknown;
  try {
    state = JSON.parse(text);
  } catch (cause) {
    throw invalid("the state in JSON", "something else", cause);
  }
  if (typeof state !== "object" || state === null || Array.isArray(state)) {
    throw invalid("the state to be an object", "something else");
  }
  return { ...state };
}

function invalid(expected: string, found: string, cause?: unknown) {
  return new SyntaxError(
    `Cannot decode checkpoint: expected ${expected} but found ${found}`,
    { cause },
  );
}

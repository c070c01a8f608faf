// Copyright 2026 the Convlab authors. MIT license.

/**
 * Reads a model's text, such as `conv32-bn-relu pool fc10`.
 *
 * @module
 */

import { closestString } from "@std/text/closest-string";
import type { LayerKind, LayerSpec } from "./layer_spec.ts";

/** More layers than this are a mistake, not a network. */
const MAX_LAYERS = 1000;

/** Characters of a text that is read. */
const MAX_LENGTH = 20_000;

/** Blocks within blocks. */
const MAX_DEPTH = 20;

/** Largest number that a layer may have: sizes and counts beyond it do not fit any memory. */
const MAX_NUMBER = 1 << 20;

const KINDS: readonly LayerKind[] = [
  ...["conv", "bn", "ln", "gn", "relu", "leaky", "gelu"] as const,
  ...["pool", "avgpool", "gap", "dropout", "fc", "res"] as const,
];

/** What layers are called elsewhere. */
const OTHER_NAMES: ReadonlyMap<string, LayerKind> = new Map([
  ["convolution", "conv"],
  ["batchnorm", "bn"],
  ["layernorm", "ln"],
  ["groupnorm", "gn"],
  ["lrelu", "leaky"],
  ["maxpool", "pool"],
  ["globalavgpool", "gap"],
  ["linear", "fc"],
  ["dense", "fc"],
  ["affine", "fc"],
  ["flatten", "fc"],
]);

/**
 * The layers that a text names, in order. Layers are set apart by white space or
 * `-`:
 *
 * - `conv32`: 32 filters of 3 × 3, stride 1, padding that keeps the size; `k5`
 *   sets another filter size, `s2` the stride, `p0` the padding, `d2` the
 *   dilation and `g4` the groups, as in `conv64k5s2`;
 * - `bn`, `ln`, `gn8`: normalisation over the batch, over each example, and over
 *   8 groups of channels;
 * - `relu`, `gelu`, `leaky` or `leaky0.2`;
 * - `pool`, `pool3`, `pool3s2` (windows of 2 × 2 or 3 × 3, which do not overlap
 *   unless a stride is given) and `avgpool` likewise, `gap`;
 * - `dropout0.5`: the probability of dropping;
 * - `fc10`: an affine layer with 10 outputs;
 * - `res[conv64-bn-relu conv64-bn]` or, with layers on the other branch too,
 *   `res[conv64s2-bn-relu conv64-bn | conv64k1s2-bn]`.
 *
 * @throws {SyntaxError} If the text is no such list.
 * @throws {RangeError} If a number is out of range.
 *
 * @example
 * ```ts
 * import { parseModel } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(parseModel("conv32-relu pool fc10").map(({ kind }) => kind), [
 *   "conv",
 *   "relu",
 *   "pool",
 *   "fc",
 * ]);
 * ```
 */
export function parseModel(text: string): LayerSpec[] {
  if (typeof text !== "string") {
    throw new TypeError(
      `Cannot parse model: expected a text but found ${typeof text}`,
    );
  }
  if (text.length > MAX_LENGTH) {
    throw new SyntaxError(
      `Cannot parse model: expected at most ${MAX_LENGTH} characters but found ${text.length}`,
    );
  }
  const tokens = text.match(/res\[|[\]|]|[^\s\-\]|]+|-/g) ?? [];
  const reader = { tokens, next: 0, layers: 0 };
  const layers = parseList(reader, 0);
  const rest = tokens[reader.next];
  if (rest !== undefined) throw unexpected(rest, "a layer");
  if (layers.length === 0) {
    throw new SyntaxError(
      'Cannot parse model: expected layers such as "conv32-relu pool fc10" but found none',
    );
  }
  return layers;
}

interface Reader {
  readonly tokens: readonly string[];
  next: number;
  layers: number;
}

/** Layers up to the end, a `|` or a `]`. */
function parseList(reader: Reader, depth: number): LayerSpec[] {
  const layers: LayerSpec[] = [];
  for (let afterDash = false;;) {
    const token = reader.tokens[reader.next];
    if (token === undefined || token === "|" || token === "]") {
      if (afterDash) throw unexpected(token, 'a layer after "-"');
      return layers;
    }
    reader.next++;
    if (token === "-") {
      if (afterDash || layers.length === 0) throw unexpected("-", "a layer");
      afterDash = true;
      continue;
    }
    afterDash = false;
    if (++reader.layers > MAX_LAYERS) {
      throw new RangeError(
        `Cannot parse model: expected at most ${MAX_LAYERS} layers but found more`,
      );
    }
    layers.push(
      token === "res[" ? parseResidual(reader, depth + 1) : parseLayer(token),
    );
  }
}

function parseResidual(reader: Reader, depth: number): LayerSpec {
  if (depth > MAX_DEPTH) {
    throw new RangeError(
      `Cannot parse model: expected at most ${MAX_DEPTH} blocks within each other but found more`,
    );
  }
  const body = parseList(reader, depth);
  let shortcut: LayerSpec[] = [];
  if (reader.tokens[reader.next] === "|") {
    reader.next++;
    shortcut = parseList(reader, depth);
  }
  const end = reader.tokens[reader.next++];
  if (end !== "]") throw unexpected(end, 'a "]" for each "res["');
  if (body.length === 0) {
    throw new SyntaxError(
      'Cannot parse model: expected layers in "res[…]" but found none',
    );
  }
  return { kind: "res", body, shortcut };
}

function parseLayer(token: string): LayerSpec {
  const [, word = "", rest = ""] = token.match(/^([a-z]*)([^]*)$/)!;
  const kind = KINDS.find((name) => name === word);
  if (kind === undefined) throw unknown(token);
  switch (kind) {
    case "conv": {
      const n = numbersOf(token, rest, "kspdg", "conv64k5s2p2d1g1");
      const { "": filters, k: size = 3, s: stride = 1 } = n;
      const { d: dilation = 1, g: groups = 1 } = n;
      if (filters === undefined) {
        throw unexpected(token, 'a number of filters, as in "conv32"');
      }
      const reach = dilation * (size - 1);
      if (n.p === undefined && reach % 2 !== 0) {
        throw new RangeError(
          `Cannot parse model: expected a padding for filters of ${size} x ${size}, as in "${
            short(token)
          }p0", since none keeps the size, but found "${short(token)}"`,
        );
      }
      const pad = n.p ?? reach / 2;
      return { kind, filters, size, stride, pad, dilation, groups };
    }
    case "pool":
    case "avgpool": {
      const { "": size = 2, s: stride = size } = numbersOf(
        token,
        rest,
        "s",
        `${kind}3s2`,
      );
      return { kind, size, stride };
    }
    case "fc": {
      const { "": units } = numbersOf(token, rest, "", `${kind}8`);
      if (units === undefined) {
        throw unexpected(token, 'a number of outputs, as in "fc10"');
      }
      return { kind, units };
    }
    case "gn": {
      const { "": groups } = numbersOf(token, rest, "", `${kind}8`);
      if (groups === undefined) {
        throw unexpected(token, 'a number of groups, as in "gn8"');
      }
      return { kind, groups };
    }
    case "leaky":
      return { kind, slope: fractionOf(token, rest, 0.01) };
    case "dropout":
      return { kind, p: fractionOf(token, rest, 0.5) };
    case "res":
      throw unexpected(token, 'layers in brackets, as in "res[conv32-relu]"');
    default:
      if (rest !== "") throw unexpected(token, `"${kind}"`);
      return { kind };
  }
}

/** The numbers of a layer, each by the letter before it. */
function numbersOf(
  token: string,
  text: string,
  letters: string,
  example: string,
): Partial<Record<string, number>> {
  const wrong = () => unexpected(token, `a form such as "${example}"`);
  if (!/^\d*([a-z]\d+)*$/.test(text)) throw wrong();
  const found: Record<string, number> = {};
  for (const [, letter = "", digits = ""] of text.matchAll(/([a-z]?)(\d+)/g)) {
    if (letter in found || !letters.includes(letter)) {
      throw wrong();
    }
    const least = letter === "p" ? 0 : 1;
    const value = Number(digits);
    if (value < least || value > MAX_NUMBER) {
      throw new RangeError(
        `Cannot parse model: expected numbers from ${least} to ${MAX_NUMBER} but found ${
          short(digits)
        } in "${short(token)}"`,
      );
    }
    found[letter] = value;
  }
  return found;
}

/** A number of at least 0 and below 1. */
function fractionOf(token: string, text: string, byDefault: number): number {
  if (text === "") return byDefault;
  const value = /^(\d+\.?\d*|\.\d+)$/.test(text) ? Number(text) : NaN;
  if (value >= 0 && value < 1) return value;
  throw new RangeError(
    `Cannot parse model: expected a number of at least 0 and below 1 but found "${
      short(text)
    }" in "${short(token)}"`,
  );
}

function unknown(token: string): SyntaxError {
  const word = token.match(/^[a-z_]*/i)![0].toLowerCase();
  const known = OTHER_NAMES.get(word);
  const meant = known ?? closestString(word, [...KINDS]);
  const near = known !== undefined ||
    word.length > 1 && word.length < 10 && meant[0] === word[0];
  return new SyntaxError(
    `Cannot parse model: expected a layer (${KINDS.join(", ")}) but found "${
      short(token)
    }"${near ? `; did you mean "${meant}"?` : ""}`,
  );
}

/** What was found; nothing is the end of the text. */
function unexpected(found: string | undefined, expected: string): SyntaxError {
  return new SyntaxError(
    `Cannot parse model: expected ${expected} but found ${
      found === undefined ? "the end" : `"${short(found)}"`
    }`,
  );
}

/** The beginning of a text that is too long for a message. */
function short(text: string): string {
  return text.length > 40 ? `${text.slice(0, 39)}…` : text;
}

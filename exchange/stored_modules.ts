// Copyright 2026 the Convlab authors. MIT license.

/**
 * The tensors of a file as the modules that they belong to.
 *
 * @module
 */

import { formatShape, type Tensor } from "../numerics/tensor.ts";

/** Modules and layers that have the same tensors. */
export type ModuleKind = "conv" | "fc" | "bn" | "norm";

/** A module of a file, such as `features.0`. */
export interface StoredModule {
  /** Its name. */
  readonly name: string;
  /** What it is, as its tensors tell. */
  readonly kind: ModuleKind;
  /** Its tensors by their short names, such as `weight`. */
  readonly tensors: Readonly<Record<string, Tensor>>;
}

/** Counts batches in PyTorch, and says nothing about the network. */
const COUNTER = "num_batches_tracked";
const KNOWN = ["weight", "bias", "running_mean", "running_var"];
/** Kinds by the number of axes that their weights have. */
const BY_RANK: Readonly<Record<number, ModuleKind>> = {
  4: "conv",
  2: "fc",
  1: "norm",
};

/**
 * Finds the modules that tensors belong to, in the order of the tensors.
 *
 * @param tensors Tensors by their full names, such as `features.0.weight`.
 * @throws {TypeError} If a tensor belongs to no module that Convlab has.
 */
export function storedModules(
  tensors: Readonly<Record<string, Tensor>>,
): StoredModule[] {
  const groups = new Map<string, Record<string, Tensor>>();
  for (const [fullName, value] of Object.entries(tensors)) {
    const dot = fullName.lastIndexOf(".");
    const short = fullName.slice(dot + 1);
    if (short === COUNTER) continue;
    if (!KNOWN.includes(short)) {
      throw new TypeError(
        `Cannot import weights: expected names that end in ${
          KNOWN.map((name) => `.${name}`).join(", ")
        } but found ${JSON.stringify(fullName)}`,
      );
    }
    const name = fullName.slice(0, Math.max(0, dot));
    const group = groups.get(name) ?? {};
    group[short] = value;
    groups.set(name, group);
  }
  return [...groups].map(([name, group]) => ({
    name,
    kind: kindOf(name, group),
    tensors: group,
  }));
}

/** What all names begin with, as `module.` that DataParallel puts before them. */
export function sharedPrefix(modules: readonly StoredModule[]): string {
  const [first = ""] = modules.map(({ name }) => name);
  const parts = first.split(".").slice(0, -1);
  while (parts.length > 0) {
    const prefix = `${parts.join(".")}.`;
    if (modules.every(({ name }) => name.startsWith(prefix))) return prefix;
    parts.pop();
  }
  return "";
}

/** Modules sorted by name, as people sort: `layer2` before `layer10`. */
export function inNaturalOrder(
  modules: readonly StoredModule[],
): StoredModule[] {
  const collator = new Intl.Collator("en", { numeric: true });
  return modules.toSorted((a, b) => collator.compare(a.name, b.name));
}

/** Whether modules are sorted by name as the safetensors library sorts them, which says nothing of their order in the network. */
export function isSorted(modules: readonly StoredModule[]): boolean {
  return modules.every(({ name }, i) =>
    i === 0 || modules[i - 1]!.name <= name
  );
}

function kindOf(name: string, tensors: Record<string, Tensor>): ModuleKind {
  const { weight, running_mean, running_var } = tensors;
  if (running_mean && running_var) return "bn";
  const kind = BY_RANK[weight?.shape.length ?? 0];
  if (kind && !running_mean && !running_var) return kind;
  const found = Object.entries(tensors)
    .map(([short, { shape }]) => `${short} ${formatShape(shape)}`);
  throw new TypeError(
    `Cannot import weights: expected ${
      JSON.stringify(name)
    } to be a convolution of images, an affine layer or a normalisation but found ${
      found.join(", ")
    }`,
  );
}

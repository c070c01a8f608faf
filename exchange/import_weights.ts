// Copyright 2026 the Convlab authors. MIT license.

/**
 * Weights that were trained elsewhere, put into a network.
 *
 * @module
 */

import { assignParameters } from "../models/assign_parameters.ts";
import type { ConvNet } from "../models/conv_net.ts";
import type { LayerKind } from "../models/layer_spec.ts";
import { allLayers, type PlannedLayer } from "../models/plan_model.ts";
import type { DType, Tensor } from "../numerics/tensor.ts";
import { convertModule } from "./convert_module.ts";
import type { WeightLayout } from "./state_dict.ts";
import {
  inNaturalOrder,
  isSorted,
  type ModuleKind,
  sharedPrefix,
  type StoredModule,
  storedModules,
} from "./stored_modules.ts";

/** Options of {@linkcode importWeights}. */
export interface ImportWeightsOptions {
  /** How weights of affine layers lie. @default {"pytorch"} */
  readonly layout?: WeightLayout | undefined;
}

/** Where the numbers of a layer came from. */
export interface ImportedLayer {
  /** The layer, such as `conv1`. */
  readonly layer: string;
  /** The module of the file, such as `features.0`. */
  readonly module: string;
  /** What was done besides copying, if anything. */
  readonly note?: string;
}

/** What layers have in their weights. */
const KINDS: Partial<Record<LayerKind, ModuleKind>> = {
  ...{ conv: "conv", fc: "fc", bn: "bn", ln: "norm", gn: "norm" },
};

const NOUNS: Record<ModuleKind, string> = {
  conv: "convolution",
  fc: "affine layer",
  bn: "batch normalisation",
  norm: "other normalisation",
};

/**
 * Puts the weights of another program's network into one of Convlab: a
 * `state_dict` of PyTorch, read from a safetensors or an npz file.
 *
 * Where the file's modules have the names of the layers (`conv1`, `bn1`, …), they
 * are matched by these; a beginning that all names share, such as `module.`, does
 * not count. Otherwise they are matched by their order among those of their
 * kind, convolutions with convolutions: the order of the file, or that of the
 * names where the file is sorted by name or its order does not fit the shapes.
 * The result tells which went where.
 *
 * A bias that the file lacks is 0, as is what it lacks of a normalisation without
 * scale and shift. The bias of a convolution before a batch normalisation, which
 * Convlab's have not, is subtracted from the running mean. Counts of batches are
 * passed over.
 *
 * @param network The network, whose parameters are replaced. If an error is thrown, it is as it was.
 * @param tensors Tensors by name.
 * @param options How they lie.
 * @returns For each layer, where its numbers came from.
 * @throws {TypeError} If a layer has no counterpart, or one of another shape.
 * @throws {RangeError} If a running variance is negative or not finite.
 *
 * @example Weights of `nn.Sequential(nn.Flatten(), nn.Linear(2, 3))`
 * ```ts
 * import { ConvNet, importWeights, tensor } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const network = new ConvNet({ model: "fc3", inputDim: [1, 1, 2] });
 * const layers = importWeights(network, {
 *   "1.weight": tensor([[1, 2], [3, 4], [5, 6]]),
 *   "1.bias": tensor([7, 8, 9]),
 * });
 * assertEquals(layers, [{ layer: "fc1", module: "1" }]);
 * assertEquals(network.params["fc1.weight"]?.at(0, 2), 5);
 * ```
 */
export function importWeights(
  network: ConvNet,
  tensors: Readonly<Record<string, Tensor>>,
  options: ImportWeightsOptions = {},
): ImportedLayer[] {
  const { layout = "pytorch" } = options;
  if (layout !== "pytorch" && layout !== "convlab") {
    throw new RangeError(
      `Cannot import weights: expected layout to be "pytorch" or "convlab" but found ${
        JSON.stringify(layout)
      }`,
    );
  }
  const layers = allLayers(network.plan)
    .filter(({ spec }) => KINDS[spec.kind] !== undefined);
  const modules = storedModules(tensors);
  const errors: unknown[] = [];
  for (const pairs of candidates(layers, modules)) {
    try {
      return fill(network, pairs(), layout);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      errors.push(error);
    }
  }
  throw errors[0];
}

type Pair = readonly [layer: PlannedLayer, module: StoredModule];

/** Ways to match layers and modules, the likeliest first. */
function candidates(
  layers: readonly PlannedLayer[],
  modules: readonly StoredModule[],
): (() => Pair[])[] {
  const { length } = sharedPrefix(modules);
  const byName = new Map(
    modules.map((module) => [module.name.slice(length), module]),
  );
  if (
    layers.length === modules.length &&
    layers.every(({ name }) => byName.has(name))
  ) {
    return [() => layers.map((layer) => [layer, byName.get(layer.name)!])];
  }
  const inFile = () => byOrder(layers, modules);
  const byNames = () => byOrder(layers, inNaturalOrder(modules));
  return isSorted(modules) ? [byNames, inFile] : [inFile, byNames];
}

/** Matches the first convolution with the first convolution, and so on. */
function byOrder(
  layers: readonly PlannedLayer[],
  modules: readonly StoredModule[],
): Pair[] {
  const pairs = new Map<PlannedLayer, StoredModule>();
  for (const kind of Object.keys(NOUNS) as ModuleKind[]) {
    const wanted = layers.filter(({ spec }) => KINDS[spec.kind] === kind);
    const found = modules.filter((module) => module.kind === kind);
    if (wanted.length !== found.length) {
      throw new TypeError(
        `Cannot import weights: expected ${count(wanted, kind)} but found ${
          count(found, kind)
        } in the file`,
      );
    }
    for (const [i, layer] of wanted.entries()) pairs.set(layer, found[i]!);
  }
  return layers.map((layer) => [layer, pairs.get(layer)!]);
}

/** Such as `2 convolutions (conv1, conv2)`. */
function count(items: readonly { name: string }[], kind: ModuleKind): string {
  const names = items.map(({ name }) => name || '""');
  const shown = names.length > 8 ? [...names.slice(0, 7), "…"] : names;
  const plural = names.length === 1 ? "" : "s";
  return names.length === 0
    ? `no ${NOUNS[kind]}`
    : `${names.length} ${NOUNS[kind]}${plural} (${shown.join(", ")})`;
}

function fill(
  network: ConvNet,
  pairs: readonly Pair[],
  layout: WeightLayout,
): ImportedLayer[] {
  const dtype: DType = Object.values(network.params)[0]?.dtype ?? "float32";
  const norms = normsAfter(network.plan);
  const tensors: Record<string, Tensor> = {};
  const shifts = new Map<string, Tensor>();
  const imported = pairs.map(([layer, module]): ImportedLayer => {
    const converted = convertModule(layer, module, layout, dtype);
    Object.assign(tensors, converted.tensors);
    const { name } = layer;
    const { bias } = converted;
    const norm = norms.get(name);
    if (bias && norm) shifts.set(norm, bias);
    const notes = [
      ...converted.notes,
      ...bias && norm ? [`its bias subtracted from ${norm}'s mean`] : [],
    ];
    const note = notes.length > 0 ? { note: notes.join(", ") } : {};
    return { layer: name, module: module.name, ...note };
  });
  for (const [norm, bias] of shifts) {
    const mean = tensors[`${norm}.running_mean`]!;
    for (let i = 0; i < mean.size; i++) mean.data[i]! -= bias.data[i]!;
  }
  assignParameters(network, tensors);
  return imported;
}

/** The batch normalisations right behind convolutions, by the names of these. */
function normsAfter(plan: readonly PlannedLayer[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const [i, { name, spec, body, shortcut }] of plan.entries()) {
    const next = plan[i + 1];
    if (spec.kind === "conv" && next?.spec.kind === "bn") {
      found.set(name, next.name);
    }
    for (const part of [body, shortcut]) {
      for (const [conv, norm] of normsAfter(part)) found.set(conv, norm);
    }
  }
  return found;
}

// Copyright 2026 the Convlab authors. MIT license.

/**
 * Networks that are built from a short text.
 *
 * @module
 */

import { type Labels, softmaxLoss } from "../layers/loss.ts";
import { type GeneratorState, RandomState } from "../numerics/random.ts";
import { type DType, formatShape, Tensor, zeros } from "../numerics/tensor.ts";
import { formatModel } from "./format_model.ts";
import type { LayerSpec } from "./layer_spec.ts";
import type { Module, Pass } from "./module.ts";
import { modulesOf, runAll } from "./modules.ts";
import { parseModel } from "./parse_model.ts";
import { checkMemory, scoresOf } from "./plan_checks.ts";
import {
  allLayers,
  planModel,
  type PlannedLayer,
  type PlannedParameter,
} from "./plan_model.ts";
import type { Reduction } from "./reduction.ts";
import { regularize } from "./regularize.ts";

/** Options of {@linkcode ConvNet}. */
export interface ConvNetOptions {
  /** The layers, as {@linkcode parseModel} reads them. */
  readonly model: string | readonly LayerSpec[];
  /** Channels, height and width of an image; (3, 32, 32) by default. */
  readonly inputDim?: readonly [number, number, number];
  /** Scores that the last layer has to give; by default those that it gives. */
  readonly numClasses?: number | undefined;
  /** Standard deviation of all initial weights; by default that of each layer follows from its inputs. */
  readonly weightScale?: number | undefined;
  /** Strength of the L2 regularisation of weights; 0 by default. */
  readonly reg?: number | undefined;
  /** Share of a label's weight that is spread over all classes; 0 by default. */
  readonly labelSmoothing?: number | undefined;
  /** Element type of the parameters; float32 by default. */
  readonly dtype?: DType | undefined;
  /** Where the initial weights and dropout come from; seeded anew for each model by default. */
  readonly random?: RandomState | undefined;
}

/**
 * A network that classifies images, built from a text such as
 * `conv32-bn-relu pool fc10`, with a softmax loss behind the last layer.
 *
 * Parameters are named after their layer: `conv1.weight` (F, C / groups, HH, WW),
 * `conv1.bias` (F,), `fc1.weight` (inputs, outputs), `bn1.weight` and `bn1.bias`
 * (channels,). A convolution right before `bn` has no bias, which the
 * normalisation would take away again. Running statistics are the
 * {@linkcode ConvNet.buffers}: `bn1.running_mean` and `bn1.running_var`.
 *
 * Weights start as normal random numbers with a variance of 2 / inputs (He et
 * al., 2015), those of the last layer with 1 / inputs; biases start as 0.
 *
 * @example The loss of an untrained network
 * ```ts
 * import { ConvNet, RandomState } from "@convlab/convlab";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const random = new RandomState(0);
 * const model = new ConvNet({ model: "conv8-bn-relu pool fc10", inputDim: [3, 8, 8], random });
 * const { loss, grads } = model.loss(random.randn([4, 3, 8, 8]), [0, 1, 2, 3]);
 * assert(loss > 1 && loss < 5);
 * assertEquals(grads["conv1.weight"]?.shape, [8, 3, 3, 3]);
 * ```
 */
export class ConvNet {
  /** The parameters by name. An optimiser may replace them. */
  params: Record<string, Tensor> = {};
  /** Running statistics of batch normalisations by name. */
  buffers: Record<string, Tensor> = {};
  /** Strength of the L2 regularisation. */
  reg: number;
  /** Share of a label's weight that is spread over all classes. */
  labelSmoothing: number;
  /** The model's text, in its shortest form. */
  readonly model: string;
  /** Channels, height and width of an image. */
  readonly inputDim: readonly [number, number, number];
  /** Scores that the last layer gives. */
  readonly numClasses: number;
  /** The layers with their shapes and parameters. */
  readonly plan: readonly PlannedLayer[];

  readonly #modules: readonly Module[];
  /** A module for each layer, made when it is first wanted. */
  #apart: readonly Module[] | undefined;
  readonly #dropout: RandomState | undefined;
  /** Names of the parameters that weight decay applies to. */
  readonly #decaying = new Set<string>();

  /**
   * Draws the weights, in the order of the layers, and sets all else to 0 or 1.
   *
   * @throws {SyntaxError} If the text cannot be read.
   * @throws {RangeError} If a layer does not fit what comes before it, the last layer gives something else than `numClasses` scores, or an option is out of range.
   */
  constructor(options: ConvNetOptions) {
    const {
      model,
      inputDim = [3, 32, 32],
      numClasses,
      weightScale,
      reg = 0,
      labelSmoothing = 0,
      dtype = "float32",
      random = new RandomState(crypto.getRandomValues(new Uint32Array(1))[0]!),
    } = options;
    // Layers that did not come from a text are checked by way of one.
    const layers = parseModel(
      typeof model === "string" ? model : formatModel(model),
    );
    this.model = formatModel(layers);
    this.plan = planModel(layers, inputDim);
    this.inputDim = [...inputDim];
    this.numClasses = scoresOf(this.plan, numClasses);
    checkMemory(this.plan, dtype);
    checkRange({ reg }, Infinity);
    checkRange({ weightScale: weightScale ?? 0 }, Infinity);
    checkRange({ labelSmoothing }, 1);
    this.reg = reg;
    this.labelSmoothing = labelSmoothing;
    this.#modules = modulesOf(this.plan);
    const all = allLayers(this.plan);
    const last = all.findLast(({ params }) => params.weight?.decays)?.name;
    for (const { name, params, buffers } of all) {
      const gain = name === last ? 1 : 2;
      for (const parameter of Object.values(params)) {
        if (parameter.decays) this.#decaying.add(parameter.name);
        const scale = weightScale ?? Math.sqrt(gain / parameter.fanIn);
        this.params[parameter.name] = initial(parameter, scale, dtype, random);
      }
      for (const buffer of Object.values(buffers)) {
        this.buffers[buffer.name] = initial(buffer, 0, dtype, random);
      }
    }
    const drops = all.some(({ spec }) => spec.kind === "dropout");
    this.#dropout = drops
      ? new RandomState(random.randint(0, 2 ** 32))
      : undefined;
  }

  /**
   * The class scores of images, in test mode: batches are normalised by running
   * statistics, and nothing is dropped.
   *
   * @param x Images, shape (N, C, H, W).
   * @returns Scores, shape (N, numClasses).
   * @throws {TypeError} If the shape does not fit the network's.
   */
  scores(x: Tensor): Tensor {
    return this.#forward(x, { mode: "test" }).out;
  }

  /**
   * The softmax loss in training mode, averaged over the images, plus
   * `reg / 2 · Σ w²` over the weights of convolutions and affine layers; and its
   * gradients.
   *
   * @param x Images, shape (N, C, H, W).
   * @param labels The class of each image.
   * @param reduction Adds gradients up over all parts of a batch, of which the images are one; the loss and its gradients are those of the whole.
   * @throws {TypeError} If a shape does not fit the network's.
   * @throws {RangeError} If a label is out of range.
   */
  loss(
    x: Tensor,
    labels: Labels,
    reduction?: Reduction,
  ): { loss: number; grads: Record<string, Tensor> } {
    const grads: Record<string, Tensor> = {};
    const { out, back } = this.#forward(x, { mode: "train", grads, reduction });
    const { loss: own, dx } = softmaxLoss(out, labels, {
      labelSmoothing: this.labelSmoothing,
      batchSize: reduction?.batchSize,
    });
    back(dx, false);
    const loss = reduction?.finish(own) ?? own;
    const weights = this.reg === 0 ? [] : Object.entries(this.params)
      .filter(([name]) => this.decays(name))
      .map(([name, w]) => ({ w, dw: grads[name]! }));
    return { loss: loss + regularize(weights, this.reg), grads };
  }

  /** Whether weight decay applies to a parameter: to weights, but not to those of normalisations. */
  decays(name: string): boolean {
    return this.#decaying.has(name);
  }

  /**
   * The gradient of the images: how something that is computed from the scores
   * changes with each pixel. In test mode, as {@linkcode ConvNet.scores}.
   *
   * @param x Images, shape (N, C, H, W).
   * @param dscores The gradient of the scores, shape (N, numClasses); a row with a 1 for a class gives the gradient of that class's score.
   * @returns Shape (N, C, H, W).
   * @throws {TypeError} If a shape does not fit the network's.
   *
   * @example How the score of class 1 changes with the pixels
   * ```ts
   * import { ConvNet, RandomState, tensor } from "@convlab/convlab";
   * import { assertEquals } from "@std/assert";
   *
   * const network = new ConvNet({ model: "conv4-relu gap fc3", inputDim: [1, 8, 8] });
   * const x = new RandomState(0).randn([1, 1, 8, 8]);
   * const dx = network.inputGradient(x, tensor([[0, 1, 0]]));
   * assertEquals(dx.shape, [1, 1, 8, 8]);
   * ```
   */
  inputGradient(x: Tensor, dscores: Tensor): Tensor {
    const { out, back } = this.#forward(x, { mode: "test" });
    if (formatShape(dscores.shape) !== formatShape(out.shape)) {
      throw new TypeError(
        `Cannot differentiate network: expected dscores of shape ${
          formatShape(out.shape)
        } but found ${formatShape(dscores.shape)}`,
      );
    }
    return back(dscores, true)!;
  }

  /**
   * What each layer gives for images, by the layers' names, in order, those
   * within residual blocks before the block. Each layer is run on its own, also
   * where training runs a few as one.
   *
   * @param mode `"test"` by default; in `"train"` running statistics and what dropout draws from are left as they are.
   */
  activations(
    x: Tensor,
    mode: "train" | "test" = "test",
  ): Map<string, Tensor> {
    const found = new Map<string, Tensor>();
    const buffers = Object.fromEntries(
      Object.entries(this.buffers).map(([name, b]) => [name, b.clone()]),
    );
    const random = this.#dropout && new RandomState(0);
    random?.setState(this.#dropout!.getState());
    this.#forward(x, {
      ...{ mode, buffers, random },
      watch: (name, out) => found.set(name, out),
    }, this.#apart ??= modulesOf(this.plan, "apart"));
    return found;
  }

  /** What dropout draws from, for a checkpoint; `undefined` without dropout. */
  getGeneratorState(): GeneratorState | undefined {
    return this.#dropout?.getState();
  }

  /** Goes on where {@linkcode ConvNet.getGeneratorState} was. */
  setGeneratorState(state: GeneratorState | undefined): void {
    if (state) this.#dropout?.setState(state);
  }

  #forward(
    x: Tensor,
    options: Partial<Pass>,
    modules: readonly Module[] = this.#modules,
  ) {
    const expected = this.inputDim;
    if (
      !(x instanceof Tensor) || x.shape.length !== 4 ||
      expected.some((d, axis) => x.shape[axis + 1] !== d)
    ) {
      throw new TypeError(
        `Cannot apply network: expected images of shape (N, ${
          expected.join(", ")
        }) but found ${x instanceof Tensor ? formatShape(x.shape) : typeof x}`,
      );
    }
    return runAll(modules, x, {
      mode: "test",
      params: this.params,
      buffers: this.buffers,
      grads: {},
      random: this.#dropout,
      ...options,
    });
  }
}

/** A parameter as it is before training. */
function initial(
  { start, shape }: PlannedParameter,
  scale: number,
  dtype: DType,
  random: RandomState,
): Tensor {
  if (start !== "random") {
    const constant = zeros(shape, dtype);
    if (start === "ones") constant.data.fill(1);
    return constant;
  }
  const w = random.randn(shape);
  for (let i = 0; i < w.size; i++) w.data[i] = scale * w.data[i]!;
  return w.astype(dtype);
}

function checkRange(values: Record<string, number>, below: number): void {
  for (const [name, value] of Object.entries(values)) {
    if (value >= 0 && value < below) continue;
    throw new RangeError(
      `Cannot build model: expected ${name} to be at least 0 and ${
        below === Infinity ? "finite" : `below ${below}`
      } but found ${value}`,
    );
  }
}

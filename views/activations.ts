// Copyright 2026 the Convlab authors. MIT license.

/**
 * What each layer of a network makes of a picture: its feature maps.
 *
 * @module
 */

import type { Image } from "../data/image.ts";
import { displayFigure } from "../figures/display.ts";
import type { Figure } from "../figures/figure.ts";
import type { FigureStack } from "../figures/figure_stack.ts";
import type { ImageFigure } from "../figures/image_figure.ts";
import { allLayers } from "../models/plan_model.ts";
import type { Tensor } from "../numerics/tensor.ts";
import type { TrainedNetwork } from "../training/trained_network.ts";
import { barChart, classChart } from "./bar_charts.ts";
import { seenImage } from "./seen_image.ts";
import { grouped, percent } from "./words.ts";

/** Options of {@linkcode activationsOf}. */
export interface ActivationsOptions {
  /** Feature maps that are shown of a layer, the strongest; 16 by default. */
  readonly maps?: number | undefined;
  /** What the figure is called, such as the run's name. */
  readonly title?: string | undefined;
}

/** Maps in a row. */
const COLUMNS = 16;
/** Space between them, and their width, as figures have it. */
const GAP = 3;
const MAP_WIDTH = 40;
/** With more numbers these are drawn as an image. */
const MAX_BARS = 20;
/** Numbers in a row, of layers that give no maps. */
const MAX_ROW = 64;

/**
 * Describes what the layers give for a picture: the picture as the network
 * takes it, then the feature maps of each layer in order, those with the largest
 * mean of absolute values first, then the probabilities of the classes. The
 * maps of a layer share one scale from black, its least number, to white.
 *
 * @param trained The network and its classes.
 * @param image A picture of any size, fitted as `TrainedNetwork.classify` does it.
 * @throws {RangeError} If `maps` is no positive integer.
 *
 * @example
 * ```ts
 * import { activationsOf, ConvNet, TrainedNetwork } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const network = new ConvNet({ model: "conv4-relu gap fc2", inputDim: [3, 8, 8] });
 * const trained = new TrainedNetwork(network, {
 *   title: "Pets",
 *   classNames: ["cat", "dog"],
 *   imageShape: [3, 8, 8],
 * });
 * const pixels = new Uint8Array(20 * 10 * 3);
 * const { figures } = activationsOf(trained, { width: 20, height: 10, channels: 3, pixels });
 * assertEquals(figures[1]?.title, "conv1: 4 maps of 8 × 8");
 * ```
 */
export function activationsOf(
  trained: TrainedNetwork,
  image: Image,
  { maps = COLUMNS, title }: ActivationsOptions = {},
): FigureStack {
  if (!Number.isInteger(maps) || maps < 1) {
    throw new RangeError(
      `Cannot draw activations: expected maps to be a positive integer but found ${maps}`,
    );
  }
  const classes = trained.classify(image);
  const [best] = classes;
  const seen = seenImage(image, trained.imageShape);
  const kinds = new Map(
    allLayers(trained.network.plan).map(({ name, spec }) => [name, spec.kind]),
  );
  const layers = [...trained.network.activations(trained.preprocess(image))]
    // In use, dropout lets everything through.
    .filter(([name]) => kinds.get(name) !== "dropout")
    .map(([name, out], i, all) =>
      layerFigure(name, out, {
        maps,
        names: i === all.length - 1 ? trained.classNames : undefined,
      })
    );
  return displayFigure({
    kind: "stack",
    ...title === undefined ? {} : { title },
    subtitle: `${trained.network.model}; taken for ${best!.name}, ${
      percent(best!.probability)
    }`,
    figures: [
      {
        kind: "images",
        title: `input: ${seen.height} × ${seen.width}`,
        imageWidth: 160,
        images: [{ image: seen }],
      },
      ...layers,
      classChart(classes),
    ],
  });
}

/** How a layer is shown. */
interface LayerLook {
  readonly maps: number;
  /** What its numbers are, where they have names. */
  readonly names: readonly string[] | undefined;
}

function layerFigure(
  name: string,
  out: Tensor,
  { maps, names }: LayerLook,
): Figure {
  const [, channels = 0, height, width] = out.shape;
  if (height !== undefined && width !== undefined) {
    return mapsFigure(name, out, maps, [channels, height, width]);
  }
  return out.size > MAX_BARS
    ? vectorFigure(name, out)
    : barChart(name, out, names);
}

function mapsFigure(
  name: string,
  { data }: Tensor,
  maps: number,
  [channels, height, width]: readonly [number, number, number],
): ImageFigure {
  const area = height * width;
  const strength = (c: number) => {
    let sum = 0;
    for (let i = c * area; i < (c + 1) * area; i++) sum += Math.abs(data[i]!);
    return sum;
  };
  const strongest = Array.from({ length: channels }, (_, c) => c)
    .map((channel) => ({ channel, strength: strength(channel) }))
    .sort((a, b) => b.strength - a.strength).slice(0, maps);
  const toGrey = greyScale(data);
  return {
    kind: "images",
    title: `${name}: ${channels} maps of ${height} × ${width}${
      maps < channels ? `, the ${maps} strongest` : ""
    }`,
    ...{ columns: COLUMNS, gap: GAP, imageWidth: MAP_WIDTH },
    images: strongest.map(({ channel }) => ({
      image: {
        ...{ width, height, channels: 1 },
        pixels: toGrey(data.subarray(channel * area, (channel + 1) * area)),
      },
    })),
  };
}

/** Numbers that form no image, in rows. */
function vectorFigure(name: string, { data, size }: Tensor): ImageFigure {
  const width = Math.min(size, MAX_ROW);
  const height = Math.ceil(size / width);
  const pixels = new Uint8Array(width * height);
  pixels.set(greyScale(data)(data));
  return {
    kind: "images",
    title: `${name}: ${grouped(size)} numbers`,
    columns: 1,
    images: [{ image: { width, height, channels: 1, pixels } }],
  };
}

/** From the least of these numbers, black, to the greatest, white. */
function greyScale(all: Tensor["data"]) {
  let [low, high] = [Infinity, -Infinity];
  for (const value of all) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  const span = high > low ? high - low : 1;
  return (values: Tensor["data"]): Uint8Array => {
    const pixels = new Uint8Array(values.length);
    for (let i = 0; i < pixels.length; i++) {
      pixels[i] = Math.round(255 * (values[i]! - low) / span);
    }
    return pixels;
  };
}

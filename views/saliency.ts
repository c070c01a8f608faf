// Copyright 2026 the Convlab authors. MIT license.

/**
 * Which pixels of a picture the score of a class hangs on, beside the picture.
 *
 * @module
 */

import { cropToSquare } from "../data/crop_to_square.ts";
import { type Image, imageFromTensor } from "../data/image.ts";
import { resizeImage } from "../data/resize_image.ts";
import { toGrayscale } from "../data/to_grayscale.ts";
import { colorAt, MAKO } from "../figures/color_scale.ts";
import { displayFigure } from "../figures/display.ts";
import { enlargeImage } from "../figures/enlarge_image.ts";
import type { ImageFigure } from "../figures/image_figure.ts";
import { saliency } from "../models/saliency.ts";
import { type Tensor, zeros } from "../numerics/tensor.ts";
import type { TrainedNetwork } from "../training/trained_network.ts";
import { seenImage } from "./seen_image.ts";
import { percent } from "./words.ts";

/** Options of {@linkcode saliencyOf}. */
export interface SaliencyFigureOptions {
  /** The class, counted from 0; by default the likeliest. */
  readonly label?: number | undefined;
  /** Noisy copies that the gradient is averaged over; none by default. */
  readonly samples?: number | undefined;
  /** What the figure is called, such as the run's name. */
  readonly title?: string | undefined;
}

/** The part of the pixels that are as bright as the brightest, so that a single one does not darken the others. */
const BRIGHTEST = 0.01;
/** Least side of the pictures, in pixels. */
const LEAST = 320;
/** What is laid over the picture. */
const GLOW = [255, 176, 0] as const;
/** How bright the picture stays below it. */
const DIMMED = 0.75;

/**
 * Describes the figure: the picture, what the network sees of it, how strongly
 * the class's score changes with each pixel of that
 * ({@linkcode saliency}), and this laid over the picture.
 *
 * @param trained The network and its classes.
 * @param image A picture of any size, fitted as `TrainedNetwork.classify` does it.
 * @throws {RangeError} If there is no such class.
 *
 * @example
 * ```ts
 * import { ConvNet, saliencyOf, TrainedNetwork } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const network = new ConvNet({ model: "conv4-relu gap fc2", inputDim: [3, 8, 8] });
 * const trained = new TrainedNetwork(network, {
 *   title: "Pets",
 *   classNames: ["cat", "dog"],
 *   imageShape: [3, 8, 8],
 * });
 * const pixels = new Uint8Array(20 * 10 * 3);
 * const image = { width: 20, height: 10, channels: 3, pixels } as const;
 * assertEquals(saliencyOf(trained, image, { label: 1 }).images.length, 4);
 * ```
 */
export function saliencyOf(
  trained: TrainedNetwork,
  image: Image,
  { label, samples, title }: SaliencyFigureOptions = {},
): ImageFigure {
  const { network, imageShape, classNames } = trained;
  const classes = trained.classify(image);
  const chosen = label ?? classes[0]!.label;
  const x = trained.preprocess(image);
  const map = scaled(saliency(network, x, chosen, { samples }));
  const [, height, width] = imageShape;
  const square = height === width ? cropToSquare(image) : image;
  const factor = Math.max(1, Math.ceil(LEAST / width));
  const size = [height * factor, width * factor] as const;
  const large = (small: Image) => enlargeImage(small, factor);
  const isSame = square.width === width && square.height === height;
  const seen = large(seenImage(image, imageShape));
  const photo = isSame ? seen : resizeImage(square, ...size);
  const smooth = resizeImage(grey(map), ...size);
  const probability = classes.find((c) => c.label === chosen)!.probability;
  const [best] = classes;
  const about = [
    `score of ${classNames[chosen]}, ${percent(probability)}`,
    ...chosen === best!.label
      ? []
      : [`taken for ${best!.name}, ${percent(best!.probability)}`],
    ...samples ? [`mean of ${samples} copies with noise`] : [],
  ];
  return displayFigure({
    kind: "images",
    ...title === undefined ? {} : { title },
    subtitle: about.join("; "),
    interpolation: "smooth",
    columns: isSame ? 3 : 4,
    images: [
      { image: photo, title: "Picture" },
      ...isSame ? [] : [{ image: seen, title: `As ${height} × ${width}` }],
      { image: large(inColours(map)), title: "Saliency" },
      { image: overlay(photo, smooth), title: "Both" },
    ],
  });
}

/** From 0 to 1, the brightest part all 1. */
function scaled(map: Tensor): Tensor {
  const sorted = Float64Array.from(map.data).sort();
  const top = sorted[Math.floor((1 - BRIGHTEST) * (sorted.length - 1))]!;
  const most = top > 0 ? top : sorted.at(-1)! || 1;
  const out = zeros(map.shape);
  for (let i = 0; i < map.size; i++) {
    out.data[i] = Math.min(1, map.data[i]! / most);
  }
  return out;
}

function grey(map: Tensor): Image {
  const bytes = zeros(map.shape);
  for (let i = 0; i < map.size; i++) bytes.data[i] = 255 * map.data[i]!;
  return imageFromTensor(bytes);
}

function inColours({ data, shape, size }: Tensor): Image {
  const [height = 0, width = 0] = shape;
  const pixels = new Uint8Array(3 * size);
  for (let i = 0; i < size; i++) pixels.set(colorAt(MAKO, data[i]!), 3 * i);
  return { width, height, channels: 3, pixels };
}

/** The picture in grey, dimmed, and over it a glow as strong as the map. */
function overlay(photo: Image, map: Image): Image {
  const { pixels: light } = toGrayscale(photo);
  const pixels = new Uint8Array(3 * light.length);
  for (let i = 0; i < light.length; i++) {
    const share = map.pixels[i]! / 255;
    const below = DIMMED * light[i]!;
    for (let c = 0; c < 3; c++) {
      pixels[3 * i + c] = Math.round(below + share * (GLOW[c]! - below));
    }
  }
  const { width, height } = photo;
  return { width, height, channels: 3, pixels };
}

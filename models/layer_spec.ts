// Copyright 2026 the Convlab authors. MIT license.

/**
 * The layers that a model's text can name, with their numbers.
 *
 * @module
 */

/** A convolution, `conv32k5s2p2d1g1` in a model's text. */
export interface ConvSpec {
  /** Which layer it is. */
  readonly kind: "conv";
  /** Number of filters. */
  readonly filters: number;
  /** Height and width of a filter. */
  readonly size: number;
  /** Distance between two windows. */
  readonly stride: number;
  /** Zeros on each side of the image. */
  readonly pad: number;
  /** Distance between two taps of a filter. */
  readonly dilation: number;
  /** Groups of channels that are convolved apart. */
  readonly groups: number;
}

/** A pooling: `pool` takes maxima and `avgpool` means. */
export interface PoolSpec {
  /** Which layer it is. */
  readonly kind: "pool" | "avgpool";
  /** Height and width of a window. */
  readonly size: number;
  /** Distance between two windows. */
  readonly stride: number;
}

/** A normalisation over groups of channels, `gn8`. */
export interface GroupNormSpec {
  /** Which layer it is. */
  readonly kind: "gn";
  /** Number of groups. */
  readonly groups: number;
}

/** A ReLU that lets a part of what is negative through, `leaky0.1`. */
export interface LeakySpec {
  /** Which layer it is. */
  readonly kind: "leaky";
  /** That part. */
  readonly slope: number;
}

/** Dropout, `dropout0.5`. */
export interface DropoutSpec {
  /** Which layer it is. */
  readonly kind: "dropout";
  /** Probability that a number is dropped. */
  readonly p: number;
}

/** An affine layer, `fc10`; it takes images as long vectors. */
export interface AffineSpec {
  /** Which layer it is. */
  readonly kind: "fc";
  /** Number of outputs. */
  readonly units: number;
}

/**
 * A layer without numbers: `bn` normalises over the batch and `ln` over each
 * example, `relu` and `gelu` are applied to each number, `gap` is global average
 * pooling.
 */
export interface PlainSpec {
  /** Which layer it is. */
  readonly kind: "bn" | "ln" | "relu" | "gelu" | "gap";
}

/** A residual block, `res[body | shortcut]`: the sum of what both give. */
export interface ResidualSpec {
  /** Which layer it is. */
  readonly kind: "res";
  /** Layers, at least one. */
  readonly body: readonly LayerSpec[];
  /** Layers; none for the input as it is. */
  readonly shortcut: readonly LayerSpec[];
}

/** The layers that a model's text can name, by kind. */
export interface LayerSpecs {
  /** A convolution. */
  readonly conv: ConvSpec;
  /** A normalisation over the batch. */
  readonly bn: PlainSpec;
  /** A normalisation over each example. */
  readonly ln: PlainSpec;
  /** A normalisation over groups of channels. */
  readonly gn: GroupNormSpec;
  /** A ReLU. */
  readonly relu: PlainSpec;
  /** A leaky ReLU. */
  readonly leaky: LeakySpec;
  /** A Gaussian error linear unit. */
  readonly gelu: PlainSpec;
  /** A max-pooling. */
  readonly pool: PoolSpec;
  /** An average pooling. */
  readonly avgpool: PoolSpec;
  /** A global average pooling. */
  readonly gap: PlainSpec;
  /** Dropout. */
  readonly dropout: DropoutSpec;
  /** An affine layer. */
  readonly fc: AffineSpec;
  /** A residual block. */
  readonly res: ResidualSpec;
}

/** Names of the layers. */
export type LayerKind = keyof LayerSpecs;

/** Any layer that a model's text can name. */
export type LayerSpec = LayerSpecs[LayerKind];

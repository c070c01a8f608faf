// Copyright 2026 the Convlab authors. MIT license.

/**
 * What the page and the worker that trains tell each other.
 *
 * @module
 */

/** What is to be trained, as the form has it. */
export interface Wish {
  /** The network, such as `conv16-relu pool fc10`. */
  readonly model: string;
  readonly epochs: number;
  readonly learningRate: number;
  /** Threads; 0 for one a core. */
  readonly threads: number;
}

/** From the page to the worker. */
export type Order =
  | { readonly type: "check"; readonly wish: Wish }
  | { readonly type: "start"; readonly wish: Wish }
  | { readonly type: "pause" | "resume" | "stop" };

/** Images as grey bytes, one after the other. */
export interface Thumbnails {
  readonly bytes: Uint8Array;
  readonly side: number;
  readonly labels: readonly number[];
}

/** What the network takes an image for. */
export interface Guess {
  readonly label: number;
  readonly probability: number;
}

/** From the worker to the page. */
export type News =
  | {
    readonly type: "ready";
    readonly images: Thumbnails;
    readonly classNames: readonly string[];
    readonly trainingImages: number;
    /** What trains, in words: threads, instructions. */
    readonly engine: string;
    /** Why there is only one thread, if so. */
    readonly limitation: string | undefined;
  }
  | {
    readonly type: "checked";
    readonly model: string;
    /** What is wrong with the network, or what it is. */
    readonly error?: string;
    readonly parameters?: number;
  }
  | {
    readonly type: "started";
    readonly iterations: number;
    readonly iterationsPerEpoch: number;
    readonly parameters: number;
    readonly engine: string;
  }
  | {
    readonly type: "progress";
    readonly iteration: number;
    /** Losses since the last such message. */
    readonly losses: readonly number[];
    readonly imagesPerSecond: number;
  }
  | {
    readonly type: "accuracy";
    readonly iteration: number;
    /** Epochs that are finished, if one has just been. */
    readonly epoch?: number;
    readonly trainAccuracy: number;
    readonly valAccuracy: number;
  }
  | {
    readonly type: "ended";
    readonly iteration: number;
    /** Seconds of training, without pauses. */
    readonly seconds: number;
    readonly testAccuracy: number;
    readonly images: Thumbnails;
    readonly guesses: readonly Guess[];
  }
  | { readonly type: "failed"; readonly message: string };

// Copyright 2026 the Convlab authors. MIT license.

/**
 * What the training, the server and the page tell each other.
 *
 * Whatever happened to a run is a list of events. The server applies them to a
 * `RunHistory` (`page/run_history.js`), and so does every page: one that comes
 * later begins with a snapshot of the server's, so that all show the same.
 *
 * @module
 */

/** What does not change while the page is there. */
export interface About {
  /** The run's name. */
  readonly name: string;
  /** The data set, for people. */
  readonly data: string;
  /** The network, as its text or in a few words. */
  readonly model: string;
  /** How it is trained, as names and values for people. */
  readonly settings: readonly (readonly [name: string, value: string])[];
  /** Iterations of the whole training; null if that is not known. */
  readonly iterations: number | null;
  /** Epochs of the whole training; likewise. */
  readonly epochs: number | null;
  /** The learning rate where no iteration tells of one; likewise. */
  readonly learningRate: number | null;
  /** Whether the training can be paused, stopped and given another learning rate. */
  readonly canControl: boolean;
  /** Whether the learning rate follows a schedule, which a change leaves its shape. */
  readonly isScheduled: boolean;
}

/** What a run does. */
export type RunState =
  | "training"
  | "paused"
  /** Stopping was asked for; the checkpoint is being written. */
  | "stopping"
  /** The last accuracies are being taken. */
  | "evaluating"
  | "finished"
  | "stopped"
  | "failed";

/** How far a training is. */
export interface Status {
  readonly state: RunState;
  /** What else there is to say, such as why it failed. */
  readonly note?: string;
  /** What to type to go on, which ends the note. */
  readonly command?: string;
  readonly iteration: number;
  /** Epochs that are finished. */
  readonly epoch: number;
  /** The learning rate of the next iteration; null if nobody trains. */
  readonly learningRate: number | null;
  /** Training images in a second, of late; null if nobody trains. */
  readonly imagesPerSecond: number | null;
  /** Seconds of training so far, pauses left out; null if that is not known. */
  readonly seconds: number | null;
  /** Seconds that are left, if it goes on so; null if that is not known. */
  readonly secondsLeft: number | null;
  /** Whether the server is about to end, so that there is nothing to connect to. */
  readonly isLast?: boolean;
}

/** One iteration, as a row: its number, its loss (null if not finite), its learning rate (null if not told). */
export type Point = readonly [
  iteration: number,
  loss: number | null,
  learningRate: number | null,
];

/** A check of the accuracies, each from 0 to 1; null where there are no images. */
export interface AccuracyPoint {
  readonly iteration: number;
  readonly epoch: number;
  readonly trainAccuracy: number | null;
  readonly valAccuracy: number | null;
}

/** The accuracies that a run ended with. */
export interface FinalAccuracies {
  readonly trainAccuracy: number | null;
  readonly valAccuracy: number | null;
  readonly testAccuracy: number | null;
  readonly seconds: number | null;
}

/** The learning rate was changed by hand. */
export interface RateChange {
  readonly iteration: number;
  readonly learningRate: number;
}

/** Images of equal size. */
export interface Pictures {
  /** Channels of each, 1 or 3. */
  readonly channels: number;
  readonly width: number;
  readonly height: number;
  /** Bytes of one after the other, each in the order row, column, channel; in base64 on the way to the page. */
  readonly pixels: string;
}

/** The filters of the first convolution. */
export interface Filters extends Pictures {
  /** Iterations that were finished. */
  readonly iteration: number;
  /** How many are shown. */
  readonly count: number;
  /** How many there are. */
  readonly total: number;
}

/** A few validation images. */
export interface Examples extends Pictures {
  readonly classNames: readonly string[];
  /** The class of each. */
  readonly labels: readonly number[];
}

/** What the network takes the examples for. */
export interface Predictions {
  readonly iteration: number;
  /** For each example the most probable class, and how probable it is; null where the scores are not finite. */
  readonly guesses: readonly (
    | readonly [label: number, probability: number]
    | null
  )[];
}

/** Something that happened. */
export type RunEvent =
  | { readonly kind: "points"; readonly points: readonly Point[] }
  | { readonly kind: "check"; readonly check: AccuracyPoint }
  | { readonly kind: "rate"; readonly change: RateChange }
  | { readonly kind: "final"; readonly final: FinalAccuracies }
  | { readonly kind: "log"; readonly lines: readonly string[] }
  /** Points, checks and log are told anew, since the run was cut back to a checkpoint. */
  | { readonly kind: "reset" }
  | Update;

/** Something that no file of the run tells. */
export type Update =
  | { readonly kind: "status"; readonly status: Status }
  | { readonly kind: "filters"; readonly filters: Filters }
  | { readonly kind: "examples"; readonly examples: Examples }
  | { readonly kind: "predictions"; readonly predictions: Predictions };

/** What the page asks for. */
export type Command =
  | { readonly command: "pause" }
  | { readonly command: "resume" }
  | { readonly command: "stop" }
  | { readonly command: "learningRate"; readonly learningRate: number };

/** What the server's thread is told. */
export type ToServer =
  | {
    readonly kind: "start";
    readonly about: About;
    /** The run's folder. */
    readonly path: string;
    readonly host: string;
    /** Where to listen; another port if that one is taken and `isPortFixed` is not set. */
    readonly port: number;
    readonly isPortFixed: boolean;
    readonly token: string;
  }
  | { readonly kind: "update"; readonly update: Update }
  | { readonly kind: "close" };

/** What it tells. */
export type FromServer =
  | { readonly kind: "listening"; readonly port: number }
  | {
    readonly kind: "refused";
    readonly reason: "permission" | "taken" | "other";
    readonly message: string;
  }
  | { readonly kind: "watchers"; readonly count: number }
  | { readonly kind: "command"; readonly command: Command }
  /** It cannot go on. */
  | { readonly kind: "failed"; readonly message: string }
  | { readonly kind: "closed" };

// Copyright 2026 the Convlab authors. MIT license.

/**
 * What each kind of figure takes from the command line, and gives.
 *
 * @module
 */

import type { Figure } from "../../figures/figure.ts";
import type { Streams } from "../command.ts";
import type { SPLITS } from "../evaluate/data.ts";

/** Options that only some kinds of figures have. */
export interface FigureOptions {
  readonly images: readonly string[];
  readonly smooth: number | undefined;
  readonly maps: number | undefined;
  readonly class: string | undefined;
  readonly samples: number | undefined;
  readonly count: number | undefined;
  readonly split: typeof SPLITS[number];
  readonly dataset: string | undefined;
  readonly dataDir: string | undefined;
  readonly runsDir: string;
}

/** A figure that is to be drawn. */
export interface PlannedFigure {
  /** Where it goes unless an option says otherwise. */
  readonly path: string;
  /** Describes it; what takes time is done here. */
  describe(): Figure | Promise<Figure>;
}

/** A kind of figure. */
export interface FigureKind {
  /** What its arguments are, as the help has them: `RUN IMAGE`. */
  readonly takes: string;
  /** The least and the most arguments. */
  readonly arguments: readonly [number, number];
  /** Those of {@linkcode FigureOptions} that it has. */
  readonly options: readonly (keyof FigureOptions)[];
  /**
   * Finds out what the arguments are, before anything is drawn.
   *
   * @throws {Error} If they are nothing that can be drawn.
   */
  plan(
    args: readonly string[],
    options: FigureOptions,
    streams: Streams,
  ): PlannedFigure;
}

// Copyright 2026 the Convlab authors. MIT license.

/**
 * A training that is watched: it tells its page how it goes, and does what the
 * page asks for. Its results are those of a training that nobody watches, unless
 * somebody changes the learning rate.
 *
 * @module
 */

import type { ImageSet } from "../data/image_set.ts";
import type { Solver } from "../training/solver.ts";
import type { Model } from "../training/solver_options.ts";
import {
  type ExampleImages,
  exampleImages,
  guessesOf,
} from "./example_images.ts";
import { firstFilters } from "./first_filters.ts";
import { type LiveAddress, LivePage } from "./live_page.ts";
import { Pace } from "./pace.ts";
import type { About, Command, RunState, Status, Update } from "./protocol.ts";

/** What is trained, and whom to tell. */
export interface LiveTrainingOptions extends LiveAddress {
  /** Where its metrics are written. */
  readonly run: { readonly path: string };
  readonly about: About;
  readonly solver: Solver;
  readonly model: Model;
  readonly batchSize: number;
  /** Images to show with what the network takes them for. */
  readonly validation: ImageSet;
  readonly classNames: readonly string[];
  /** Ends the training, as Ctrl-C does; a pause ends with it. */
  readonly signal: AbortSignal;
  /** Seconds of the training before it was resumed. */
  readonly secondsBefore: number;
  /** The page asks to stop; `signal` is to be aborted. */
  readonly onStop: () => void;
  /** The learning rate was changed from the page. */
  readonly onLearningRate: (rate: { from: number; to: number }) => void;
  /** The page is gone; the training goes on. */
  readonly onFailure: (message: string) => void;
}

/** Least time between two messages of a kind, in milliseconds. */
const EVERY_MS = { status: 250, filters: 1000, predictions: 2000 } as const;
/** Part of the training's time that each kind may take at most. */
const SHARE = 0.003;

/** A training and its page. */
export class LiveTraining {
  readonly #options: LiveTrainingOptions;
  readonly #page: LivePage;
  readonly #pace: Pace;
  readonly #shown: ExampleImages | undefined;
  /** When each kind of message is due, by the clock of the training. */
  readonly #due = { status: 0, filters: 0, predictions: 0 };
  #hasExamples = false;
  #pause: PromiseWithResolvers<void> | undefined;
  #pausedAt = 0;
  #pausedMs = 0;
  #state: RunState = "training";
  readonly #startedAt = performance.now();

  private constructor(options: LiveTrainingOptions, page: LivePage) {
    this.#options = options;
    this.#page = page;
    const { solver, validation, classNames } = options;
    this.#pace = new Pace(solver.iteration, () => this.clock());
    this.#shown = exampleImages(validation, classNames);
  }

  /**
   * Serves a training's page.
   *
   * @throws {Error} If the address cannot be listened on, or may not.
   */
  static async start(options: LiveTrainingOptions): Promise<LiveTraining> {
    const { host, port, about, run, onFailure } = options;
    let training: LiveTraining | undefined;
    const page = await LivePage.open({
      ...{ host, port, about, path: run.path, onFailure },
      onCommand(command) {
        if (training) training.#obey(command);
      },
      onWatchers(count) {
        if (training) training.#greet(count);
      },
    });
    return training = new LiveTraining(options, page);
  }

  /** The address of the page. */
  get url(): string {
    return this.#page.url;
  }

  /** How many have the page open. */
  get watchers(): number {
    return this.#page.watchers;
  }

  /** Milliseconds since the program began, pauses left out. */
  clock(): number {
    const paused = this.#pause ? performance.now() - this.#pausedAt : 0;
    return performance.now() - this.#pausedMs - paused;
  }

  /** To be called after each iteration; does next to nothing while nobody watches. */
  afterIteration(): void {
    if (this.#page.watchers === 0) return;
    const now = this.clock();
    if (now >= this.#due.status) this.#tell(now);
  }

  /** To be called when the program had a turn; what it gives ends with the pause. */
  afterTurn(): Promise<void> | undefined {
    return this.#pause?.promise;
  }

  /** Tells that the accuracies are taken for the last time. */
  evaluating(): void {
    this.#goOn();
    this.#change("evaluating");
  }

  /** Tells how the training ended, and ends the server. */
  async end(
    state: RunState,
    words: Pick<Status, "note" | "command"> = {},
  ): Promise<void> {
    this.#state = state;
    this.#post({
      kind: "status",
      status: { ...this.#status(), ...words, isLast: true },
    });
    await this.#page.close();
  }

  #obey(command: Command): void {
    const { solver, signal, onStop, onLearningRate } = this.#options;
    if (signal.aborted || this.#state === "evaluating") return;
    switch (command.command) {
      case "pause":
        return this.#wait();
      case "resume":
        return this.#goOn();
      case "stop":
        this.#change("stopping");
        return onStop();
      case "learningRate": {
        const from = solver.learningRate;
        if (command.learningRate === from) return;
        try {
          solver.learningRate = command.learningRate;
        } catch (error) {
          // The schedule gives 0 now, so no rate can be what was asked for.
          if (!(error instanceof RangeError)) throw error;
          const note = error.message;
          this.#post({ kind: "status", status: { ...this.#status(), note } });
          return;
        }
        onLearningRate({ from, to: command.learningRate });
        this.#change(this.#state);
      }
    }
  }

  #wait(): void {
    if (this.#pause) return;
    this.#pausedAt = performance.now();
    this.#pause = Promise.withResolvers();
    this.#change("paused");
    this.#options.signal.addEventListener("abort", () => this.#goOn(), {
      once: true,
    });
    this.#pictures(Infinity);
  }

  #goOn(): void {
    const pause = this.#pause;
    if (!pause) return;
    this.#pausedMs += performance.now() - this.#pausedAt;
    this.#pause = undefined;
    if (!this.#options.signal.aborted) this.#change("training");
    pause.resolve();
  }

  /** Somebody opened the page: after a time in which nobody watched, all is due. */
  #greet(count: number): void {
    if (count === 0) return;
    this.#due.status = 0;
    if (this.#pause) this.#tell(this.clock());
  }

  #change(state: RunState): void {
    this.#state = state;
    this.#post({ kind: "status", status: this.#status() });
  }

  #tell(now: number): void {
    this.#due.status = now + EVERY_MS.status;
    this.#pace.mark(this.#options.solver.iteration);
    this.#post({ kind: "status", status: this.#status() });
    this.#pictures(now);
  }

  /** Sends filters and predictions, if they are due. */
  #pictures(now: number): void {
    if (this.#page.watchers === 0) return;
    const { solver, model } = this.#options;
    const { iteration } = solver;
    this.#timed("filters", now, () => {
      const filters = firstFilters(model.params, iteration);
      if (filters) this.#post({ kind: "filters", filters });
    });
    const shown = this.#shown;
    if (!shown) return;
    if (!this.#hasExamples) {
      this.#hasExamples = true;
      this.#post({ kind: "examples", examples: shown.examples });
    }
    this.#timed("predictions", now, () => {
      const predictions = guessesOf(solver.scores(shown.images), iteration);
      this.#post({ kind: "predictions", predictions });
    });
  }

  /** Does something if it is due, and puts off the next time by what it took. */
  #timed(kind: "filters" | "predictions", now: number, work: () => void): void {
    if (now < this.#due[kind]) return;
    const start = performance.now();
    work();
    const took = performance.now() - start;
    this.#due[kind] = this.clock() + Math.max(EVERY_MS[kind], took / SHARE);
  }

  #post(update: Update): void {
    this.#page.post(update);
  }

  #status(): Status {
    const { solver, batchSize, secondsBefore } = this.#options;
    const { iteration, epoch, learningRate, lastIteration } = solver;
    const speed = this.#pace.iterationsPerSecond;
    return {
      ...{ state: this.#state, iteration, epoch, learningRate },
      imagesPerSecond: speed === undefined ? null : speed * batchSize,
      seconds: secondsBefore + (this.clock() - this.#startedAt) / 1000,
      secondsLeft: this.#pace.secondsUntil(lastIteration) ?? null,
    };
  }
}

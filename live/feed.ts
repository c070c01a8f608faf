// Copyright 2026 the Convlab authors. MIT license.

/**
 * What happens to a run, to any number of viewers, as server-sent events.
 *
 * Each viewer begins with a snapshot and then gets what is new. Nothing is kept
 * for a viewer but its place: it asks when it has sent what it has, and one that
 * has fallen too far behind gets a snapshot again.
 *
 * @module
 */

import { RunHistory } from "./page/run_history.js";
import type { About, RunEvent } from "./protocol.ts";

/** Messages that are kept for viewers who are not up to date. */
const KEPT = 64;
/** Viewers at once. */
const MAX_VIEWERS = 32;
/** Time after which a viewer that has nothing to be told is told so, in milliseconds: a connection that is gone is noticed. */
const ALIVE_MS = 15_000;

/** The events of a run, and who follows them. */
export class Feed {
  readonly #about: About;
  readonly #onViewers: (count: number) => void;
  readonly #history = new RunHistory();
  readonly #messages: { seq: number; text: string }[] = [];
  #seq = 0;
  #viewers = 0;
  #ended = false;
  #news = Promise.withResolvers<void>();

  /**
   * @param about What each viewer is told first.
   * @param onViewers Called with the number of viewers when it changes, before the snapshot of a new one is taken.
   */
  constructor(about: About, onViewers: (count: number) => void = () => {}) {
    this.#about = about;
    this.#onViewers = onViewers;
  }

  /** How many follow. */
  get viewers(): number {
    return this.#viewers;
  }

  /** Tells all viewers what happened. */
  publish(events: readonly RunEvent[]): void {
    if (events.length === 0 || this.#ended) return;
    for (const event of events) this.#history.apply(event);
    const seq = ++this.#seq;
    if (this.#viewers > 0) {
      const text = message({ kind: "events", seq, events });
      this.#messages.push({ seq, text });
      if (this.#messages.length > KEPT) this.#messages.shift();
    }
    this.#wake();
  }

  /** Ends all streams, once what was published is sent. */
  end(): void {
    this.#ended = true;
    this.#wake();
  }

  /**
   * The events as a stream of bytes, or `undefined` if there are too many
   * viewers already.
   */
  stream(): ReadableStream<Uint8Array<ArrayBuffer>> | undefined {
    if (this.#viewers >= MAX_VIEWERS) return undefined;
    this.#changeViewers(1);
    const encoder = new TextEncoder();
    let place = -1;
    let isOpen = true;
    const leave = () => {
      if (isOpen) this.#changeViewers(-1);
      isOpen = false;
    };
    return new ReadableStream({
      pull: async (controller) => {
        while (isOpen && place === this.#seq && !this.#ended) {
          const isNews = await this.#wait();
          if (!isNews && isOpen) {
            controller.enqueue(encoder.encode(": alive\n\n"));
            return;
          }
        }
        if (!isOpen) return;
        if (place === this.#seq) {
          leave();
          controller.close();
          return;
        }
        controller.enqueue(encoder.encode(this.#since(place)));
        place = this.#seq;
      },
      cancel: leave,
    }, { highWaterMark: 0 });
  }

  #since(place: number): string {
    const missed = this.#messages.filter(({ seq }) => seq > place);
    const isWhole = place >= 0 && missed.length === this.#seq - place;
    return isWhole ? missed.map(({ text }) => text).join("") : message({
      kind: "snapshot",
      seq: this.#seq,
      about: this.#about,
      snapshot: this.#history.snapshot(),
    });
  }

  /** Waits for news, or a while; whether there are any. */
  async #wait(): Promise<boolean> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const pause = new Promise<false>((resolve) => {
      timer = setTimeout(() => resolve(false), ALIVE_MS);
    });
    const news = this.#news.promise.then(() => true);
    try {
      return await Promise.race([news, pause]);
    } finally {
      clearTimeout(timer);
    }
  }

  #wake(): void {
    this.#news.resolve();
    this.#news = Promise.withResolvers();
  }

  #changeViewers(by: number): void {
    this.#viewers += by;
    this.#onViewers(this.#viewers);
  }
}

function message(content: unknown): string {
  return `data: ${JSON.stringify(content)}\n\n`;
}

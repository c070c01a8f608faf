// Copyright 2026 the Convlab authors. MIT license.

// Runs on the server and in the page, so it is JavaScript and imports no more
// than the other module that does.

import { LossSeries } from "./loss_series.js";

/** @import { AccuracyPoint, Examples, Filters, FinalAccuracies, Predictions, RateChange, RunEvent, Status } from "../protocol.ts" */

/** Lines of the log that are kept, the last ones. */
export const MAX_LINES = 1000;

/**
 * @typedef {object} Snapshot All that is known of a run, as JSON.
 * @property {import("./loss_series.js").Buckets} losses
 * @property {number | null} divergedAt Iteration whose loss was not finite.
 * @property {AccuracyPoint[]} checks
 * @property {RateChange[]} rates
 * @property {FinalAccuracies | null} final
 * @property {string[]} lines The log's last lines.
 * @property {number} linesBefore How many lines come before those.
 * @property {Status | null} status
 * @property {Filters | null} filters
 * @property {Examples | null} examples
 * @property {Predictions | null} predictions
 */

/** What is known of a run: the events so far, put together. */
export class RunHistory {
  losses = new LossSeries();
  /** @type {Omit<Snapshot, "losses">} */
  facts = {
    divergedAt: null,
    checks: [],
    rates: [],
    final: null,
    lines: [],
    linesBefore: 0,
    status: null,
    filters: null,
    examples: null,
    predictions: null,
  };

  /**
   * @param {Snapshot} snapshot
   * @returns {RunHistory}
   */
  static from({ losses, ...facts }) {
    const history = new RunHistory();
    history.losses = new LossSeries(losses);
    history.facts = facts;
    return history;
  }

  /** @returns {Snapshot} */
  snapshot() {
    return { losses: this.losses.buckets, ...this.facts };
  }

  /**
   * Adds what happened.
   *
   * @param {RunEvent} event
   * @returns {void}
   */
  apply(event) {
    const { facts } = this;
    switch (event.kind) {
      case "points":
        for (const [iteration, loss, learningRate] of event.points) {
          if (loss === null) facts.divergedAt ??= iteration;
          else this.losses.add(iteration, loss, learningRate);
        }
        break;
      case "check":
        facts.checks.push(event.check);
        break;
      case "rate":
        facts.rates.push(event.change);
        break;
      case "final":
        facts.final = event.final;
        break;
      case "log": {
        facts.lines.push(...event.lines);
        const over = Math.max(0, facts.lines.length - MAX_LINES);
        facts.lines.splice(0, over);
        facts.linesBefore += over;
        break;
      }
      case "reset":
        this.losses = new LossSeries();
        Object.assign(facts, {
          divergedAt: null,
          checks: [],
          rates: [],
          final: null,
          lines: [],
          linesBefore: 0,
        });
        break;
      case "status":
        facts.status = event.status;
        break;
      case "filters":
        facts.filters = event.filters;
        break;
      case "examples":
        facts.examples = event.examples;
        break;
      case "predictions":
        facts.predictions = event.predictions;
        break;
    }
  }
}

// Copyright 2026 the Convlab authors. MIT license.

// The three charts of a run, their legends, and what they say in words.

import { CurveChart, showLegend } from "./charts.js";
import { grouped, percent, rateText, short, tick } from "./formats.js";

/** @import { View } from "./connection.js" */

/** Parts of the training over which the loss is smoothed, by the place of the slider. */
const SHARES = [0, 0.0025, 0.005, 0.01, 0.02, 0.04, 0.08];
/** The part for the number that is shown. */
const USUAL_SHARE = 0.01;
/** Iterations that it is smoothed over at least, if it is. */
const MIN_SPAN = 3;
/** Time between two descriptions for those who do not see the curves, in milliseconds. */
const WORDS_MS = 10_000;

/**
 * @param {string} id
 * @returns {HTMLElement}
 */
function box(id) {
  const found = document.getElementById(id);
  if (found) return found;
  throw new Error(`There is no ${id}`);
}

/** Makes the charts. */
export function startCurves() {
  const smoothing = /** @type {HTMLInputElement} */ (box("smoothing"));
  const logScale = /** @type {HTMLInputElement} */ (box("log-scale"));
  /** @type {View | undefined} */
  let view;
  /** @type {number[]} */
  let smooth = [];
  let described = -Infinity;
  /** Where the pointer is, as places in the lists of losses and of checks. */
  const at = { loss: -1, accuracy: -1, rate: -1 };

  const end = () => view?.history.losses.last ?? 1;
  const marks = () =>
    view?.history.facts.rates.map(({ iteration }) => iteration) ?? [];
  /** @param {keyof typeof at} name */
  const onCursor = (name) => (/** @type {number | null} */ index) => {
    at[name] = index ?? -1;
    legends();
  };

  const loss = new CurveChart({
    box: box("loss-chart"),
    series: [
      { color: "blue", width: 1, alpha: 60 },
      { color: "blue", width: 1, alpha: 60 },
      { color: "blue", width: 1, alpha: 95 },
      { color: "blue" },
    ],
    band: [0, 1],
    range: (low, high) => padded(Math.min(low, high), high, 0, Infinity),
    format: tick,
    onCursor: onCursor("loss"),
    ...{ marks, end },
  });
  const accuracy = new CurveChart({
    box: box("accuracy-chart"),
    series: [
      { color: "blue", points: true },
      { color: "orange", points: true },
    ],
    range: (low, high) =>
      padded(Math.min(low, high - 8), Math.max(high, low + 8), 0, 100),
    format: (y) => `${Math.round(10 * y) / 10} %`,
    onCursor: onCursor("accuracy"),
    ...{ marks, end },
  });
  const rate = new CurveChart({
    box: box("rate-chart"),
    series: [{ color: "green" }],
    range: (_, high) => [0, high > 0 ? 1.08 * high : 1],
    format: rateText,
    onCursor: onCursor("rate"),
    ...{ marks, end },
  });

  const legends = () => {
    if (!view) return;
    const { losses, facts } = view.history;
    const { iteration, count, sum } = losses.buckets;
    const i = at.loss >= 0 && at.loss < iteration.length
      ? at.loss
      : iteration.length - 1;
    showLegend(
      box("loss-legend"),
      i < 0 ? [] : [
        ["blue", "smoothed", short(smooth[i])],
        [
          "faint",
          losses.buckets.width > 1 ? `mean of ${count[i]}` : "loss",
          short((sum[i] ?? 0) / (count[i] ?? 1)),
        ],
        ["", "iteration", grouped(iteration[i] ?? 0)],
      ],
    );
    const { checks } = facts;
    const check = checks[at.accuracy] ?? checks.at(-1);
    showLegend(
      box("accuracy-legend"),
      check
        ? [
          ["blue", "training", percent(check.trainAccuracy)],
          ...(check.valAccuracy === null ? [] : [
            /** @type {const} */ ([
              "orange",
              "validation",
              percent(check.valAccuracy),
            ]),
          ]),
          ["", "epoch", grouped(check.epoch)],
        ]
        : [],
    );
    const rates = learningRates(view);
    const r = rates[at.rate] ?? rates.at(-1);
    showLegend(
      box("rate-legend"),
      typeof r === "number" ? [["green", "rate", rateText(r)]] : [],
    );
  };

  const draw = () => {
    if (!view) return;
    const { losses, facts } = view.history;
    const { iteration, count, sum, min, max } = losses.buckets;
    smooth = losses.smoothed(
      spanOf(view, SHARES[Number(smoothing.value)] ?? 0),
    );
    const positive = (/** @type {number} */ y) =>
      logScale.checked && y <= 0 ? null : y;
    // Where a place is one iteration, it has no extremes.
    const extreme = (/** @type {number} */ y) =>
      losses.buckets.width === 1 ? null : positive(y);
    loss.show([
      iteration,
      min.map(extreme),
      max.map(extreme),
      sum.map((total, i) => positive(total / (count[i] ?? 1))),
      smooth.map(positive),
    ]);
    const { checks } = facts;
    const shares = (/** @type {(number | null)[]} */ list) =>
      list.map((share) => share === null ? null : 100 * share);
    accuracy.show([
      checks.map((check) => check.iteration),
      shares(checks.map((check) => check.trainAccuracy)),
      shares(checks.map((check) => check.valAccuracy)),
    ]);
    const rates = learningRates(view);
    const isKnown = rates.some((value) => value !== null);
    rate.show(isKnown ? [iteration, rates] : [[], []]);
    showEmpty("loss-chart", iteration.length === 0, "No iteration yet");
    showEmpty(
      "accuracy-chart",
      checks.length === 0,
      "The first check comes after the first iteration, the others after each epoch",
    );
    showEmpty(
      "rate-chart",
      !isKnown,
      iteration.length === 0
        ? "It comes with the first iteration"
        : "This run does not tell of it",
    );
    legends();
    const now = performance.now();
    if (now - described > WORDS_MS || facts.status?.state !== "training") {
      described = now;
      describe(view, smooth);
    }
  };

  const tellSmoothing = () => {
    const share = SHARES[Number(smoothing.value)] ?? 0;
    smoothing.setAttribute(
      "aria-valuetext",
      share === 0 ? "none" : `over ${100 * share} % of the iterations`,
    );
  };
  tellSmoothing();
  smoothing.oninput = () => {
    tellSmoothing();
    draw();
  };
  logScale.onchange = () => {
    loss.setLogarithmic(logScale.checked);
    draw();
  };

  /** @param {View} current */
  return (current) => {
    view = current;
    draw();
  };
}

/** A loss that is this much larger than the first tells of a training that diverges. */
const FAR = 4;

/**
 * The loss of late, smoothed, and whether it is far above the first.
 *
 * @param {View} view
 */
export function recentLoss(view) {
  const losses = view.history.losses.smoothed(spanOf(view, USUAL_SHARE));
  const [first = NaN] = losses;
  const loss = losses.at(-1);
  return { loss, isFar: (loss ?? NaN) > FAR * first };
}

/**
 * Iterations over which to smooth.
 *
 * @param {View} view
 * @param {number} share Of the whole training.
 */
function spanOf({ about, history }, share) {
  const whole = about.iterations ?? history.losses.last;
  return share === 0 ? 0 : Math.max(MIN_SPAN, share * whole);
}

/**
 * The learning rate at each place of the losses, where it is known: from the
 * iterations, or from the settings if no iteration tells of one.
 *
 * @param {View} view
 * @returns {(number | null)[]}
 */
function learningRates({ about, history }) {
  return history.losses.buckets.learningRate
    .map((value) => value ?? about.learningRate);
}

/**
 * Says in words what the curves show.
 *
 * @param {View} view
 * @param {readonly number[]} smooth
 */
function describe({ about, history }, smooth) {
  const { facts, losses } = history;
  const { iteration } = losses.buckets;
  const first = smooth[0];
  const last = smooth.at(-1);
  box("loss-chart").setAttribute(
    "aria-label",
    first === undefined
      ? "Loss against iteration; there is none yet"
      : `Loss against iteration: ${short(first)} at iteration ${
        iteration[0]
      }, smoothed ${short(last)} at iteration ${iteration.at(-1)}`,
  );
  const check = facts.checks.at(-1);
  box("accuracy-chart").setAttribute(
    "aria-label",
    check
      ? `Accuracy against iteration: after epoch ${check.epoch} training ${
        percent(check.trainAccuracy)
      }, validation ${percent(check.valAccuracy)}`
      : "Accuracy against iteration; there is none yet",
  );
  const rates = learningRates({ about, history });
  box("rate-chart").setAttribute(
    "aria-label",
    `Learning rate against iteration: ${rateText(rates[0])} at first, ${
      rateText(rates.at(-1))
    } now`,
  );
}

/**
 * @param {string} id
 * @param {boolean} isEmpty
 * @param {string} text
 */
function showEmpty(id, isEmpty, text) {
  const chart = box(id);
  const found = chart.querySelector(".empty");
  if (!isEmpty) found?.remove();
  else if (found) found.textContent = text;
  else {
    const note = document.createElement("p");
    note.className = "empty";
    note.textContent = text;
    chart.append(note);
  }
}

/**
 * A range with a little room on both sides, within bounds.
 *
 * @param {number} low
 * @param {number} high
 * @param {number} least
 * @param {number} most
 * @returns {[number, number]}
 */
function padded(low, high, least, most) {
  const room = 0.06 * (high - low) || 0.05 * Math.abs(high) || 0.5;
  return [Math.max(least, low - room), Math.min(most, high + room)];
}

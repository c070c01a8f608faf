// Copyright 2026 the Convlab authors. MIT license.

// Puts the page together: what comes over the connection goes to its places.

import { follow } from "./connection.js";
import { startControls } from "./controls.js";
import { recentLoss, startCurves } from "./curves.js";
import { showExamples, showFilters } from "./figures.js";
import { clock, grouped, percent, rateText, short } from "./formats.js";

/** @import { View } from "./connection.js" */
/** @import { RunEvent, RunState } from "../protocol.ts" */

/** @type {Readonly<Record<RunState, string>>} */
const STATES = {
  training: "Training",
  paused: "Paused",
  stopping: "Stopping",
  evaluating: "Taking the last accuracies",
  finished: "Finished",
  stopped: "Stopped",
  failed: "Failed",
};

/**
 * @param {string} id
 * @returns {HTMLElement}
 */
function byId(id) {
  const found = document.getElementById(id);
  if (found) return found;
  throw new Error(`There is no ${id}`);
}

const showControls = startControls();
const showCurves = startCurves();
/** @type {View | undefined} */
let view;
let isConnected = false;
let announced = "";
let shownLines = 0;
let shownState = "";

follow((news, events) => {
  const isFirst = events.length === 0;
  view = news;
  if (isFirst) showAbout(news);
  showNews(news, events, isFirst);
}, (connected) => {
  isConnected = connected;
  if (view) showStatus(view);
  else if (!connected) {
    say("The page cannot reach its server. It tries again.");
  }
});

/** @param {View} view */
function showAbout({ about }) {
  byId("name").textContent = about.name;
  byId("what").textContent = about.data;
  byId("model").textContent = about.model;
  byId("settings").replaceChildren(
    ...about.settings.flatMap(([name, value]) => pair(name, value)),
  );
}

/**
 * @param {View} view
 * @param {readonly RunEvent[]} events
 * @param {boolean} isFirst
 */
function showNews(view, events, isFirst) {
  const { about, history: { facts } } = view;
  const has = (/** @type {RunEvent["kind"][]} */ ...kinds) =>
    isFirst || events.some(({ kind }) => kinds.includes(kind));
  const state = facts.status?.state ?? "";
  if (has("points", "check", "rate", "reset") || state !== shownState) {
    showCurves(view);
  }
  shownState = state;
  const live = about.canControl;
  if (has("filters")) {
    showFilters(
      byId("filters"),
      byId("filters-note"),
      facts.filters,
      live
        ? "They come with the first iterations, if the network begins with a convolution over 1 or 3 channels"
        : "There are none to show: the run has no parameters yet, or does not begin with a convolution over 1 or 3 channels",
    );
  }
  if (has("examples", "predictions")) {
    showExamples(
      byId("examples"),
      byId("examples-note"),
      facts,
      live
        ? "They come with the first iterations, if there are validation images"
        : "They are shown while the network is trained",
    );
  }
  if (has("log", "reset")) showLog(view, isFirst || has("reset"));
  showStatus(view);
}

/**
 * @param {View} view
 * @param {boolean} isAnew
 */
function showLog({ history: { facts } }, isAnew) {
  const log = byId("log");
  const { lines, linesBefore } = facts;
  const isAtEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 24;
  const total = linesBefore + lines.length;
  const fresh = total - shownLines;
  if (isAnew || fresh < 0 || linesBefore > 0) {
    log.textContent = lines.map((line) => `${line}\n`).join("");
  } else if (fresh > 0) {
    log.append(lines.slice(-fresh).map((line) => `${line}\n`).join(""));
  }
  shownLines = total;
  byId("log-note").textContent = linesBefore > 0
    ? `the last ${grouped(lines.length)} of ${grouped(total)} lines`
    : total === 0
    ? "empty so far"
    : "";
  if (isAtEnd || isAnew) log.scrollTop = log.scrollHeight;
}

/** @param {View} view */
function showStatus(view) {
  const { about, history } = view;
  const { facts, losses } = history;
  const { status, checks, final } = facts;
  const isOver = status?.isLast === true;
  const isLost = !isConnected && !isOver;
  const state = byId("state");
  const name = isLost
    ? "Not connected"
    : status
    ? STATES[status.state]
    : "Waiting for news";
  if (state.textContent !== name) state.textContent = name;
  state.dataset.state = isLost ? "lost" : status?.state ?? "connecting";
  showControls(about, status, isConnected);
  showNotice(view, isLost);

  const iteration = Math.max(status?.iteration ?? 0, losses.last);
  const epoch = Math.max(status?.epoch ?? 0, checks.at(-1)?.epoch ?? 0);
  const part = about.iterations ? Math.min(1, iteration / about.iterations) : 0;
  const progress = /** @type {HTMLProgressElement} */ (byId("progress"));
  progress.hidden = !about.iterations;
  progress.value = part;
  document.title = about.iterations && !isOver && status?.state !== "finished"
    ? `${Math.floor(100 * part)} % · ${about.name} · Convlab`
    : `${about.name} · Convlab`;

  const best = checks.reduce(
    (found, check) =>
      check.valAccuracy !== null &&
        check.valAccuracy > (found?.valAccuracy ?? -1)
        ? check
        : found,
    checks[0],
  );
  const { loss, isFar } = recentLoss(view);
  const of = (/** @type {number | null} */ n) =>
    n === null ? "" : `of ${grouped(n)}`;
  /** @type {(readonly [string, string, string])[]} */
  const rows = [
    ["Iteration", grouped(iteration), of(about.iterations)],
    ["Epoch", grouped(epoch), of(about.epochs)],
    [
      "Loss",
      short(loss),
      facts.divergedAt === null
        ? isFar ? "⚠ diverges: far above the first" : "smoothed"
        : `not finite at ${grouped(facts.divergedAt)}`,
    ],
    best && best.valAccuracy !== null
      ? [
        "Best validation",
        percent(best.valAccuracy),
        `after epoch ${grouped(best.epoch)}`,
      ]
      : checks.length > 0
      ? [
        "Training accuracy",
        percent(checks.at(-1)?.trainAccuracy),
        "no validation images",
      ]
      : ["Best validation", "–", "before the first check"],
  ];
  if (final) {
    rows.push(
      [
        "Test accuracy",
        percent(final.testAccuracy),
        final.testAccuracy === null ? "no test images" : "of what was kept",
      ],
      ["Trained for", clock(final.seconds), "pauses left out"],
    );
  } else if (status && typeof status.seconds === "number") {
    rows.push(
      [
        "Images a second",
        status.state === "paused" || status.imagesPerSecond === null
          ? "–"
          : grouped(status.imagesPerSecond),
        `learning rate ${rateText(status.learningRate)}`,
      ],
      [
        "Time left",
        status.state === "training" ? clock(status.secondsLeft) : "–",
        `${clock(status.seconds)} so far`,
      ],
    );
  }
  byId("facts").replaceChildren(...rows.map(([name, value, more]) => {
    const row = document.createElement("div");
    const [term, description] = pair(name, value);
    if (more) {
      const small = document.createElement("small");
      small.textContent = more;
      description.append(small);
    }
    row.append(term, description);
    return row;
  }));
  const text = `${name}, iteration ${grouped(iteration)}`;
  const key = `${name}${facts.rates.length}`;
  if (announced !== key) {
    const change = facts.rates.at(-1);
    byId("announcement").textContent = announced.startsWith(name) && change
      ? `Learning rate ${rateText(change.learningRate)}`
      : text;
    announced = key;
  }
}

/**
 * @param {View} view
 * @param {boolean} isLost
 */
function showNotice({ history: { facts } }, isLost) {
  const { note = "", command = "" } = facts.status ?? {};
  if (isLost) {
    say(
      "The connection is lost: the program has ended, or the network is down. What was there so far stays, and the page tries again.",
    );
  } else say(note, command);
}

/**
 * Shows a notice; an empty one goes.
 *
 * @param {string} text
 * @param {string} [command] Something to type.
 */
function say(text, command = "") {
  const notice = byId("notice");
  const whole = command ? `${text} ${command}` : text;
  if (notice.textContent === whole) return;
  notice.replaceChildren(text);
  if (command) {
    const code = document.createElement("code");
    code.textContent = command;
    notice.append(" ", code);
  }
  notice.hidden = whole === "";
}

/**
 * @param {string} name
 * @param {string} value
 * @returns {[HTMLElement, HTMLElement]}
 */
function pair(name, value) {
  const term = document.createElement("dt");
  const description = document.createElement("dd");
  term.textContent = name;
  description.textContent = value;
  return [term, description];
}

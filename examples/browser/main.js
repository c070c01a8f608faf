// Copyright 2026 the Convlab authors. MIT license.

/**
 * The page: a form, and what the worker that trains tells.
 *
 * @module
 */

import { Chart } from "./chart.js";
import { showImages } from "./images.js";

/** @import { News, Order, Wish } from "./messages.ts" */

/** How much of the loss so far stays in its smoothed line with each iteration. */
const SMOOTHING = 0.9;

/** @param {string} id */
const element = (id) => document.getElementById(id);
const form = element("form");
const fields = {
  model: element("model"),
  epochs: element("epochs"),
  rate: element("rate"),
  threads: element("threads"),
};
const buttons = {
  start: element("start"),
  pause: element("pause"),
  stop: element("stop"),
};
const lossChart = new Chart(element("loss-chart"), {
  title: "Loss",
  lines: [
    { name: "each batch", classes: "faint", dots: false },
    { name: "smoothed", classes: "", dots: false },
  ],
  format: (value) => value.toFixed(1),
});
const accuracyChart = new Chart(element("accuracy-chart"), {
  title: "Accuracy",
  lines: [
    { name: "training", classes: "", dots: true },
    { name: "validation", classes: "second", dots: true },
  ],
  top: 1,
  format: (value) => `${Math.round(100 * value)} %`,
});

/** @type {"loading" | "idle" | "training" | "paused"} */
let state = "loading";
/** @type {readonly string[]} */
let classNames = [];
let iterations = 1;
let iterationsPerEpoch = 1;
/** @type {number | undefined} */
let smoothed;
let drawn = 0;

const worker = new Worker("trainer.js", { type: "module", name: "trainer" });
/** @param {Order} order */
const send = (order) => worker.postMessage(order);
worker.onmessage = ({ data }) => take(data);
worker.onerror = (event) => {
  event.preventDefault();
  setState("loading");
  say(`Cannot train here: ${event.message ?? "the worker did not start"}`);
};

for (let threads = 1; threads <= navigator.hardwareConcurrency; threads++) {
  fields.threads.add(new Option(String(threads)));
}
fields.threads.value = String(navigator.hardwareConcurrency);

let typing;
fields.model.addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(() => send({ type: "check", wish: wish() }), 200);
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (state !== "idle" || !isComplete()) return;
  send({ type: "start", wish: wish() });
  setState("training");
  say("Starting …");
});
buttons.pause.addEventListener("click", () => {
  const pausing = state === "training";
  send({ type: pausing ? "pause" : "resume" });
  setState(pausing ? "paused" : "training");
  say(pausing ? "Paused." : "Training goes on.");
});
buttons.stop.addEventListener("click", () => send({ type: "stop" }));

/** @returns {Wish} */
function wish() {
  return {
    model: fields.model.value,
    epochs: fields.epochs.valueAsNumber,
    learningRate: fields.rate.valueAsNumber,
    threads: Number(fields.threads.value),
  };
}

/** Whether all numbers are in range; says which is not. */
function isComplete() {
  for (const field of [fields.epochs, fields.rate, fields.model]) {
    const fine = field.checkValidity();
    field.setAttribute("aria-invalid", String(!fine));
    if (fine) continue;
    const label = field.labels[0].textContent;
    say(
      field === fields.model
        ? "These layers cannot be trained."
        : `${label}: ${field.validationMessage}`,
    );
    field.focus();
    return false;
  }
  return true;
}

/** @param {News} news */
function take(news) {
  switch (news.type) {
    case "ready":
      classNames = news.classNames;
      element("count").textContent = count(news.trainingImages);
      showImages(element("images"), news.images, classNames);
      element("limitation").hidden = news.limitation === undefined;
      element("limitation").textContent = `On one thread: ${news.limitation}`;
      fields.threads.disabled = news.limitation !== undefined;
      setState("idle");
      say(`Ready: ${news.engine}.`);
      return send({ type: "check", wish: wish() });
    case "checked":
      return showCheck(news);
    case "started":
      iterations = news.iterations;
      iterationsPerEpoch = news.iterationsPerEpoch;
      smoothed = undefined;
      drawn = 0;
      lossChart.clear(iterations);
      accuracyChart.clear(iterations);
      for (const id of ["validation", "test"]) element(id).textContent = "–";
      return say(
        `Training ${count(news.parameters)} parameters on ${news.engine}.`,
      );
    case "progress":
      return showProgress(news);
    case "accuracy": {
      const { iteration, epoch, trainAccuracy, valAccuracy } = news;
      accuracyChart.add(0, iteration, trainAccuracy);
      accuracyChart.add(1, iteration, valAccuracy);
      element("validation").textContent = percent(valAccuracy);
      if (epoch === undefined || epoch === 0) return;
      return say(
        `Epoch ${epoch} of ${
          iterations / iterationsPerEpoch
        }: validation accuracy ${percent(valAccuracy)}.`,
      );
    }
    case "ended":
      element("test").textContent = percent(news.testAccuracy);
      element("images-heading").textContent =
        "Test images, and what they are taken for";
      showImages(element("images"), news.images, classNames, news.guesses);
      setState("idle");
      return say(
        `${news.iteration < iterations ? "Stopped" : "Done"} after ${
          count(news.iteration)
        } iterations in ${news.seconds.toFixed(1)} s: ${
          percent(news.testAccuracy)
        } of the test images are right.`,
      );
    case "failed":
      setState("idle");
      return say(news.message);
  }
}

/** @param {News & { type: "checked" }} news */
function showCheck(news) {
  if (news.model !== fields.model.value) return; // It has changed since.
  const wrong = news.error !== undefined;
  fields.model.setCustomValidity(news.error ?? "");
  fields.model.setAttribute("aria-invalid", String(wrong));
  const note = element("model-note");
  note.className = wrong ? "note wrong" : "note";
  note.textContent = news.error ?? `${count(news.parameters)} parameters`;
}

/** @param {News & { type: "progress" }} news */
function showProgress(news) {
  for (const loss of news.losses) {
    drawn++;
    smoothed = smoothed === undefined
      ? loss
      : SMOOTHING * smoothed + (1 - SMOOTHING) * loss;
    lossChart.add(0, drawn, loss);
    lossChart.add(1, drawn, smoothed);
  }
  element("bar").value = news.iteration / iterations;
  element("iteration").textContent = `${count(news.iteration)} of ${
    count(iterations)
  }`;
  element("speed").textContent = count(Math.round(news.imagesPerSecond));
  if (smoothed !== undefined) element("loss").textContent = smoothed.toFixed(3);
}

function setState(next) {
  state = next;
  const busy = state === "training" || state === "paused";
  buttons.start.disabled = state !== "idle";
  buttons.pause.disabled = buttons.stop.disabled = !busy;
  buttons.pause.textContent = state === "paused" ? "Resume" : "Pause";
}

function say(text) {
  element("status").textContent = text;
}

function count(number) {
  return number.toLocaleString("en");
}

function percent(share) {
  return `${(100 * share).toFixed(share === 0 || share === 1 ? 0 : 1)} %`;
}

// Copyright 2026 the Convlab authors. MIT license.

// The filters and the examples.

import { drawPictures, pictureCanvas } from "./pictures.js";

/** @import { Examples, Filters, Predictions } from "../protocol.ts" */

/**
 * Shows the filters, or why there are none.
 *
 * @param {HTMLElement} box
 * @param {HTMLElement} note
 * @param {Filters | null} filters
 * @param {string} why
 */
export function showFilters(box, note, filters, why) {
  if (!filters) {
    note.textContent = "";
    box.removeAttribute("role");
    box.replaceChildren(empty("p", why));
    return;
  }
  const { count, total, width, height, channels, iteration } = filters;
  if (box.querySelectorAll("canvas").length !== count) {
    box.replaceChildren(...Array.from({ length: count }, pictureCanvas));
  }
  drawPictures(filters, [...box.querySelectorAll("canvas")]);
  const number = count === total ? `${total}` : `${count} of ${total}`;
  const colour = channels === 3 ? "in colour" : "in grey";
  note.textContent = `${number} of ${width} × ${height}`;
  box.setAttribute("role", "img");
  box.setAttribute(
    "aria-label",
    `${number} filters of ${width} by ${height} ${colour}, after iteration ${iteration}`,
  );
}

/**
 * Shows the examples with what the network takes them for, or why there are none.
 *
 * @param {HTMLElement} list
 * @param {HTMLElement} note
 * @param {{ examples: Examples | null, predictions: Predictions | null }} facts
 * @param {string} why
 */
export function showExamples(list, note, { examples, predictions }, why) {
  if (!examples) {
    note.textContent = "";
    list.replaceChildren(empty("li", why));
    return;
  }
  const { labels, classNames } = examples;
  if (list.querySelectorAll("canvas").length !== labels.length) {
    list.replaceChildren(...labels.map((label) => {
      const item = document.createElement("li");
      const truth = element("p", "truth", classNames[label] ?? String(label));
      truth.title = truth.textContent;
      const text = element("div", "", "");
      text.append(truth, element("div", "guesses", ""));
      item.append(pictureCanvas(), text);
      item.className = "example";
      return item;
    }));
    drawPictures(examples, [...list.querySelectorAll("canvas")]);
  }
  let right = 0;
  [...list.children].forEach((item, n) => {
    const label = labels[n];
    const best = predictions?.guesses[n];
    const isRight = best?.[0] === label;
    if (isRight) right++;
    item.className = `example ${best ? isRight ? "right" : "wrong" : ""}`;
    const box = item.querySelector(".guesses");
    if (!box || !best) return;
    const name = classNames[best[0]] ?? String(best[0]);
    box.replaceChildren(guess(name, best[1], isRight));
  });
  note.textContent = predictions
    ? `${right} of ${labels.length} right after iteration ${
      predictions.iteration.toLocaleString("en-US")
    }`
    : "";
}

/**
 * @param {string} name
 * @param {number} probability
 * @param {boolean} isRight
 */
function guess(name, probability, isRight) {
  const row = element("div", "guess", "");
  const text = element("span", "", "");
  const mark = element("span", "mark", isRight ? "✓ " : "✗ ");
  mark.setAttribute("aria-label", isRight ? "right: " : "wrong: ");
  mark.setAttribute("role", "img");
  text.append(mark, name);
  text.title = name;
  const meter = document.createElement("meter");
  meter.value = probability;
  meter.setAttribute("aria-hidden", "true");
  row.append(
    text,
    element("span", "", `${Math.round(100 * probability)} %`),
    meter,
  );
  return row;
}

/**
 * @param {string} tag
 * @param {string} className
 * @param {string} text
 */
function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.textContent = text;
  return made;
}

/**
 * @param {string} tag
 * @param {string} text
 */
function empty(tag, text) {
  return element(tag, "empty", text);
}

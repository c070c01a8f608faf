// Copyright 2026 the Convlab authors. MIT license.

/**
 * Lists images, with what they are and what they are taken for.
 *
 * @module
 */

/** @import { Guess, Thumbnails } from "./messages.ts" */

/**
 * Fills a list with images.
 *
 * @param {HTMLElement} list
 * @param {Thumbnails} images
 * @param {readonly string[]} classNames
 * @param {readonly Guess[]} [guesses] What each is taken for, if anything yet.
 */
export function showImages(list, images, classNames, guesses) {
  list.replaceChildren(...images.labels.map((label, i) => {
    const name = classNames[label];
    const item = document.createElement("li");
    item.append(drawing(images, i, name));
    const guess = guesses?.[i];
    if (guess === undefined) {
      item.append(span("", name));
      return item;
    }
    const right = guess.label === label;
    const percent = Math.round(100 * guess.probability);
    item.append(span(
      right ? "right" : "wrong",
      `${right ? "✓" : "✗"} ${classNames[guess.label]}, ${percent}\u00a0%`,
    ));
    if (!right) item.append(span("truth", `is: ${name}`));
    return item;
  }));
}

function drawing({ bytes, side }, index, name) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = side;
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", name);
  const context = canvas.getContext("2d");
  const image = context.createImageData(side, side);
  for (let i = 0; i < side * side; i++) {
    const grey = bytes[index * side * side + i];
    image.data.set([grey, grey, grey, 255], 4 * i);
  }
  context.putImageData(image, 0, 0);
  return canvas;
}

function span(className, text) {
  const element = document.createElement("span");
  element.className = className;
  element.textContent = text;
  return element;
}

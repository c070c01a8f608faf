// Copyright 2026 the Convlab authors. MIT license.

// Small images from bytes.

/** @import { Pictures } from "../protocol.ts" */

/**
 * Draws images, each on a canvas of its own.
 *
 * @param {Pictures} pictures
 * @param {readonly HTMLCanvasElement[]} canvases As many as there are images.
 */
export function drawPictures({ channels, width, height, pixels }, canvases) {
  const bytes = Uint8Array.from(atob(pixels), (letter) => letter.charCodeAt(0));
  const area = width * height;
  canvases.forEach((canvas, n) => {
    if (canvas.width !== width) canvas.width = width;
    if (canvas.height !== height) canvas.height = height;
    const context = canvas.getContext("2d");
    if (!context) return;
    const image = context.createImageData(width, height);
    for (let i = 0; i < area; i++) {
      const at = (n * area + i) * channels;
      for (let c = 0; c < 3; c++) {
        image.data[4 * i + c] = bytes[at + (channels === 1 ? 0 : c)] ?? 0;
      }
      image.data[4 * i + 3] = 255;
    }
    context.putImageData(image, 0, 0);
  });
}

/** A canvas that is told of by what is around it. */
export function pictureCanvas() {
  const canvas = document.createElement("canvas");
  canvas.className = "picture";
  canvas.setAttribute("aria-hidden", "true");
  return canvas;
}

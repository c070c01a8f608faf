// Copyright 2026 the Convlab authors. MIT license.

/**
 * `visualize convolve`: photos in grey, and their edges.
 *
 * @module
 */

import { convolvedPhotos } from "../../views/photos.ts";
import type { FigureKind } from "./figure_kind.ts";
import { ownPhotos, readPhoto } from "./photos.ts";

/** The kind. */
export const convolve: FigureKind = {
  takes: "",
  arguments: [0, 0],
  options: ["images"],
  plan: (_, { images }) => ({
    path: "convolve.png",
    describe: () =>
      convolvedPhotos(images.length > 0 ? images.map(readPhoto) : ownPhotos()),
  }),
};

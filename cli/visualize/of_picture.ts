// Copyright 2026 the Convlab authors. MIT license.

/**
 * `visualize activations` and `saliency`: what a network makes of a picture.
 *
 * @module
 */

import { basename, extname, join } from "@std/path";
import type { Image } from "../../data/image.ts";
import type { Figure } from "../../figures/figure.ts";
import type { TrainedNetwork } from "../../training/trained_network.ts";
import { activationsOf } from "../../views/activations.ts";
import { saliencyOf } from "../../views/saliency.ts";
import { UsageError } from "../exit.ts";
import { openTrained } from "../trained.ts";
import { unknownWord } from "../words.ts";
import type { FigureKind, FigureOptions } from "./figure_kind.ts";
import { readPhoto } from "./photos.ts";

/** The feature maps of each layer. */
export const activations = ofPicture(
  "activations",
  ["maps"],
  (trained, image, { maps }, title) =>
    activationsOf(trained, image, { maps, title }),
);

/** Which pixels a class hangs on. */
export const saliency = ofPicture(
  "saliency",
  ["class", "samples"],
  (trained, image, { class: name, samples }, title) =>
    saliencyOf(trained, image, {
      label: name === undefined ? undefined : labelOf(name, trained),
      ...{ samples, title },
    }),
);

function ofPicture(
  kind: string,
  options: readonly (keyof FigureOptions)[],
  describe: (
    trained: TrainedNetwork,
    image: Image,
    options: FigureOptions,
    title: string,
  ) => Figure,
): FigureKind {
  return {
    takes: "RUN IMAGE",
    arguments: [2, 2],
    options,
    plan([name = "", file = ""], options, { stderr }) {
      const { run, trained } = openTrained(name, options.runsDir, stderr);
      const image = readPhoto(file);
      const picture = basename(file, extname(file));
      return {
        path: join(run.path, `${kind}-${picture}.png`),
        describe: () =>
          describe(trained, image, options, `${run.name}, ${basename(file)}`),
      };
    },
  };
}

/** The class of a name. */
function labelOf(name: string, { classNames }: TrainedNetwork): number {
  const label = classNames.indexOf(name);
  if (label !== -1) return label;
  throw new UsageError(
    `${unknownWord("class", name, classNames)} (this network knows ${
      classNames.join(", ")
    })`,
  );
}

// Copyright 2026 the Convlab authors. MIT license.

/**
 * `visualize`: photos convolved, a network's filters, and the curves of a run.
 *
 * @module
 */

import { join } from "@std/path";
import { type Figure, renderFigure } from "../figures/figure.ts";
import { writeFileAtomically } from "../training/atomic_file.ts";
import { RunFolder } from "../training/run_folder.ts";
import { defineCommand } from "./command.ts";
import { curvesOf } from "../views/curves.ts";
import { filtersOf } from "../views/filters.ts";
import { convolvedPhotos } from "../views/photos.ts";
import { ExitCode, UsageError } from "./exit.ts";
import { prepareOutput } from "./files.ts";
import { showPreview } from "./preview.ts";
import { ownPhotos, readPhoto } from "./visualize/photos.ts";

export default defineCommand({
  examples: [
    { args: "convolve", help: "Two photos in grey, and their edges" },
    {
      args: "convolve --images cat.jpg dog.png -o edges.svg",
      help: "The same with photos of your own",
    },
    {
      args: "filters RUN",
      help: "The first-layer filters of a trained network",
    },
    { args: "curves RUN", help: "Loss and accuracies of a run" },
  ],
  notes:
    "RUN is a run's name or its folder. Figures of a run go into its folder unless --output says otherwise; a terminal that can show it gets a preview.",
  positionals: {
    figure: {
      choices: ["convolve", "filters", "curves"],
      help: "What to draw",
    },
    run: { optional: true, help: "A run's name or folder (filters, curves)" },
  },
  options: {
    output: {
      kind: "string",
      alias: "o",
      placeholder: "FILE",
      help: "Where to write the figure (.png or .svg)",
    },
    images: {
      kind: "string",
      placeholder: "FILE",
      repeatable: true,
      count: 2,
      help: "Two photos for convolve, PNG or JPEG",
    },
    width: {
      kind: "integer",
      min: 100,
      max: 8000,
      help: "Width in pixels; by default 1440 as PNG and 720 as SVG",
    },
    theme: {
      kind: "choice",
      choices: ["light", "dark"],
      default: "light",
      help: "Colours",
    },
    runsDir: {
      kind: "string",
      placeholder: "DIR",
      default: "runs",
      help: "Folder of all runs",
    },
  },
  async run({ options, positionals, ...streams }) {
    const { images, width, theme, runsDir } = options;
    const { figure: kind, run: name } = positionals;
    let draw: () => Figure;
    let path: string;
    if (kind === "convolve") {
      if (name !== undefined) {
        throw new UsageError(
          `Expected no run with convolve but found "${name}"; photos are given by --images`,
        );
      }
      path = options.output ?? "convolve.png";
      draw = () =>
        convolvedPhotos(
          images.length > 0 ? images.map(readPhoto) : ownPhotos(),
        );
    } else {
      if (images.length > 0) {
        throw new UsageError(`Expected no --images with ${kind}`);
      }
      if (name === undefined) {
        throw new UsageError(
          `Expected the name or folder of a run after ${kind}`,
        );
      }
      const run = RunFolder.open(name, runsDir);
      path = options.output ?? join(run.path, `${kind}.png`);
      draw = () => kind === "filters" ? filtersOf(run) : curvesOf(run);
    }
    const format = prepareOutput(path, ["png", "svg"]);
    const figure = draw();
    const size = width === undefined ? {} : { width };
    writeFileAtomically(
      path,
      await renderFigure(figure, { format, theme, ...size }),
    );
    showPreview(figure, streams);
    streams.stdout.line(path);
    return ExitCode.success;
  },
});

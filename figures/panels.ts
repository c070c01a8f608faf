// Copyright 2026 the Convlab authors. MIT license.

/**
 * Draws the panels of a chart so that their plots are aligned.
 *
 * @module
 */

import type { Panel } from "./chart.ts";
import { missingNote } from "./chart_values.ts";
import { layoutHeading } from "./heading.ts";
import { drawLegend } from "./legend.ts";
import { drawLabels } from "./point_labels.ts";
import { panelSpec } from "./panel_spec.ts";
import { textElements, translate } from "./svg.ts";
import { FONT_SIZE } from "./theme.ts";
import type { Theme } from "./theme.ts";
import { drawSpec } from "./vega.ts";
import type { Drawing } from "./vega.ts";

/** A drawn panel. */
export interface PanelDrawing {
  readonly height: number;
  /** SVG elements, to be placed at the left end of the space for panels. */
  readonly content: string;
}

/** A guess of the room that the vertical axis takes. */
const TRIAL_ROOM = 50;
/** Height of a plot in its widths, alone and among others, and what it has at least. */
const ASPECT = { single: 0.56, stacked: 0.36 } as const;
const MIN_PLOT_HEIGHT = 130;
/** Space between the head of a panel and its plot. */
const HEAD_GAP = 8;

/**
 * Draws panels, all `width` wide.
 *
 * @param panels Valid panels.
 * @param width Width of each with its axes.
 * @param theme The colours.
 */
export async function drawPanels(
  panels: readonly Panel[],
  width: number,
  theme: Theme,
): Promise<PanelDrawing[]> {
  // How much room the axes take is known only once they are drawn.
  const trialWidth = width - TRIAL_ROOM;
  const trials = await drawPlots(panels, trialWidth, theme);
  const left = Math.max(...trials.map((trial) => trial.left));
  const right = Math.max(
    ...trials.map((trial) => trial.width - trial.left - trialWidth),
  );
  const plotWidth = width - left - right;
  const plots = await drawPlots(panels, plotWidth, theme);
  const size = { width: plotWidth, height: plotHeight(panels, plotWidth) };
  return plots.map((plot, p) => {
    const head = drawHead(panels[p]!, plotWidth, theme);
    return {
      height: head.height + plot.height,
      content: translate(left, 0, head.content) +
        translate(left - plot.left, head.height, plot.content) +
        translate(
          left,
          head.height + plot.top,
          drawLabels(panels[p]!, plot, size, theme),
        ),
    };
  });
}

function drawPlots(
  panels: readonly Panel[],
  width: number,
  theme: Theme,
): Promise<Drawing[]> {
  const height = plotHeight(panels, width);
  return Promise.all(
    panels.map((panel) => drawSpec(panelSpec(panel, { width, height }, theme))),
  );
}

function plotHeight(panels: readonly Panel[], width: number): number {
  const aspect = panels.length === 1 ? ASPECT.single : ASPECT.stacked;
  return Math.max(MIN_PLOT_HEIGHT, Math.round(width * aspect));
}

/** Title, note and legend, which stand above the plot and begin where it does. */
function drawHead(panel: Panel, width: number, theme: Theme): PanelDrawing {
  const heading = layoutHeading({
    title: panel.title,
    subtitle: missingNote(panel),
    fontSize: { title: FONT_SIZE.heading, subtitle: FONT_SIZE.label },
    x: 0,
    y: 0,
    width,
  });
  const legend = drawLegend(panel.series, width, theme);
  const height = heading.height + legend.height;
  return {
    height: height > 0 ? height + HEAD_GAP : 0,
    content: textElements(heading.texts, theme) +
      translate(0, heading.height, legend.content),
  };
}

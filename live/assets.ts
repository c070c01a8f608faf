// Copyright 2026 the Convlab authors. MIT license.

/**
 * The files of the page. They are part of the program, so serving them needs no
 * permission, and nothing is loaded from anywhere else.
 *
 * @module
 */

import chartScript from "uplot/dist/uPlot.esm.js" with { type: "text" };
import chartStyle from "uplot/dist/uPlot.min.css" with { type: "text" };
import charts from "./page/charts.js" with { type: "text" };
import connection from "./page/connection.js" with { type: "text" };
import controls from "./page/controls.js" with { type: "text" };
import curves from "./page/curves.js" with { type: "text" };
import figures from "./page/figures.js" with { type: "text" };
import formats from "./page/formats.js" with { type: "text" };
import icon from "./page/icon.svg" with { type: "text" };
import index from "./page/index.html" with { type: "text" };
import losses from "./page/loss_series.js" with { type: "text" };
import main from "./page/main.js" with { type: "text" };
import pictures from "./page/pictures.js" with { type: "text" };
import history from "./page/run_history.js" with { type: "text" };
import style from "./page/style.css" with { type: "text" };

/** A file and its type. */
export interface Asset {
  readonly text: string;
  readonly type: string;
}

const HTML = "text/html; charset=utf-8";
const CSS = "text/css; charset=utf-8";
const SCRIPT = "text/javascript; charset=utf-8";

const SCRIPTS = {
  ...{ charts, connection, controls, curves, figures, formats, main, pictures },
  ...{ loss_series: losses, run_history: history, uplot: chartScript },
};

/** The files by their paths in the page; the page itself has the empty path. */
export const ASSETS: ReadonlyMap<string, Asset> = new Map([
  ["", { text: index, type: HTML }],
  ["style.css", { text: style, type: CSS }],
  ["uplot.css", { text: chartStyle, type: CSS }],
  ["icon.svg", { text: icon, type: "image/svg+xml" }],
  ...Object.entries(SCRIPTS).map(([name, text]) =>
    // A browser finds no package by its name.
    [`${name}.js`, {
      text: text.replaceAll('from "uplot"', 'from "./uplot.js"'),
      type: SCRIPT,
    }] as const
  ),
]);

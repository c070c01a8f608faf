// Copyright 2026 the Convlab authors. MIT license.

/**
 * Draws specifications of Vega-Lite, which is loaded when the first is drawn.
 *
 * @module
 */

import type { TopLevelSpec } from "vega-lite";
import { textWidth } from "./text.ts";
import { FONT_FAMILY } from "./theme.ts";

/** A drawing, with the place of the plot between the axes. */
export interface Drawing {
  /** Width of everything. */
  readonly width: number;
  /** Height of everything. */
  readonly height: number;
  /** What is left of the plot: the title and the numbers of the vertical axis. */
  readonly left: number;
  /** SVG elements. */
  readonly content: string;
}

/** What is used of the two libraries. */
interface Vega {
  readonly View: typeof import("vega").View;
  readonly parse: typeof import("vega").parse;
  readonly compile: typeof import("vega-lite").compile;
}

/** How Vega measures text, which its types leave out. */
interface TextMetrics {
  width(item: TextItem, text: string): number;
}

/** The part of a text in Vega's scene graph that its width depends on. */
interface TextItem {
  readonly font?: string;
  readonly fontSize?: number;
  readonly fontWeight?: number | string;
  /** Width at which Vega truncates it; 0 for none. */
  readonly limit?: number;
}

/** The head of Vega's SVG: its size, and the first group, which begins where the plot does. */
const HEAD =
  /^<svg[^>]* width="([\d.]+)" height="([\d.]+)"[^>]*>.*?<g [^>]*transform="translate\(([\d.]+),/;

let loading: Promise<Vega> | undefined;

/** Draws one specification. */
export async function drawSpec(spec: TopLevelSpec): Promise<Drawing> {
  const { View, parse, compile } = await (loading ??= loadVega());
  const view = new View(parse(compile(spec).spec), { renderer: "none" });
  try {
    const svg = await view.toSVG();
    const [width, height, left] = (HEAD.exec(svg) ?? []).slice(1).map(Number);
    return {
      width: width!,
      height: height!,
      left: left!,
      content: svg.slice(svg.indexOf(">") + 1, svg.lastIndexOf("</svg>")),
    };
  } finally {
    view.finalize();
  }
}

async function loadVega(): Promise<Vega> {
  const [vega, { compile }] = await Promise.all([
    import("vega"),
    import("vega-lite"),
  ]);
  const { View, parse } = vega;
  if ("textMetrics" in vega) measureText(vega.textMetrics as TextMetrics);
  return { View, parse, compile };
}

/** Without a canvas Vega guesses widths; for our typeface they are known. */
function measureText(textMetrics: TextMetrics): void {
  const guess = textMetrics.width;
  textMetrics.width = (item, text) => {
    if (item.font !== FONT_FAMILY) return guess(item, text);
    const { fontSize = 11, fontWeight, limit = 0 } = item;
    const bold = Number(fontWeight) >= 600;
    const width = textWidth(String(text ?? ""), { fontSize, bold });
    return limit > 0 ? Math.min(width, limit) : width;
  };
}

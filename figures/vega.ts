// Copyright 2026 the Convlab authors. MIT license.

/**
 * Draws specifications of Vega-Lite, which is loaded when the first is drawn.
 *
 * @module
 */

import { textWidth } from "./text.ts";
import { FONT_FAMILY } from "./theme.ts";

/**
 * What stands before words in a specification, since Vega takes `valueOf` and
 * its like for something else. It is neither drawn nor measured.
 */
export const WORD = "\u2063";

/** A specification in Vega-Lite's grammar (https://vega.github.io/vega-lite/docs/spec.html), or a part of one. */
export type VegaLiteSpec = Readonly<Record<string, unknown>>;

/** A drawing, with the place of the plot between the axes. */
export interface Drawing {
  /** Width of everything. */
  readonly width: number;
  /** Height of everything. */
  readonly height: number;
  /** What is left of the plot: the title and the numbers of the vertical axis. */
  readonly left: number;
  /** What is above the plot, such as the upper half of a number at its top. */
  readonly top: number;
  /** SVG elements. */
  readonly content: string;
  /** Where values lie in the plot. */
  place(x: number, y: number): readonly [x: number, y: number];
}

/** The head of Vega's SVG: its size, and the first group, which begins where the plot does. */
const HEAD =
  /^<svg[^>]* width="([\d.]+)" height="([\d.]+)"[^>]*>.*?<g [^>]*transform="translate\(([\d.]+),([\d.]+)\)/;

type Vega = typeof import("./bundles/vega.js");

let loading: Promise<Vega> | undefined;

/** Draws one specification. */
export async function drawSpec(spec: VegaLiteSpec): Promise<Drawing> {
  const { View, parse, compile, expressionInterpreter } =
    await (loading ??= loadVega());
  const runtime = parse(compile(spec).spec, undefined, { ast: true });
  const view = new View(runtime, {
    renderer: "none",
    expr: expressionInterpreter,
  });
  try {
    const svg = await view.toSVG();
    const [x, y] = [view.scale("x"), view.scale("y")];
    const [width, height, left, top] = (HEAD.exec(svg) ?? []).slice(1).map(
      Number,
    );
    return {
      width: width!,
      height: height!,
      left: left!,
      top: top!,
      content: withOwnNames(
        svg.slice(svg.indexOf(">") + 1, svg.lastIndexOf("</svg>"))
          .replaceAll(WORD, ""),
      ),
      place: (valueX, valueY) => [x(valueX), y(valueY)],
    };
  } finally {
    view.finalize();
  }
}

/**
 * The drawing with names unlike those of any other, which may share its page.
 * Vega counts on from drawing to drawing; these are the same whenever it is drawn.
 */
function withOwnNames(svg: string): string {
  const found = [...svg.matchAll(/\bid="([^"]*)"/g)].map(([, name]) => name);
  const rename = (prefix: string) =>
    svg.replace(
      /(\bid="|url\(#)([^")]*)/g,
      (_, before, name) => `${before}${prefix}${found.indexOf(name)}`,
    );
  let hash = 0x811c9dc5; // FNV-1a of 32 bits: http://www.isthe.com/chongo/tech/comp/fnv/
  const plain = rename("");
  for (let i = 0; i < plain.length; i++) {
    hash = Math.imul(hash ^ plain.charCodeAt(i), 0x01000193);
  }
  return rename(`c${(hash >>> 0).toString(36)}-`);
}

async function loadVega(): Promise<Vega> {
  const vega = await import("./bundles/vega.js");
  measureText(vega.textMetrics);
  return vega;
}

/** Without a canvas Vega guesses widths; for our typeface they are known. */
function measureText(textMetrics: Vega["textMetrics"]): void {
  const guess = textMetrics.width;
  textMetrics.width = (item, text) => {
    if (item.font !== FONT_FAMILY) return guess(item, text);
    const { fontSize = 11, fontWeight, limit = 0 } = item;
    const bold = Number(fontWeight) >= 600;
    const width = textWidth(String(text ?? "").replaceAll(WORD, ""), {
      fontSize,
      bold,
    });
    return limit > 0 ? Math.min(width, limit) : width;
  };
}

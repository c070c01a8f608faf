// Copyright 2026 the Convlab authors. MIT license.

/**
 * Colours and sizes that all figures share.
 *
 * @module
 */

import type { Rgb } from "./ansi.ts";
import { autoTheme } from "./auto_theme.ts";
import { GREEN_BLUE, MAKO } from "./color_scale.ts";

/** Name of a set of colours; `"auto"` is whichever of the two the reader's system is set to. */
export type ThemeName = "light" | "dark" | "auto";

/** The colours of a figure, as CSS writes them. */
export interface Theme {
  /** Behind everything. */
  readonly background: string;
  /** Titles. */
  readonly text: string;
  /** Numbers along axes, and notes. */
  readonly mutedText: string;
  /** Lines of axes. */
  readonly axis: string;
  /** Lines of the grid. */
  readonly grid: string;
  /** One colour a series. */
  readonly series: readonly string[];
  /** Colours from the least value of a matrix to the greatest, at even distances. */
  readonly scale: readonly Rgb[];
  /** A style sheet that the colours need. */
  readonly style?: string;
  /** The themes that a theme chooses from when it is looked at. */
  readonly variants?: { readonly light: Theme; readonly dark: Theme };
}

/**
 * The colours of each theme. The series are told apart by colour-blind readers
 * too: they are Okabe and Ito's (https://jfly.uni-koeln.de/color/), on dark
 * ground lightened where they need it. Those that stand out best from the
 * background come first. Under simulated protanopia, deuteranopia and
 * tritanopia any two differ by 16 (light) and 10 (dark) in CIELAB.
 */
const PLAIN_THEMES: Readonly<Record<"light" | "dark", Theme>> = {
  light: {
    background: "#ffffff",
    text: "#1f2328",
    mutedText: "#59636e",
    axis: "#818b98",
    grid: "#e4e7eb",
    series: [
      "#0072b2",
      "#d55e00",
      "#009e73",
      "#cc79a7",
      "#56b4e9",
      "#e69f00",
      "#3b434b",
    ],
    scale: GREEN_BLUE,
  },
  dark: {
    background: "#0d1117",
    text: "#f0f6fc",
    mutedText: "#9198a1",
    axis: "#656c76",
    grid: "#262c36",
    series: [
      "#56b4e9",
      "#e69f00",
      "#2bc79a",
      "#e59ac5",
      "#f0e442",
      "#f0743e",
      "#eef2f6",
    ],
    scale: MAKO,
  },
};

/** The colours of each theme. */
export const THEMES: Readonly<Record<ThemeName, Theme>> = {
  ...PLAIN_THEMES,
  auto: autoTheme(PLAIN_THEMES.light, PLAIN_THEMES.dark),
};

/** How the lines and dots of a series look. */
export interface SeriesStyle {
  readonly color: string;
  /** Lengths of dashes and gaps of its line. */
  readonly dash: readonly [number, number];
}

const SOLID = [1, 0] as const;
const DASHED = [5, 3] as const;

/** How much of a faint series shows. */
export const FAINT_OPACITY = 0.38;

/** The style of a series. After the last colour they begin again, dashed. */
export function seriesStyle(theme: Theme, index: number): SeriesStyle {
  const count = theme.series.length;
  return {
    color: theme.series[index % count]!,
    dash: Math.floor(index / count) % 2 === 0 ? SOLID : DASHED,
  };
}

/** Typeface of PNG files, and of SVG files where the viewer has it. */
export const FONT_FAMILY =
  "Inter, system-ui, 'Segoe UI', 'Helvetica Neue', Arial, sans-serif";

/** Sizes of letters, in units of the layout. */
export const FONT_SIZE = { title: 15, heading: 13, label: 12 } as const;

/** Empty space around a figure, in units of the layout. */
export const MARGIN = 14;

/** A figure is laid out at its own width within these bounds, and scaled outside them. */
const LAYOUT_WIDTH = { min: 320, max: 720 } as const;

/**
 * The width in which a figure is laid out, where letters have
 * {@linkcode FONT_SIZE}: text stays readable in small figures and grows with
 * large ones.
 *
 * @param width Pixels of the figure.
 */
export function layoutWidthOf(width: number): number {
  return Math.min(LAYOUT_WIDTH.max, Math.max(LAYOUT_WIDTH.min, width));
}

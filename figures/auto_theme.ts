// Copyright 2026 the Convlab authors. MIT license.

/**
 * Colours that are chosen when a figure is looked at, by the setting of the
 * reader's system.
 *
 * @module
 */

import type { Theme } from "./theme.ts";

/** A theme whose colours are variables of a style sheet. */
export function autoTheme(light: Theme, dark: Theme): Theme {
  const style = `.convlab-figure{${variables(light)}}` +
    `.convlab-dark{display:none}@media (prefers-color-scheme:dark){` +
    `.convlab-figure{${variables(dark)}}.convlab-light{display:none}` +
    `.convlab-dark{display:inline}}`;
  return {
    background: variable("background"),
    text: variable("text"),
    mutedText: variable("muted"),
    axis: variable("axis"),
    grid: variable("grid"),
    series: light.series.map((_, s) => variable(s)),
    scale: light.scale,
    style,
    variants: { light, dark },
  };
}

/** A colour of the theme, as attributes take it. */
function variable(name: string | number): string {
  return `var(--convlab-${name})`;
}

/** The declarations of all variables. */
function variables(theme: Theme): string {
  const { background, text, mutedText, axis, grid, series } = theme;
  return Object.entries({
    ...{ background, text, muted: mutedText, axis, grid },
    ...series,
  }).map(([name, color]) => `--convlab-${name}:${color}`).join(";");
}

// Copyright 2026 the Convlab authors. MIT license.

/**
 * Puts a figure into an HTML page that needs nothing else.
 *
 * @module
 */

import { escapeXml } from "./text.ts";
import { THEMES } from "./theme.ts";
import type { ThemeName } from "./theme.ts";

/** Keeps a browser from loading or running anything, whatever the page says. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

/**
 * A page that shows a figure and nothing else.
 *
 * @param svg The figure.
 * @param title The page's title.
 * @param theme The figure's colours, which the page around it takes.
 */
export function htmlPage(svg: string, title: string, theme: ThemeName): string {
  const { light, dark } = THEMES;
  const background = theme === "auto"
    ? `body{background:${light.background}}@media (prefers-color-scheme:dark){body{background:${dark.background}}}`
    : `body{background:${THEMES[theme].background}}`;
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="${theme === "auto" ? "light dark" : theme}">
<title>${escapeXml(title)}</title>
<style>body{margin:0}svg{display:block;margin:0 auto;max-width:100%;height:auto}${background}</style>
</head>
<body>
${svg}</body>
</html>
`;
}

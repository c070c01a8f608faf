// Copyright 2026 the Convlab authors. MIT license.

/**
 * The page of a report: one file that needs nothing else.
 *
 * @module
 */

import { type Content, Html, markup } from "./html.ts";
import { STYLE } from "./style.ts";

/** Keeps a browser from loading or running anything, whatever the page says. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

/** A part of the page under a heading of its own. */
export interface Section {
  /** Its name in addresses. */
  readonly id: string;
  readonly title: string;
  readonly content: Content;
}

/** What the page is made of. */
export interface Page {
  readonly title: string;
  /** What stands below the title. */
  readonly lead: Content;
  readonly sections: readonly Section[];
  readonly footer: Content;
}

/** The page as HTML that is also XML. */
export function pageOf({ title, lead, sections, footer }: Page): string {
  const links = sections.map(({ id, title }) =>
    markup`<li><a href="#${id}">${title}</a></li>\n`
  );
  const parts = sections.map(({ id, title, content }) =>
    markup`<section aria-labelledby="${id}">
<h2 id="${id}">${title}</h2>
${content}</section>
`
  );
  const page = markup`<html lang="en" xmlns="http://www.w3.org/1999/xhtml">
<head>
<meta charset="utf-8"/>
<meta http-equiv="Content-Security-Policy" content="${POLICY}"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<meta name="color-scheme" content="light dark"/>
<title>${title} – Convlab</title>
<style>${new Html(STYLE)}</style>
</head>
<body>
<header>
<h1>${title}</h1>
${lead}<nav aria-label="Sections">
<ul>
${links}</ul>
</nav>
</header>
<main>
${parts}</main>
<footer>
${footer}</footer>
</body>
</html>
`;
  return `<!DOCTYPE html>\n${page.text}`;
}

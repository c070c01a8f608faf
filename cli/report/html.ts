// Copyright 2026 the Convlab authors. MIT license.

/**
 * HTML as template literals, in which every text is escaped unless it is HTML
 * already. What comes out is also XML.
 *
 * @module
 */

/** A piece of HTML. */
export class Html {
  /** The piece as text. */
  readonly text: string;

  /** Takes text that is HTML already. */
  constructor(text: string) {
    this.text = text;
  }
}

/** What may stand in a template; lists are joined, and `undefined` is nothing. */
export type Content =
  | string
  | number
  | Html
  | undefined
  | readonly Content[];

/** Makes HTML of a template. */
export function markup(
  strings: TemplateStringsArray,
  ...values: readonly Content[]
): Html {
  return new Html(
    strings.map((string, i) =>
      i === 0 ? string : textOf(values[i - 1]) + string
    )
      .join(""),
  );
}

/** Text with all that means something in HTML, or may not be in XML, replaced. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll(
      /[^\P{Cc}\t\n\r]|[\ufffe\uffff]|\p{Cs}/gu,
      "\ufffd",
    )
    .replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;").replaceAll("'", "&#39;");
}

function textOf(content: Content): string {
  if (content === undefined) return "";
  if (content instanceof Html) return content.text;
  return typeof content === "object"
    ? content.map(textOf).join("")
    : escapeHtml(String(content));
}

/** A line that says what is not there. */
export function missing(why: string): Html {
  return markup`<p class="missing">${why}.</p>\n`;
}

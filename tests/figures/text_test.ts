// Copyright 2026 the Convlab authors. MIT license.

import { assertEquals, assertLessOrEqual } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import {
  cleanText,
  escapeXml,
  textWidth,
  truncateText,
  wrapText,
} from "../../figures/text.ts";

const STYLE = { fontSize: 12 };

describe("textWidth()", () => {
  it("adds the advance widths of Inter", () => {
    assertEquals(textWidth("Ti", { fontSize: 1000 }), 642 + 237);
    assertEquals(textWidth("Ti", { fontSize: 1000, bold: true }), 660 + 261);
    assertEquals(textWidth("", STYLE), 0);
  });

  it("takes letters of East Asia as square", () => {
    assertEquals(textWidth("学習", STYLE), 24);
  });
});

describe("truncateText() and wrapText()", () => {
  const text = fc.string({ unit: "grapheme", maxLength: 60 });
  const width = fc.double({ min: 10, max: 400, noNaN: true });

  it("stay within the width", () => {
    fc.assert(fc.property(text, width, (text, width) => {
      const lines = [
        truncateText(text, width, STYLE),
        ...wrapText(text, width, STYLE),
      ];
      for (const line of lines) {
        assertLessOrEqual(textWidth(line, STYLE), width);
      }
    }));
  });

  it("wrapText() keeps all words that fit, in order", () => {
    const lines = wrapText("one two three four five six", 70, STYLE);
    assertEquals(lines.join(" "), "one two three four five six");
    assertEquals(lines.length > 1, true);
  });
});

describe("cleanText() and escapeXml()", () => {
  it("leave no sequence that a terminal obeys, and no line break", () => {
    assertEquals(cleanText("a\x1b[2J\nb\u009bc"), "a\ufffd[2J b\ufffdc");
  });

  it("leave nothing that XML cannot hold", () => {
    assertEquals(
      escapeXml(`<a b="c">&\0\ud800`),
      "&lt;a b=&quot;c&quot;&gt;&amp;\ufffd\ufffd",
    );
  });
});

// Copyright 2026 the Convlab authors. MIT license.

/** Stacks, pages, bars, faint series, labels, and figures in notebooks. */

import {
  assert,
  assertEquals,
  assertNotEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { decodeImage } from "../../data/decode_image.ts";
import type { Chart, Series } from "../../figures/chart.ts";
import { displayFigure } from "../../figures/display.ts";
import { renderFigure } from "../../figures/figure.ts";
import type { Figure } from "../../figures/figure.ts";
import { placeLabels } from "../../figures/place_labels.ts";
import { THEMES } from "../../figures/theme.ts";
import { elements, parseSvg, textBoxes } from "./parse_svg.ts";

function chart(series: Series[], change: Partial<Chart["panels"][0]> = {}) {
  return {
    kind: "chart" as const,
    title: "A chart",
    panels: [{
      x: { title: "x" },
      y: { title: "y" },
      series,
      ...change,
    }],
  };
}

const IMAGES: Figure = {
  kind: "images",
  title: "Images",
  images: [{
    image: { width: 2, height: 2, channels: 1, pixels: new Uint8Array(4) },
  }],
};

const STACK: Figure = {
  kind: "stack",
  title: "All of <it>",
  figures: [
    chart([{ y: [1, 2] }]),
    IMAGES,
    chart([{ y: [2, 1] }], { y: { title: "another" } }),
  ],
};

async function parsed(figure: Figure, width = 720) {
  return parseSvg(
    (await renderFigure(figure, { format: "svg", width })).trim(),
  );
}

describe("renderFigure() of a stack", () => {
  it("puts figures one above the other, as high as they are", async () => {
    for (const width of [400, 720, 1600]) {
      const heights = await Promise.all(
        [STACK, ...STACK.kind === "stack" ? STACK.figures : []].map(
          async (figure) =>
            Number((await parsed(figure, width)).attributes["height"]),
        ),
      );
      const [whole = 0, ...parts] = heights;
      const heading = whole - parts.reduce((sum, height) => sum + height);
      assert(heading > 20 && heading < 60 * width / 400, `${heading}`);
    }
    const texts = textBoxes(await parsed(STACK));
    const top = (word: string) => texts.find(({ text }) => text === word)!.top;
    assert(top("All of <it>") < top("Images"));
    assert(top("Images") < top("another"));
  });

  it("gives names that are unlike in the drawings of one document", async () => {
    const root = await parsed(STACK);
    const ids = ["clipPath", "linearGradient"].flatMap((name) =>
      elements(root, name).map(({ attributes }) => attributes["id"])
    );
    assert(ids.length >= 2);
    assertEquals(new Set(ids).size, ids.length);
  });

  it("is refused empty", async () => {
    await assertRejects(
      () => renderFigure({ kind: "stack", figures: [] }, { format: "svg" }),
      RangeError,
      "at least one figure",
    );
  });
});

describe("renderFigure() as HTML", () => {
  it("is one page that loads and runs nothing, light and dark", async () => {
    const html = await renderFigure(STACK, { format: "html" });
    assert(html.startsWith("<!DOCTYPE html>"));
    assertStringIncludes(html, "<title>All of &lt;it&gt;</title>");
    assertStringIncludes(html, "prefers-color-scheme:dark");
    assertStringIncludes(html, "default-src 'none'");
    for (const { background } of [THEMES.light, THEMES.dark]) {
      assertStringIncludes(html, background);
    }
    assert(!/<script|<link|@import|\son\w+=/i.test(html));
    const addresses = html.match(/(?:https?:)?\/\/[^\s"')]+/g) ?? [];
    assertEquals([...new Set(addresses)], ["http://www.w3.org/2000/svg"]);
    const links = html.match(/(?:href|src)="(?!data:image\/png;base64,)/g);
    assertEquals(links, null);
    // Every colour that the page uses is one that it defines.
    for (const [, name] of html.matchAll(/var\((--[\w-]+)\)/g)) {
      assertStringIncludes(html, `${name}:#`);
    }
  });

  it("has one theme if that is asked for, and PNG has no automatic one", async () => {
    const dark = await renderFigure(STACK, { format: "html", theme: "dark" });
    assert(!dark.includes("prefers-color-scheme"));
    await assertRejects(
      () => renderFigure(STACK, { format: "png", theme: "auto" }),
      RangeError,
      `"light" or "dark"`,
    );
  });
});

describe("renderFigure() of bars", () => {
  /** The rectangles that are filled with a colour. */
  async function bars(figure: Figure, color: string) {
    const root = await parsed(figure);
    return elements(root, "path").filter(({ attributes }) =>
      attributes["fill"] === color && attributes["d"] !== undefined
    ).map(({ attributes }) => {
      const [, x, y, w, h] = /M([-\d.]+),([-\d.]+)h([-\d.]+)v([-\d.]+)h/.exec(
        attributes["d"]!,
      )!;
      return { x: Number(x), y: Number(y), w: Number(w), h: Number(h) };
    });
  }
  const [first, second] = THEMES.light.series as [string, string];

  it("makes them as high as their values, and stands them side by side", async () => {
    const figure = chart([
      { mark: "bar", y: [1, 2, 4] },
      { mark: "bar", y: [3, 3, 3] },
    ], { x: { title: "class", labels: ["a", "b", "c"] } });
    const [one, two] = [await bars(figure, first), await bars(figure, second)];
    assertEquals([one.length, two.length], [3, 3]);
    const unit = one[0]!.h;
    for (
      const [bars, values] of [[one, [1, 2, 4]], [two, [3, 3, 3]]] as const
    ) {
      for (const [i, { h }] of bars.entries()) {
        assert(Math.abs(h / unit - values[i]!) < 0.02);
      }
    }
    for (const [i, bar] of one.entries()) {
      assert(bar.x + bar.w <= two[i]!.x + 0.01);
    }
    assert(two[0]!.x + two[0]!.w < one[1]!.x);
  });

  it("names all classes, however long, or some at even distances", async () => {
    for (const count of [1, 10, 100]) {
      for (const width of [320, 720]) {
        const labels = Array.from(
          { length: count },
          (_, i) => `the class ${i}`,
        );
        const y = labels.map((_, i) => i);
        const figure = chart([{ mark: "bar", y }], {
          x: { title: "class", labels },
        });
        const texts = textBoxes(await parsed(figure, width));
        const found = texts.filter(({ text }) => text.startsWith("the class"));
        if (count <= 10) assertEquals(found.length, count);
        else assert(found.length >= 8 && found.length < 60);
      }
    }
  });

  it("draws names that Vega has a meaning for", async () => {
    const labels = ["valueOf", "__proto__", "datum", `"`, "\\", "${x}"];
    const texts = textBoxes(
      await parsed(
        chart([{ mark: "bar", y: labels.map(() => 1), label: "toString" }], {
          title: "isPrototypeOf",
          x: { title: "constructor", labels },
          y: { title: "hasOwnProperty" },
        }),
      ),
    ).map(({ text }) => text);
    const titles = ["constructor", "hasOwnProperty", "isPrototypeOf"];
    for (const label of [...labels, ...titles, "toString"]) {
      assert(texts.includes(label), label);
    }
  });
});

describe("renderFigure() of series", () => {
  it("gives a raw and a smoothed curve one colour, the raw one behind and light", async () => {
    const root = await parsed(chart([
      { label: "run", y: [1, 2, 3], color: 1 },
      { y: [1, 3, 2], color: 1, faint: true },
    ]));
    const lines = elements(root, "path").filter(({ attributes }) =>
      attributes["stroke"] === THEMES.light.series[1] &&
      attributes["stroke-width"] !== "2"
    );
    assertEquals(lines.length, 2);
    const [faint, full] = lines.map(({ attributes }) =>
      Number(attributes["opacity"] ?? attributes["stroke-opacity"] ?? 1)
    );
    assert(faint! < 0.5 && full === 1, `${faint} ${full}`);
  });

  it("writes all labels inside the plot, apart from each other", async () => {
    const places = Array.from({ length: 12 }, (_, i) => i);
    const labels = places.map((i) => `kernel number ${i}`);
    for (const width of [400, 720, 1600]) {
      const texts = textBoxes(
        await parsed(
          chart([{
            mark: "point",
            x: places.map((i) => 10 + i % 4 / 4),
            y: places.map((i) => 50 + i),
            labels,
          }]),
          width,
        ),
      ).filter(({ text }) => text.startsWith("kernel"));
      // Each text is written twice, on a rim of its own.
      assertEquals(texts.length, 24);
      const boxes = texts.filter((_, i) => i % 2 === 0);
      for (const [i, a] of boxes.entries()) {
        for (const b of boxes.slice(i + 1)) {
          const isApart = a.right <= b.left || b.right <= a.left ||
            a.bottom <= b.top || b.bottom <= a.top;
          assert(isApart, `${a.text} covers ${b.text} at ${width}`);
        }
      }
    }
  });

  it("names what is wrong", async () => {
    for (
      const [series, message] of [
        [{ y: [1], labels: [] }, "as many labels as y (1) but found 0"],
        [{ y: [1], color: -1 }, "color to be an integer from 0"],
      ] as const
    ) {
      await assertRejects(
        () => renderFigure(chart([series]), { format: "svg" }),
        RangeError,
        message,
      );
    }
  });
});

describe("renderFigure() of images", () => {
  const tile = (gap: number | undefined): Figure => ({
    kind: "images",
    ...gap !== undefined && { gap },
    images: Array.from({ length: 4 }, () => ({
      image: { width: 3, height: 3, channels: 1, pixels: new Uint8Array(9) },
    })),
  });

  it("keeps the gap that is asked for", async () => {
    const root = await parsed(tile(3));
    const [a, b] = elements(root, "image").map(({ attributes }) => attributes);
    const gap = Number(b!["x"]) - Number(a!["x"]) - Number(a!["width"]);
    assertEquals(gap, 3);
    await assertRejects(
      () => renderFigure(tile(-1), { format: "svg" }),
      RangeError,
      "gap to be from 0 to 100",
    );
  });

  it("is a PNG of that width", async () => {
    for (const width of [100, 1601]) {
      const image = decodeImage(
        await renderFigure(tile(2), { format: "png", width }),
      );
      assertEquals(image.width, width);
    }
  });
});

describe("placeLabels()", () => {
  it("keeps a text at its point where there is room, and the same points at the same places", () => {
    const points = [{ x: 50, y: 50, width: 30 }, { x: 60, y: 50, width: 30 }];
    const plot = { width: 200, height: 100 };
    const places = placeLabels(points, plot);
    assertEquals(places, placeLabels(points, plot));
    assertNotEquals(places[0], places[1]);
    assertEquals(placeLabels([points[0]!], plot), [
      { x: 57, y: 50, isFar: false },
    ]);
  });
});

describe("displayFigure()", () => {
  it("adds what a notebook calls, and nothing that is seen otherwise", async () => {
    const figure = chart([{ y: [1, 2] }]);
    const shown = displayFigure(figure);
    assertEquals(shown, figure);
    assertEquals(Object.keys(shown), Object.keys(figure));
    assertEquals(JSON.stringify(shown), JSON.stringify(figure));
    const display = Reflect.get(shown, Symbol.for("Jupyter.display"));
    const media = await display.call(shown);
    assertEquals(
      media["image/svg+xml"],
      await renderFigure(figure, { format: "svg" }),
    );
    assertEquals(media["text/plain"], "Figure (chart): A chart");
    assertEquals(Reflect.has(figure, Symbol.for("Jupyter.display")), false);
  });
});

// Copyright 2026 the Convlab authors. MIT license.

import { assert, assertEquals, assertRejects } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { decodeImage } from "../../data/decode_image.ts";
import {
  colorAt,
  GREEN_BLUE,
  inkOn,
  luminance,
  MAKO,
} from "../../figures/color_scale.ts";
import { renderFigure } from "../../figures/figure.ts";
import type { MatrixFigure } from "../../figures/matrix_figure.ts";
import { elements, parseSvg, textBoxes } from "./parse_svg.ts";

function matrix(
  values: number[][],
  change: Partial<MatrixFigure> = {},
): MatrixFigure {
  const names = (count: number) =>
    Array.from({ length: count }, (_, i) => `class ${i}`);
  return {
    kind: "matrix",
    title: "A matrix",
    rows: { title: "true class", labels: names(values.length) },
    columns: { title: "predicted class", labels: names(values[0]!.length) },
    values,
    value: { title: "images" },
    cells: "count",
    ...change,
  };
}

function square(size: number): number[][] {
  return Array.from(
    { length: size },
    (_, r) => Array.from({ length: size }, (_, c) => r === c ? 90 : r + c),
  );
}

/** The texts of a rendering. */
async function textsOf(figure: MatrixFigure, width = 720) {
  const svg = await renderFigure(figure, { format: "svg", width });
  return textBoxes(parseSvg(svg.trim()));
}

describe("renderFigure() of a matrix", () => {
  it("writes titles, units, labels and numbers", async () => {
    const texts = (await textsOf(matrix([[1234, 0], [5, 0.25]], {
      value: { title: "images", unit: "thousand" },
    }))).map(({ text }) => text);
    for (
      const text of [
        ...["A matrix", "true class", "predicted class", "images (thousand)"],
        ...["class 0", "class 1", "1,234", "5", "0.25"],
      ]
    ) {
      assert(texts.includes(text), text);
    }
  });

  it("writes shares as percent", async () => {
    const texts = (await textsOf(
      matrix([[0.875, 0.125], [0, 1]], { cells: "percent" }),
    )).map(({ text }) => text);
    for (const text of ["87.5", "12.5", "100", "100 %"]) {
      assert(texts.includes(text), text);
    }
  });

  it("leaves numbers out where they do not fit, and labels so that none overlap", async () => {
    for (const size of [2, 10, 26, 100]) {
      for (const width of [320, 400, 720]) {
        const texts = await textsOf(matrix(square(size)), width);
        const rows = texts.filter(({ text }) => text.startsWith("class "))
          .filter(({ top, bottom }) => bottom - top < 12)
          .toSorted((a, b) => a.top - b.top);
        assert(rows.length >= 2);
        rows.filter(({ left }) => left === rows[0]!.left).reduce((a, b) => {
          assert(a.bottom <= b.top + 1, `${size} at ${width}: ${b.text}`);
          return b;
        });
        const cells = texts.filter(({ text }) => text === "90");
        assertEquals(cells.length === size || cells.length <= 1, true);
        if (size === 100) assert(cells.length <= 1);
      }
    }
  });

  it("gives each cell the colour of its value, in PNG too", async () => {
    const figure = matrix([[0, 50], [100, 25]], { cells: "none" });
    for (
      const [theme, scale] of [["light", GREEN_BLUE], ["dark", MAKO]] as const
    ) {
      const svg = await renderFigure(figure, { format: "svg", theme });
      for (const share of [0, 0.25, 0.5, 1]) {
        const level = Math.round(share * 127) / 127;
        const color = colorAt(scale, level)
          .map((v) => v.toString(16).padStart(2, "0")).join("");
        assert(svg.includes(`fill="#${color}"`), color);
      }
      const { pixels } = decodeImage(
        await renderFigure(figure, { format: "png", width: 400, theme }),
      );
      const [red, green, blue] = scale.at(-1)!;
      let count = 0;
      for (let i = 0; i < pixels.length; i += 3) {
        const isGreatest = pixels[i] === red && pixels[i + 1] === green &&
          pixels[i + 2] === blue;
        if (isGreatest) count++;
      }
      assert(count > 400, `${count}`);
    }
  });

  it("leaves cells without a number empty", async () => {
    const svg = await renderFigure(
      matrix([[1, NaN], [Infinity, 3]], { cells: "none" }),
      { format: "svg" },
    );
    const cells = elements(parseSvg(svg.trim()), "path")
      .map(({ attributes }) => attributes["d"]!)
      .filter((d) => /z$/.test(d)).length;
    const full = await renderFigure(
      matrix([[1, 2], [2.5, 3]], { cells: "none" }),
      { format: "svg" },
    );
    const all = elements(parseSvg(full.trim()), "path")
      .map(({ attributes }) => attributes["d"]!)
      .filter((d) => /z$/.test(d)).length;
    assertEquals(all - cells, 2);
  });

  it("marks round numbers along axes of numbers, where they lie", async () => {
    const labels = Array.from({ length: 58 }, (_, i) => String(1 + 7 * i));
    const figure = matrix(
      Array.from({ length: 3 }, () => labels.map(Number)),
      { columns: { title: "iteration", labels }, cells: "none" },
    );
    const texts = await textsOf(figure);
    const at = (text: string) => {
      const box = texts.filter((box) => box.text === text)
        .toSorted((a, b) => b.bottom - a.bottom)[0]!;
      return (box.left + box.right) / 2;
    };
    assert(Math.abs(at("100") + at("300") - 2 * at("200")) < 0.1);
    assert(at("100") < at("200"));
    assert(!texts.some(({ text }) => text === "8" || text === "36"));
  });

  it("names what is wrong", async () => {
    const wrong: [Partial<MatrixFigure>, string][] = [
      [
        { values: [[1, 2]] },
        "as many rows of values as labels (2) but found 1",
      ],
      [{ values: [[1], [2]] }, "as many columns"],
      [{ rows: { title: "r", labels: [] }, values: [] }, "rows.labels"],
      [{ value: { title: "v", min: 2, max: 1 } }, "value.min to be below"],
      [{ value: { title: "v", max: NaN } }, "value.max to be finite"],
    ];
    for (const [change, message] of wrong) {
      await assertRejects(
        () => renderFigure(matrix([[1, 2], [3, 4]], change), { format: "svg" }),
        RangeError,
        message,
      );
    }
  });
});

describe("colour scales", () => {
  it("change lightness evenly enough that order shows without hues", () => {
    for (const scale of [GREEN_BLUE, MAKO]) {
      const lightness = Array.from(
        { length: 33 },
        (_, i) => Math.cbrt(luminance(colorAt(scale, i / 32))),
      );
      const steps = lightness.slice(1).map((l, i) => l - lightness[i]!);
      const sign = Math.sign(steps[0]!);
      for (const step of steps) assert(sign * step > 0, `${step}`);
    }
  });

  it("have an ink that stands out by 4.5 to 1 on every colour", () => {
    for (const scale of [GREEN_BLUE, MAKO]) {
      for (let i = 0; i <= 127; i++) {
        const color = colorAt(scale, i / 127);
        const [a, b] = [luminance(color), luminance(inkOn(color))];
        const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        assert(contrast >= 4.5, `${contrast} at ${i}`);
      }
    }
  });
});

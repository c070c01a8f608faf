// Copyright 2026 the Convlab authors. MIT license.

/** What holds for every figure, whatever it holds. */

import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import type { Axis, Chart, Series } from "../../figures/chart.ts";
import { renderFigure } from "../../figures/figure.ts";
import type { Figure } from "../../figures/figure.ts";
import type { ImageFigure } from "../../figures/image_figure.ts";
import type { MatrixFigure } from "../../figures/matrix_figure.ts";
import { previewFigure } from "../../figures/preview_figure.ts";
import { elements, parseSvg, textBoxes } from "./parse_svg.ts";

const words = fc.string({ unit: "binary", maxLength: 40 });
const value = fc.oneof(
  fc.double({ min: -1e6, max: 1e6, noNaN: true }),
  fc.double(),
  fc.integer({ min: 0, max: 1000 }),
);
const axis = fc.record<Axis>({
  title: words,
  unit: words,
  scale: fc.constantFrom("linear", "log"),
  integer: fc.boolean(),
  labels: fc.array(words, { minLength: 1, maxLength: 12 }),
}, { requiredKeys: ["title"] });
const series = fc.array(
  fc.tuple(
    value,
    fc.string({ unit: "binary", maxLength: 20 }),
  ),
  { maxLength: 12 },
)
  .chain((points) =>
    fc.record<Series>({
      y: fc.constant(points.map(([y]) => y)),
      labels: fc.constant(points.map(([, label]) => label)),
      label: words,
      mark: fc.constantFrom("line", "point", "line+point", "bar"),
      faint: fc.boolean(),
      color: fc.nat(20),
    }, { requiredKeys: ["y"] })
  );
const chart = fc.record<Chart>({
  kind: fc.constant("chart"),
  title: words,
  panels: fc.array(
    fc.record({
      x: axis,
      y: axis,
      series: fc.array(series, { maxLength: 4 }),
    }),
    { minLength: 1, maxLength: 2 },
  ),
}, { requiredKeys: ["kind", "panels"] });
const size = fc.integer({ min: 1, max: 60 });
const side = fc.integer({ min: 1, max: 60 });
const matrix = fc.tuple(size, size).chain(([rows, columns]) => {
  const labels = (length: number) =>
    fc.oneof(
      fc.array(words, { minLength: length, maxLength: length }),
      fc.tuple(fc.integer({ min: -99, max: 99 }), fc.constantFrom(-1, 0.5, 7))
        .map(([first, step]) =>
          Array.from({ length }, (_, i) => String(first + i * step))
        ),
    );
  return fc.record<MatrixFigure>({
    kind: fc.constant("matrix"),
    title: words,
    subtitle: words,
    rows: fc.record({ title: words, labels: labels(rows) }),
    columns: fc.record({ title: words, labels: labels(columns) }),
    values: fc.array(
      fc.array(value, { minLength: columns, maxLength: columns }),
      { minLength: rows, maxLength: rows },
    ),
    value: fc.record({ title: words, unit: words }, {
      requiredKeys: ["title"],
    }),
    cells: fc.constantFrom("count", "percent", "none"),
  }, { requiredKeys: ["kind", "rows", "columns", "values", "value"] });
});
const images = fc.record<ImageFigure>({
  kind: fc.constant("images"),
  title: words,
  images: fc.array(
    fc.record({
      image: fc.tuple(side, side).map(([width, height]) => ({
        width,
        height,
        channels: 1 as const,
        pixels: new Uint8Array(width * height),
      })),
      title: words,
      subtitle: words,
    }, { requiredKeys: ["image"] }),
    { minLength: 1, maxLength: 20 },
  ),
  columns: fc.integer({ min: 1, max: 8 }),
  gap: fc.integer({ min: 0, max: 30 }),
  imageWidth: fc.integer({ min: 1, max: 700 }),
  interpolation: fc.constantFrom("nearest", "smooth"),
}, { requiredKeys: ["kind", "images"] });
const figure = fc.oneof<fc.Arbitrary<Figure>[]>(
  chart,
  matrix,
  images,
  fc.record({
    kind: fc.constant("stack" as const),
    title: words,
    figures: fc.tuple(matrix, chart, images),
  }),
);

/** Letters of a terminal that a line takes. */
function columnsOf(line: string): number {
  // deno-lint-ignore no-control-regex -- the sequences that set colours
  return [...line.replace(/\x1b\[[\d;]*m/g, "")].length;
}

describe("renderFigure()", () => {
  it("gives a well-formed document without NaN, whose texts stay inside, for any figure", async () => {
    await fc.assert(
      fc.asyncProperty(
        figure,
        fc.constantFrom(320, 400, 720, 1600),
        async (figure, width) => {
          const svg = await renderFigure(figure, { format: "svg", width });
          const root = parseSvg(svg.trim());
          assertEquals(Number(root.attributes["width"]), width);
          const height = Number(root.attributes["height"]);
          for (const name of ["path", "text", "rect", "g", "circle", "image"]) {
            for (const { attributes } of elements(root, name)) {
              for (const value of Object.values(attributes)) {
                assert(!/NaN|Infinity|undefined/.test(value), value);
              }
            }
          }
          // Fonts differ a little from the metrics that places are found by.
          const slack = width / 720 * 3 + 1;
          for (const box of textBoxes(root)) {
            const isInside = box.left > -slack && box.right < width + slack &&
              box.top > -slack && box.bottom < height + slack;
            assert(isInside, `${JSON.stringify(box)} in ${width} × ${height}`);
          }
        },
      ),
      { numRuns: 30 },
    );
  });
});

describe("previewFigure()", () => {
  it("stays within the columns, and says nothing to the terminal but colours, for any figure", () => {
    fc.assert(
      fc.property(
        figure,
        fc.integer({ min: 20, max: 120 }),
        fc.constantFrom("none", "256", "truecolor"),
        (figure, columns, colors) => {
          const text = previewFigure(figure, { columns, colors });
          for (const line of text.split("\n")) {
            assert(columnsOf(line) <= columns, `${columnsOf(line)}: ${line}`);
          }
          // deno-lint-ignore no-control-regex -- the sequences that set colours
          assert(!/\x1b(?!\[[\d;]*m)/.test(text));
        },
      ),
      { numRuns: 100 },
    );
  });
});

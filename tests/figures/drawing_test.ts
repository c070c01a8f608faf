// Copyright 2026 the Convlab authors. MIT license.

/** What figures look like, where a computer can tell. */

import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { decode } from "fast-png";
import { decodeImage } from "../../data/decode_image.ts";
import type { Image } from "../../data/image.ts";
import type { Chart, Panel } from "../../figures/chart.ts";
import { renderFigure } from "../../figures/figure.ts";
import type { ImageFigure } from "../../figures/image_figure.ts";
import { previewFigure } from "../../figures/preview_figure.ts";
import { describePermitted } from "../permitted.ts";
import { runScript } from "../data/run_script.ts";

function chart(...panels: Partial<Panel>[]): Chart {
  return {
    kind: "chart",
    panels: panels.map((panel) => ({
      x: { title: "x" },
      y: { title: "y" },
      series: [],
      ...panel,
    })),
  };
}

/** An image whose colour differs from pixel to pixel. */
function pattern(width: number, height: number): Image {
  const pixels = Uint8Array.from(
    { length: width * height * 3 },
    (_, i) => i * 97 % 256,
  );
  return { width, height, channels: 3, pixels };
}

function pixelAt({ width, channels, pixels }: Image, x: number, y: number) {
  return [...pixels.subarray((y * width + x) * channels).subarray(0, channels)];
}

/** The numbers that a pattern captures in an SVG. */
function svgNumber(svg: string, pattern: RegExp): number[] {
  return [...svg.matchAll(pattern)].map(([, number]) => Number(number));
}

describe("renderFigure()", () => {
  it("shows each pixel of a small image as a square of just its colour", async () => {
    const image = pattern(5, 4);
    const figure: ImageFigure = { kind: "images", images: [{ image }] };
    const png = decodeImage(
      await renderFigure(figure, { format: "png", width: 400 }),
    );
    // 400 pixels less two margins of 14 hold squares of 74.
    const size = 74;
    const left = Math.floor((400 - 5 * size) / 2);
    assertEquals(png.height, 14 + 4 * size + 14);
    for (let y = 0; y < 4; y++) {
      for (let x = 0; x < 5; x++) {
        const color = pixelAt(image, x, y);
        for (const [dx, dy] of [[0, 0], [size - 1, 0], [0, size - 1]]) {
          assertEquals(
            pixelAt(png, left + x * size + dx!, 14 + y * size + dy!),
            color,
          );
        }
      }
    }
  });

  it("covers the whole figure with its background, at any width", async () => {
    for (const width of [101, 397, 721, 1600]) {
      for (const figure of [chart({}), chart({}, { title: "b" }, {})]) {
        const bytes = await renderFigure(figure, {
          format: "png",
          width,
          theme: "dark",
        });
        const { data, height, channels } = decode(bytes);
        assertEquals(channels, 4);
        for (let y = 0; y < height; y++) {
          for (const x of [0, width - 1]) {
            assertEquals(data[(y * width + x) * 4 + 3], 255);
          }
        }
      }
    }
  });

  it("aligns the plots of panels whose axes take different room", async () => {
    const svg = await renderFigure(
      chart({ series: [{ y: [1, 2] }] }, {
        series: [{ y: [123456, 654321] }],
        y: { title: "images" },
      }),
      { format: "svg", width: 600 },
    );
    // A panel's drawing is moved by the room that its own axis takes less than the widest.
    const moved = svgNumber(
      svg,
      /<g transform="translate\(14,[\d.]+\)"><g transform="translate\(([\d.]+),/g,
    );
    const own = svgNumber(
      svg,
      /<g fill="none" stroke-miterlimit="4" transform="translate\(([\d.]+),/g,
    );
    assertEquals(own.length, 2);
    assertNotEquals(own[0], own[1]);
    assertEquals(moved[0]! + own[0]!, moved[1]! + own[1]!);
  });

  it("keeps a legend within the figure and apart from the plot, however long", async () => {
    const series = Array.from({ length: 12 }, (_, i) => ({
      label: `runs/a-very-long-name-of-a-run-with-many-settings-${i}`,
      y: [i, i + 1],
    }));
    const nameless = series.map(({ y }, i) => i === 0 ? series[0]! : { y });
    const few = await renderFigure(chart({ series: nameless }), {
      format: "svg",
      width: 400,
    });
    const many = await renderFigure(chart({ series }), {
      format: "svg",
      width: 400,
    });
    const height = (svg: string) =>
      svgNumber(svg, /^<svg [^>]*height="(\d+)"/g)[0]!;
    assertEquals(height(many) - height(few), 11 * 20);
    assertEquals(many.match(/>runs\/a-very[^<]*…</g)?.length, 12);
    // After the seven colours the lines are dashed, in the legend too.
    assertEquals(many.match(/stroke-dasharray="5,3"/g)?.length, 10);
  });

  it("draws a box for characters that its fonts lack, rather than nothing", async () => {
    const png = (title: string) =>
      renderFigure({ ...chart({}), title }, { format: "png", width: 400 });
    assertEquals(await png("学習"), await png("□□"));
    assertNotEquals(await png("学習"), await png(""));
    assertNotEquals(await png("é α² −1 ✓"), await png("□ □□ □□ □"));
  });

  it("writes no warning", async () => {
    const warnings: unknown[] = [];
    const { warn } = console;
    console.warn = (...args) => warnings.push(args);
    try {
      const y = [1, 10, NaN, 0, -1];
      await renderFigure(
        chart(
          {},
          { series: [{ y: [] }, { y: [3], label: "a" }] },
          { series: [{ y }], y: { title: "y", scale: "log" } },
          { series: [{ y }], y: { title: "y", scale: "log", min: 1, max: 9 } },
          { series: [{ y }, { y, mark: "point" }], x: { title: "x", min: 1 } },
          { series: [{ y: [1e299, -1e299, 1e308, 1e-300] }] },
        ),
        { format: "svg" },
      );
    } finally {
      console.warn = warn;
    }
    assertEquals(warnings, []);
  });
});

describe("previewFigure()", () => {
  it("draws a rising line from the lower left to the upper right", () => {
    const lines = previewFigure(
      chart({ series: [{ y: [0, 1] }] }),
      { columns: 30, colors: "none" },
    ).split("\n");
    const plot = lines.filter((line) => /[│┤]/.test(line));
    assertEquals(plot.length, 10);
    const columns = plot.map((line) => line.search(/[\u2801-\u28ff]/));
    assertEquals(columns, columns.toSorted((a, b) => b - a));
    assertEquals(columns.at(-1), plot[0]!.search(/[│┤]/) + 1);
    assertEquals([...plot[0]!].length, 30);
  });

  it("lets no name of a run speak to the terminal", () => {
    const evil = "\x1b]0;gotcha\x07";
    const text = previewFigure({
      ...chart({
        title: evil,
        x: { title: evil },
        y: { title: evil, unit: evil },
        series: [{ label: evil, y: [1, 2] }],
      }),
      title: evil,
    }, { columns: 60, colors: "none" });
    assert(!text.includes("\x1b") && !text.includes("\x07"));
  });

  it("puts images of a row side by side, titles above", () => {
    const image = pattern(4, 4);
    const figure: ImageFigure = {
      kind: "images",
      columns: 2,
      images: [{ image, title: "left" }, { image, title: "right" }, { image }],
    };
    const text = previewFigure(figure, { columns: 20, colors: "truecolor" });
    // deno-lint-ignore no-control-regex -- the sequences that set colours
    const plain = text.replace(/\x1b\[[\d;]*m/g, "");
    const blocks = "▀".repeat(8);
    assertEquals(plain.split("\n"), [
      "  left     right",
      ...Array(4).fill(`${blocks}  ${blocks}`),
      ...Array(4).fill(blocks),
      "",
    ]);
  });
});

describePermitted("figures", () => {
  it("need no permission, and let the program end", async () => {
    const { code, stdout, stderr } = await runScript(`
      import { renderFigure } from "./figures/figure.ts";
      import { terminalOf } from "./figures/terminal.ts";
      const image = { width: 1, height: 1, channels: 1, pixels: new Uint8Array(1) };
      const images = { kind: "images", title: "t", images: [{ image }] };
      const axis = { title: "a" };
      const chart = { kind: "chart", panels: [{ x: axis, y: axis, series: [{ y: [1] }] }] };
      for (const figure of [images, chart]) {
        console.log((await renderFigure(figure, { format: "svg" })).slice(0, 4));
        const png = await renderFigure(figure, { format: "png" });
        console.log(String.fromCharCode(...png.slice(1, 4)));
      }
      console.log(terminalOf().colors);
    `);
    assertEquals(stderr, "");
    assertEquals(stdout.trim().split("\n"), [
      "<svg",
      "PNG",
      "<svg",
      "PNG",
      "none",
    ]);
    assertEquals(code, 0);
  });
});

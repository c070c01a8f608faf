// Copyright 2026 the Convlab authors. MIT license.

import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { decodeImage } from "../../data/decode_image.ts";
import type { Image } from "../../data/image.ts";
import type { Chart } from "../../figures/chart.ts";
import { figureFormatOf, renderFigure } from "../../figures/figure.ts";
import type { ImageFigure } from "../../figures/image_figure.ts";
import { previewFigure } from "../../figures/preview_figure.ts";
import { previewImage } from "../../figures/preview_image.ts";
import { canPreview, colorsOf } from "../../figures/terminal.ts";
import { visualizeGrid } from "../../figures/visualize_grid.ts";
import gridFixture from "../../fixtures/grid.json" with { type: "json" };
import { relError } from "../../numerics/rel_error.ts";
import { tensor, zeros } from "../../numerics/tensor.ts";

const CHART: Chart = {
  kind: "chart",
  title: "A run",
  subtitle: "CIFAR-10",
  panels: [
    {
      x: { title: "iteration", integer: true },
      y: { title: "loss" },
      series: [{ y: [2.3, 1.9, NaN, 1.2, Infinity], mark: "point" }],
    },
    {
      x: { title: "epoch", integer: true },
      y: { title: "accuracy", unit: "%" },
      series: [
        { label: "train", x: [0, 1], y: [10, 50], mark: "line+point" },
        { label: "val", x: [0, 1], y: [9, 45], mark: "line+point" },
      ],
    },
  ],
};

/** An image of one colour. */
function plain(width: number, height: number, color: readonly number[]): Image {
  const channels = color.length === 3 ? 3 : 1;
  const pixels = Uint8Array.from(
    { length: width * height * channels },
    (_, i) => color[i % channels]!,
  );
  return { width, height, channels, pixels };
}

const PHOTOS: ImageFigure = {
  kind: "images",
  columns: 2,
  images: [
    { image: plain(8, 8, [255, 0, 0]), title: "red & <hot>" },
    { image: plain(8, 8, [0, 0, 255]), title: "blue" },
    { image: plain(8, 8, [128]) },
  ],
};

/** Whether a picture has a pixel of about this colour. */
function shows(
  { pixels, channels }: Image,
  [red, green, blue]: readonly number[],
): boolean {
  for (let i = 0; i < pixels.length; i += channels) {
    const distance = Math.abs(pixels[i]! - red!) +
      Math.abs(pixels[i + 1]! - green!) + Math.abs(pixels[i + 2]! - blue!);
    if (distance < 6) return true;
  }
  return false;
}

describe("renderFigure()", () => {
  it("draws a chart as SVG, with its titles, axes, units and legend", async () => {
    const svg = await renderFigure(CHART, { format: "svg", width: 600 });
    assertMatch(svg, /^<svg [^>]*width="600"/);
    assertMatch(svg, /<\/svg>\s*$/);
    for (
      const text of [
        "A run",
        "CIFAR-10",
        "iteration",
        "loss",
        "epoch",
        "accuracy (%)",
        "train",
        "val",
      ]
    ) {
      assertStringIncludes(svg, `>${text}<`);
    }
    assert(!/NaN|Infinity|undefined/.test(svg));
  });

  it("draws charts and images as PNG of the width that is asked for", async () => {
    for (const figure of [CHART, PHOTOS]) {
      for (const width of [400, 900]) {
        const image = decodeImage(
          await renderFigure(figure, { format: "png", width }),
        );
        assertEquals(image.width, width);
        assert(image.height > width / 4 && image.height < 3 * width);
      }
    }
  });

  it("draws images in their own colours, titles above them", async () => {
    const image = decodeImage(
      await renderFigure(PHOTOS, { format: "png", width: 500 }),
    );
    for (const color of [[255, 0, 0], [0, 0, 255], [128, 128, 128]]) {
      assert(shows(image, color));
    }
    const svg = await renderFigure(PHOTOS, { format: "svg" });
    assertStringIncludes(svg, "red &amp; &lt;hot&gt;");
    assertEquals(svg.match(/data:image\/png;base64,/g)?.length, 3);
  });

  it("draws text in PNG although the machine may have no fonts, and a dark theme", async () => {
    const light = decodeImage(
      await renderFigure({ ...PHOTOS, title: "A title" }, {
        format: "png",
        width: 500,
      }),
    );
    const dark = decodeImage(
      await renderFigure({ ...PHOTOS, title: "A title" }, {
        format: "png",
        width: 500,
        theme: "dark",
      }),
    );
    assertEquals([...light.pixels.slice(0, 3)], [255, 255, 255]);
    assert(dark.pixels[0]! < 60);
    // The band of the title holds letters, dark on light and light on dark.
    const band = ({ pixels, width }: Image) =>
      pixels.subarray(0, 40 * width * 3);
    assert(band(light).some((value) => value < 80));
    assert(band(dark).some((value) => value > 180));
  });

  it("draws series of one point, of none, and long ones", async () => {
    const chart = (y: number[]): Chart => ({
      kind: "chart",
      panels: [{ x: { title: "x" }, y: { title: "y" }, series: [{ y }] }],
    });
    for (
      const y of [
        [1],
        [3, 3],
        [NaN, NaN],
        Array.from({ length: 5000 }, (_, i) => Math.sin(i)),
      ]
    ) {
      const svg = await renderFigure(chart(y), { format: "svg" });
      assert(!/NaN|Infinity/.test(svg));
    }
  });

  it("names what is wrong with a figure", async () => {
    await assertRejects(
      () => renderFigure({ kind: "chart", panels: [] }, { format: "svg" }),
      RangeError,
      "at least one panel",
    );
    await assertRejects(
      () => renderFigure({ kind: "images", images: [] }, { format: "svg" }),
      RangeError,
      "at least one image",
    );
    for (const width of [99, 8001, 500.5]) {
      await assertRejects(
        () => renderFigure(CHART, { format: "svg", width }),
        RangeError,
        "expected width",
      );
    }
    const series = [{ label: "a", x: [1], y: [1, 2] }];
    const panels = [{ x: { title: "x" }, y: { title: "y" }, series }];
    await assertRejects(
      () => renderFigure({ kind: "chart", panels }, { format: "svg" }),
      RangeError,
      "as many x as y (2) but found 1",
    );
  });

  it("figureFormatOf() goes by the file's ending", () => {
    assertEquals(["a.svg", "b/c.PNG", "d.html"].map(figureFormatOf), [
      "svg",
      "png",
      "html",
    ]);
    assertThrows(
      () => figureFormatOf("a.jpg"),
      RangeError,
      "ends with .svg, .png or .html",
    );
  });
});

describe("visualizeGrid()", () => {
  it("equals the course's formula in NumPy", () => {
    const { images, shape, upperBound, padding, grid, gridShape } = gridFixture;
    const result = visualizeGrid(tensor(images, shape), {
      upperBound,
      padding,
    });
    assertEquals([...result.shape], gridShape);
    assert(relError(result, tensor(grid, gridShape)) < 1e-12);
  });

  it("shows an image whose values are all equal as 0, and keeps the dtype", () => {
    const grid = visualizeGrid(
      tensor(new Float32Array(8).fill(3), [2, 2, 2, 1], "float32"),
    );
    assertEquals(grid.dtype, "float32");
    assert(grid.data.every((value: number) => value === 0));
  });

  it("names what is wrong", () => {
    assertThrows(
      () => visualizeGrid(zeros([2, 3, 3])),
      TypeError,
      "(N, H, W, C)",
    );
    assertThrows(
      () => visualizeGrid(zeros([0, 3, 3, 1])),
      RangeError,
      "at least one image",
    );
    assertThrows(
      () => visualizeGrid(zeros([1, 3, 3, 1]), { padding: -1 }),
      RangeError,
      "padding",
    );
  });
});

describe("previewImage()", () => {
  const image: Image = {
    width: 2,
    height: 2,
    channels: 3,
    pixels: Uint8Array.of(255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255),
  };

  it("shows two rows of pixels in one line, in 24 bits or the nearest of 256 colours", () => {
    const line = (colors: "truecolor" | "256") =>
      previewImage(image, 2, colors).lines.join("\n");
    for (
      const code of [
        "38;2;255;0;0",
        "48;2;0;0;255",
        "38;2;0;255;0",
        "48;2;255;255;255",
      ]
    ) {
      assertStringIncludes(line("truecolor"), code);
    }
    for (const code of ["38;5;196", "48;5;21", "38;5;46", "48;5;231"]) {
      assertStringIncludes(line("256"), code);
    }
    assertEquals(line("256").split("▀").length - 1, 2);
  });

  it("shrinks to the columns that there are", () => {
    const { lines, width } = previewImage(
      plain(30, 15, [9, 9, 9]),
      10,
      "truecolor",
    );
    assertEquals(width, 10);
    assertEquals(lines.length, 3);
  });
});

describe("previewFigure()", () => {
  it("draws a chart with letters alone, within the columns", () => {
    const text = previewFigure(CHART, { columns: 50, colors: "none" });
    for (const word of ["A run", "loss", "accuracy", "train", "val"]) {
      assertStringIncludes(text, word);
    }
    assert(!text.includes("\x1b"));
    for (const line of text.split("\n")) assert([...line].length <= 50, line);
  });
});

describe("canPreview()", () => {
  it("says no to pipes, NO_COLOR, dumb and narrow terminals", () => {
    const colors = (change: Partial<Parameters<typeof colorsOf>[0]>) =>
      colorsOf({
        isTerminal: true,
        noColor: false,
        term: "xterm-256color",
        colorTerm: "",
        isWindows: false,
        ...change,
      });
    assertEquals(colors({}), "256");
    assertEquals(colors({ colorTerm: "truecolor" }), "truecolor");
    for (
      const change of [{ isTerminal: false }, { noColor: true }, {
        term: "dumb",
      }]
    ) {
      assertEquals(canPreview({ colors: colors(change), columns: 80 }), false);
    }
    assertEquals(canPreview({ colors: "256", columns: 10 }), false);
    assertEquals(canPreview({ colors: "256", columns: 80 }), true);
  });
});

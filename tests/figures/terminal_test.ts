// Copyright 2026 the Convlab authors. MIT license.

/** Pictures in terminals, decoded as the terminals' manuals say. */

import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { decodeImage } from "../../data/decode_image.ts";
import type { Image } from "../../data/image.ts";
import { renderFigure } from "../../figures/figure.ts";
import type { ImageFigure } from "../../figures/image_figure.ts";
import type { MatrixFigure } from "../../figures/matrix_figure.ts";
import { previewFigure } from "../../figures/preview_figure.ts";
import { sixelPicture } from "../../figures/sixel.ts";
import { graphicsOf } from "../../figures/terminal.ts";
import { figureForTerminal } from "../../figures/terminal_figure.ts";

const FIGURE: ImageFigure = {
  kind: "images",
  title: "Colours",
  images: [{
    image: {
      width: 2,
      height: 2,
      channels: 3,
      pixels: Uint8Array.of(255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255),
    },
  }],
};

/** The pixels of sixel graphics, after chapter 14 of DEC's manual of the VT330. */
function decodeSixel(text: string): Image {
  // deno-lint-ignore no-control-regex -- the protocol
  const body = /^\x1bP[\d;]*q([^\x1b]*)\x1b\\\n?$/.exec(text)?.[1];
  const size = /^"1;1;(\d+);(\d+)/.exec(body ?? "");
  if (!body || !size) throw new Error("No sixel graphics");
  const [width, height] = [Number(size[1]), Number(size[2])];
  const pixels = new Uint8Array(3 * width * height);
  const palette = new Map<number, number[]>();
  let [x, y, color] = [0, 0, 0];
  const rest = body.slice(size[0].length);
  for (
    const [, defined, parts, chosen, count, sixel, control] of rest.matchAll(
      /#(\d+);2;([\d;]+)|#(\d+)|(?:!(\d+))?([?-~])|([$-])/g,
    )
  ) {
    if (defined !== undefined) {
      const shares = parts!.split(";").map(Number);
      palette.set(Number(defined), shares.map((s) => Math.round(2.55 * s)));
    } else if (chosen !== undefined) {
      color = Number(chosen);
    } else if (control !== undefined) {
      x = 0;
      if (control === "-") y += 6;
    } else {
      const bits = sixel!.charCodeAt(0) - 63;
      for (const end = x + Number(count ?? 1); x < end; x++) {
        for (let bit = 0; bit < 6; bit++) {
          const isSet = bits & 1 << bit && y + bit < height && x < width;
          if (isSet) {
            pixels.set(palette.get(color)!, 3 * ((y + bit) * width + x));
          }
        }
      }
    }
  }
  return { width, height, channels: 3, pixels };
}

/** The greatest difference of a sample. */
function difference(a: Image, b: Image): number {
  assertEquals([a.width, a.height], [b.width, b.height]);
  return a.pixels.reduce(
    (most, value, i) => Math.max(most, Math.abs(value - b.pixels[i]!)),
    0,
  );
}

describe("figureForTerminal()", () => {
  it("gives kitty the PNG file in pieces of 4096 letters", async () => {
    const text = await figureForTerminal(FIGURE, {
      columns: 50,
      colors: "truecolor",
      graphics: "kitty",
    });
    // deno-lint-ignore no-control-regex -- the protocol
    const pieces = [...text.matchAll(/\x1b_G([^;]*);([^\x1b]*)\x1b\\/g)];
    assertEquals(pieces.map(([piece]) => piece).join("") + "\n", text);
    assertEquals(pieces[0]![1]!.split(",").slice(0, 4), [
      "a=T",
      "f=100",
      "q=2",
      "c=50",
    ]);
    for (const [i, [, keys, data]] of pieces.entries()) {
      const isLast = i === pieces.length - 1;
      assert(keys!.endsWith(isLast ? "m=0" : "m=1"));
      assert(isLast ? data!.length <= 4096 : data!.length === 4096);
    }
    const png = Uint8Array.fromBase64(pieces.map(([, , d]) => d).join(""));
    assertEquals(
      png,
      await renderFigure(FIGURE, { format: "png", width: 800, theme: "dark" }),
    );
  });

  it("gives the picture as sixels, each colour within the rounding to percents", async () => {
    const text = await figureForTerminal(FIGURE, {
      columns: 30,
      colors: "256",
      graphics: "sixel",
    });
    const shown = decodeSixel(text);
    assertEquals(shown.width, 240);
    const png = decodeImage(
      await renderFigure(FIGURE, { format: "png", width: 240, theme: "dark" }),
    );
    const middle = (image: Image) => {
      const { width, height } = image;
      return [[0.25, 0.4], [0.75, 0.4], [0.25, 0.9], [0.75, 0.9]].map((
        [x, y],
      ) => {
        const at = 3 *
          (Math.floor(y! * height) * width + Math.floor(x! * width));
        return [...image.pixels.subarray(at, at + 3)];
      });
    };
    for (const [i, color] of middle(shown).entries()) {
      for (const [c, value] of color.entries()) {
        assert(Math.abs(value - middle(png)[i]![c]!) < 16);
      }
    }
  });

  it("is letters elsewhere", async () => {
    const terminal = { columns: 40, colors: "256" } as const;
    assertEquals(
      await figureForTerminal(FIGURE, terminal),
      previewFigure(FIGURE, terminal),
    );
  });
});

describe("sixelPicture()", () => {
  it("keeps images of few colours, in grey too, of any height", () => {
    for (const [width, height] of [[1, 1], [7, 6], [13, 17]] as const) {
      for (const channels of [1, 3] as const) {
        const pixels = Uint8Array.from(
          { length: width * height * channels },
          (_, i) => [0, 51, 204, 255][i * 7 % 4]!,
        );
        const image: Image = { width, height, channels, pixels };
        const grey = channels === 3 ? image : {
          ...image,
          channels: 3 as const,
          pixels: Uint8Array.from(
            { length: 3 * pixels.length },
            (_, i) => pixels[Math.floor(i / 3)]!,
          ),
        };
        assert(difference(decodeSixel(sixelPicture(image)), grey) <= 3);
      }
    }
  });
});

describe("graphicsOf()", () => {
  it("goes by what the terminal says of itself, and never through a pipe or a multiplexer", () => {
    const of = (change: Partial<Parameters<typeof graphicsOf>[0]>) =>
      graphicsOf({
        isTerminal: true,
        noColor: false,
        term: "xterm-256color",
        colorTerm: "truecolor",
        termProgram: "",
        kittyWindowId: "",
        isWindows: false,
        ...change,
      });
    assertEquals(of({}), "none");
    assertEquals(of({ termProgram: "vscode" }), "none");
    for (
      const change of [
        { kittyWindowId: "1" },
        { term: "xterm-kitty" },
        { termProgram: "WezTerm" },
        { termProgram: "ghostty" },
      ]
    ) {
      assertEquals(of(change), "kitty");
      assertEquals(of({ ...change, isTerminal: false }), "none");
      assertEquals(of({ ...change, noColor: true }), "none");
    }
    for (
      const change of [
        { term: "foot" },
        { term: "foot-extra" },
        { term: "mlterm" },
        { termProgram: "iTerm.app" },
      ]
    ) {
      assertEquals(of(change), "sixel");
      assertEquals(of({ ...change, term: "tmux-256color" }), "none");
    }
    // What may not be read is as if it were not set.
    assertEquals(of({ term: undefined, termProgram: undefined }), "none");
  });
});

describe("previewFigure() of a matrix", () => {
  const matrix = (size: number): MatrixFigure => {
    const labels = Array.from({ length: size }, (_, i) => `class ${i}`);
    return {
      kind: "matrix",
      title: "Confusion",
      rows: { title: "true", labels },
      columns: { title: "predicted", labels },
      values: labels.map((_, r) => labels.map((_, c) => r === c ? 90 : 1)),
      value: { title: "images" },
      cells: "count",
    };
  };

  it("writes the numbers where they fit, and shows colours where they do not", () => {
    const plain = previewFigure(matrix(3), { columns: 60, colors: "none" });
    assertEquals(plain.split("\n").slice(2), [
      "         class 0  class 1  class 2",
      "class 0       90        1        1 ",
      "class 1        1       90        1 ",
      "class 2        1        1       90 ",
      "",
    ]);
    const large = previewFigure(matrix(100), { columns: 60, colors: "256" });
    assert(large.includes("▀") && !large.includes("90 "));
    // deno-lint-ignore no-control-regex -- the sequences that set colours
    const lines = large.replace(/\x1b\[[\d;]*m/g, "").split("\n");
    for (const line of lines) assert([...line].length <= 60);
  });
});

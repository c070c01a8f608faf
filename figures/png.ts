// Copyright 2026 the Convlab authors. MIT license.

/**
 * Turns SVG documents into PNG files, with a rasteriser in WebAssembly that is
 * loaded when it is first used. It brings its own fonts, so that text is the
 * same on every machine, also on one that has none.
 *
 * @module
 */

type Resvg = typeof import("@resvg/resvg-wasm")["Resvg"];

/** The rasteriser and its fonts. */
interface Rasteriser {
  readonly Resvg: Resvg;
  readonly fontBuffers: Uint8Array[];
}

/** What the fonts lack. Each such character would vanish, so `□` takes its place. */
const MISSING_CHARACTERS =
  /[^\n\x20-\x7e\xa0-\u0148\u014a-\u017f\u0391-\u03a1\u03a3-\u03a9\u03b1-\u03c9\u2013\u2014\u2018-\u201e\u2022\u2026\u2030\u2032\u2033\u2070\u2074-\u208e\u20ac\u2190-\u2193\u2202\u2211\u2212\u221a\u221e\u2248\u2260\u2264\u2265\u25a1\u2713]/gu;

let loading: Promise<Rasteriser> | undefined;

/**
 * Rasterises an SVG document.
 *
 * @param svg The document, with its texts in Inter.
 * @param width Pixels in a row of the result.
 */
export async function rasterize(
  svg: string,
  width: number,
): Promise<Uint8Array> {
  const { Resvg, fontBuffers } = await (loading ??= loadRasteriser());
  const document = new Resvg(svg.replace(MISSING_CHARACTERS, "□"), {
    fitTo: { mode: "width", value: width },
    font: { fontBuffers, defaultFontFamily: "Inter", sansSerifFamily: "Inter" },
  });
  const image = document.render();
  try {
    return image.asPng();
  } finally {
    image.free();
    document.free();
  }
}

async function loadRasteriser(): Promise<Rasteriser> {
  const [{ initWasm, Resvg }, { default: wasm }, regular, semiBold] =
    await Promise.all([
      import("@resvg/resvg-wasm"),
      import("./resvg_wasm.js"),
      import("./fonts/inter_regular.ts"),
      import("./fonts/inter_semibold.ts"),
    ]);
  await initWasm(wasm);
  const fontBuffers = await Promise.all(
    [regular.INTER_REGULAR, semiBold.INTER_SEMIBOLD].map(gunzipBase64),
  );
  return { Resvg, fontBuffers };
}

async function gunzipBase64(text: string): Promise<Uint8Array> {
  const stream = new Blob([Uint8Array.fromBase64(text)]).stream()
    .pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

// Copyright 2026 the Convlab authors. MIT license.

/** As much of the package sixel as figures use. */

/**
 * Pixels as DEC's sixel graphics, with the colours brought down to a palette.
 *
 * @param data Red, green, blue and opacity of each pixel, row by row.
 */
export function image2sixel(
  data: Uint8Array,
  width: number,
  height: number,
  maxColors: number,
  backgroundSelect: 0 | 1 | 2,
): string;

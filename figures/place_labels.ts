// Copyright 2026 the Convlab authors. MIT license.

/**
 * Finds places for texts beside points, where they cover neither each other nor
 * the points, and stay inside the plot.
 *
 * @module
 */

/** A point and the size of its text. */
export interface LabelledPoint {
  readonly x: number;
  readonly y: number;
  /** Width of the text; 0 for a point without one, which others keep clear of. */
  readonly width: number;
}

/** The middle of a text's left end. */
export interface LabelPlace {
  readonly x: number;
  readonly y: number;
  /** Whether it is so far from its point that a line should join them. */
  readonly isFar: boolean;
}

/** A rectangle by its ends. */
type Box = readonly [left: number, top: number, right: number, bottom: number];

/** Height of a line of text. */
const HEIGHT = 14;
/** Distances from the point to the text, tried one after the other. */
const DISTANCES = [7, 16, 28, 42, 60, 80];
/** Where a text with that distance from its point lies: right, left, above, below, and between. */
const DIRECTIONS = [
  [1, 0],
  [-1, 0],
  [0, -1],
  [0, 1],
  [1, -1],
  [1, 1],
  [-1, -1],
  [-1, 1],
] as const;
/** Half the side of the square that a point takes. */
const POINT_SIZE = 4;
/** What a unit of area covered costs, by what is covered, and one of distance. */
const COST = { label: 20, point: 40, line: 5, distance: 8 } as const;
/** Distance of the places along a line to a text, and half the square that each takes. */
const LINE_STEP = 4;
const LINE_SIZE = 2;
/** From this distance on a line joins the text with its point. */
const FAR = 20;

/**
 * Places texts, one point after the other, each where it costs least: far from
 * its point is worse than near, and over something else is worst. The same
 * points give the same places.
 *
 * @param points The points, with the widths of their texts.
 * @param plot Width and height of the plot, which texts do not leave; a text wider than that begins at its left end.
 * @param avoid More places that texts had better not cover, as those along lines.
 */
export function placeLabels(
  points: readonly LabelledPoint[],
  plot: { readonly width: number; readonly height: number },
  avoid: readonly (readonly [x: number, y: number])[] = [],
): LabelPlace[] {
  const dots = points.map(({ x, y }): Box => [
    x - POINT_SIZE,
    y - POINT_SIZE,
    x + POINT_SIZE,
    y + POINT_SIZE,
  ]);
  const lines = avoid.map(boxAround);
  const placed: Box[] = [];
  return points.map((point) => {
    let best: { box: Box; cost: number; distance: number } | undefined;
    for (const distance of point.width > 0 ? DISTANCES : []) {
      for (const [order, direction] of DIRECTIONS.entries()) {
        const box = boxAt(point, direction, distance, plot);
        const cost = distance * COST.distance + order +
          COST.label * covered(box, placed) + COST.point * covered(box, dots) +
          COST.line * covered(box, lines) +
          COST.line * crossed(leaderOf(point, box, distance), placed);
        if (!best || cost < best.cost) best = { box, cost, distance };
      }
    }
    if (!best) return { x: point.x, y: point.y, isFar: false };
    placed.push(best.box);
    lines.push(...leaderOf(point, best.box, best.distance));
    const [left, top] = best.box;
    return { x: left, y: top + HEIGHT / 2, isFar: best.distance >= FAR };
  });
}

/** The rectangle of a text, moved into the plot where it would leave it. */
function boxAt(
  { x, y, width }: LabelledPoint,
  [dx, dy]: readonly [number, number],
  distance: number,
  plot: { readonly width: number; readonly height: number },
): Box {
  const middle = { x: x + dx * distance, y: y + dy * distance };
  const left = dx > 0
    ? middle.x
    : dx < 0
    ? middle.x - width
    : middle.x - width / 2;
  const top = middle.y - HEIGHT / 2;
  const insideX = Math.max(0, Math.min(left, plot.width - width));
  const insideY = Math.max(0, Math.min(top, plot.height - HEIGHT));
  return [insideX, insideY, insideX + width, insideY + HEIGHT];
}

/** The line from a point to its text; empty where they are near. */
function leaderOf(point: LabelledPoint, box: Box, distance: number): Box[] {
  if (distance < FAR) return [];
  const dx = Math.max(box[0], Math.min(point.x, box[2])) - point.x;
  const dy = (box[1] + box[3]) / 2 - point.y;
  const steps = Math.ceil(Math.hypot(dx, dy) / LINE_STEP);
  return Array.from(
    { length: steps },
    (_, i) => boxAround([point.x + dx * i / steps, point.y + dy * i / steps]),
  );
}

function boxAround([x, y]: readonly [x: number, y: number]): Box {
  return [x - LINE_SIZE, y - LINE_SIZE, x + LINE_SIZE, y + LINE_SIZE];
}

/** The area of texts that a line crosses. */
function crossed(line: readonly Box[], texts: readonly Box[]): number {
  return line.reduce((area, box) => area + covered(box, texts), 0);
}

/** The area of a rectangle that others cover. */
function covered(box: Box, others: readonly Box[]): number {
  let area = 0;
  for (const other of others) {
    const width = Math.min(box[2], other[2]) - Math.max(box[0], other[0]);
    const height = Math.min(box[3], other[3]) - Math.max(box[1], other[1]);
    if (width > 0 && height > 0) area += width * height;
  }
  return area;
}

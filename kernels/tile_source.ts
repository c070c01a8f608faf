// Copyright 2026 the Convlab authors. MIT license.

/**
 * Writes the register tiles in AssemblyScript. A tile is the same few lines
 * over and over, for each row and each vector, and which of them there are
 * depends on the module that they are for; so they are generated.
 *
 * @module
 */

import {
  joinedColumns,
  joinedSums,
  joinedWeight,
  SECOND_WEIGHTS,
} from "./joined_source.ts";
import {
  IN_STEPS,
  OF_THREE_ROWS,
  OF_TWO_ROWS,
  OF_WINDOW,
  type TapLoops,
} from "./tap_loops.ts";

/** How the tiles of a module are written. */
export interface TileForm {
  /** Vectors of 128 bits in one row of a tile, an even number. */
  readonly vectors: number;
  /** Whether the engine is to join vectors although it checks each address (joined_source.ts). */
  readonly joined: boolean;
}

/** Rows of the tiles: every row count from 3 on is a sum of them. */
export const TILE_ROWS = [5, 4, 3] as const;

/** Positions done in one turn of a loop over a row of them; a power of two. */
const POSITIONS = 4;

/**
 * AssemblyScript of the functions `tile5`, `tile4` and `tile3`, whose taps are all
 * evenly apart, and of `grid5` and so on, which do a whole grid of outputs with
 * the taps of a window.
 */
export function tileSource(form: TileForm): string {
  const { vectors } = form;
  return [
    'import { bytes, lanes } from "./simd";',
    'import { storePart } from "./store_part";',
    ...(vectors > 2
      ? [IN_STEPS, OF_WINDOW, OF_TWO_ROWS]
      : [IN_STEPS, OF_WINDOW])
      .flatMap((way) => TILE_ROWS.map((rows) => tileFunction(rows, form, way))),
    tileFunction(3, form, OF_THREE_ROWS),
    ...TILE_ROWS.map((rows) => gridFunction(rows, vectors)),
    tapsFunction([[0, 0], [0, 1], [0, 2], [1, 0], [1, 1]], form),
    tapsFunction([[2, 0], [2, 1], [2, 2], [1, 2]], form, 1),
    registerProducts(form),
  ].join("\n");
}

/**
 * For each position (an offset in the plane, and a row of the panel): sums[k] +=
 * the number at tap k of its window * the row. The taps (row and column of a
 * window) are in the order in which they are read: the first three lie side by
 * side; `ahead` of the sums after them belong before them.
 */
function tapsFunction(
  taps: readonly (readonly [row: number, column: number])[],
  { vectors, joined }: TileForm,
  ahead = 0,
): string {
  const sums = named("c", taps.length, vectors);
  const half = vectors / 2;
  const lines = [..."pqr"];
  const used = new Set(taps.map(([row]) => row));
  const [firstRow] = taps[0]!;
  const turn = `
    {
      ${used.has(1) || used.has(2) ? "const q = p + rowBytes;" : ""}
      ${used.has(2) ? "const r = q + rowBytes;" : ""}
      ${columnsOf(vectors, joined, (j) => `v128.load(panel, ${16 * j})`)}
      panel += ${16 * vectors};
      const w = v128.load(${lines[firstRow]});
      let a: v128;
      ${
    taps.map(([row, column], k) =>
      `a = ${tapNumber(lines[row]!, column, k, half)};\n      ` +
      sums[k]!.map((sum, j) => product(sum, "a", `b${j}`)).join(" ")
    ).join("\n      ")
  }
      p += step;
    }`;
  /** Where the sum of tap k is kept: in the order of rows and columns. */
  const place = (k: number) => k < 3 ? k + ahead : k - 3 + (ahead ? 0 : 3);
  return `
export function taps${taps.length}<T>(
  plane: usize, rowBytes: usize, rows: usize, end: usize, width: i32, step: usize, panel: usize, sums: usize,
): void {
  const length = <usize>width * step, whole = <usize>(width & ~${
    POSITIONS - 1
  }) * step;
  let ${sums.flat().map((sum) => `${sum} = v128.splat<T>(0)`).join(", ")};
  for (; rows < end; rows += 4) {
    let p = plane + <usize>load<u32>(rows);
    const last = p + length, unrolled = p + whole;
    while (p < unrolled) {${list(POSITIONS, () => turn).join("")}
    }
    while (p < last) {${turn}
    }
  }
  ${joined ? joinedSums(sums) : ""}
  ${
    sums.map((row, k) =>
      row.map((sum, j) =>
        `const d${k}_${j} = v128.add<T>(${sum}, v128.load(sums, ${
          16 * (place(k) * vectors + j)
        }));`
      ).join("\n  ") + "\n  " +
      storesOf(
        row.map((_, j) => `sums, d${k}_${j}, ${16 * (place(k) * vectors + j)}`),
      ).join("\n  ")
    ).join("\n  ")
  }
}`;
}

/** The number of a tap in all lanes; `weight` says why the first three are read together. */
function tapNumber(
  line: string,
  column: number,
  k: number,
  half: number,
): string {
  const splat = `v128.load_splat<T>(${line}, ${column} * sizeof<T>())`;
  if (half > 1 || k > 2) return splat;
  const lane = `${column}, `.repeat(4).slice(0, -2);
  return `sizeof<T>() == 4 ? v128.shuffle<f32>(w, w, ${lane}) : ${splat}`;
}

/** The multiply-adds of a tile of five rows, and nothing else. */
function registerProducts({ vectors, joined }: TileForm): string {
  const sums = list(5 * vectors, (i) => `c${i}`);
  return `
export function registerProducts<T>(out: usize, turns: i32): void {
  const a = v128.load_splat<T>(out), b = a;
  let ${sums.map((sum) => `${sum} = a`).join(", ")};
  while (turns--) {
    ${sums.map((sum) => product(sum, "a", "b")).join("\n    ")}
  }
  ${joined ? joinedSums([sums]) : ""}
  ${sums.map((sum, i) => `v128.store(out, ${sum}, ${16 * i});`).join("\n  ")}
}`;
}

/** A tile of `rows` rows, with that way through its taps. */
function tileFunction(rows: number, form: TileForm, way: TapLoops): string {
  const tile = tileOf(rows, form, way);
  const { sums, others, all } = tile;
  return `
// @ts-ignore: decorator
@inline
export function ${way.name}${rows}<T>(
  source: usize, ${way.parameters}unrolled: usize, end: usize, stride: usize, weights: usize, bias: usize,
  out: usize, rowStride: usize, columnStride: usize, rows: i32, columns: i32, spill: usize,
): void {
  let ${all.map((sum) => `${sum} = v128.splat<T>(0)`).join(", ")};${
    way.loops(
      list(way.turn, (u) => tap(tile, u % 2 ? others : sums)),
      tap(tile, sums),
    )
  }
${tileEnd(tile)}
}`;
}

/** How a tile is made up. */
interface Tile {
  readonly form: TileForm;
  /** Parts of the columns, and vectors in each. */
  readonly parts: number;
  readonly partVectors: number;
  /** Names of the sums, by row and vector. */
  readonly sums: string[][];
  /** Those that every other tap is added to. */
  readonly others: string[][];
  readonly all: string[];
  /** Weights that a narrow tile of f32 takes from one load. */
  readonly spread: number;
}

/**
 * Six sums of three rows are too few to keep the multipliers busy, each waiting
 * for the one before: every other tap is added to sums of its own.
 */
function tileOf(rows: number, form: TileForm, { parts }: TapLoops): Tile {
  const half = form.vectors / 2;
  const partVectors = parts === 1 ? form.vectors : half;
  const vectors = parts * partVectors;
  const sums = named("c", rows, vectors);
  const others = rows * vectors / half < 8 ? named("d", rows, vectors) : sums;
  const all = [...new Set([...sums, ...others].flat())];
  // With twelve sums there is no register left for what they were loaded to.
  const spread = form.vectors === 2 && others === sums ? 3 : 0;
  return { form, parts, partVectors, sums, others, all, spread };
}

/** What a tile does with its sums. */
function tileEnd({ form, parts, partVectors, sums, others }: Tile): string {
  const rows = sums.length, rowBytes = 16 * parts * partVectors;
  const part = (j: number) => Math.floor(j / partVectors);
  const at = (j: number) => `to${part(j)}`;
  const offset = (j: number) => 16 * (j % partVectors);
  // Each is computed once: vectors are joined only where they lie at one address and what is added to it.
  const addresses = (i: number) =>
    list(
      parts,
      (k) =>
        k === 0
          ? `const to0 = out + ${i} * rowStride;`
          : `const to${k} = to${k - 1} + outPair;`,
    ).join(" ");
  const stored = (row: readonly string[]) =>
    storesOf(
      row.map((sum, j) => `${at(j)}, v128.add<T>(${sum}, b), ${offset(j)}`),
    );
  const added = (row: readonly string[]) => [
    ...row.map((sum, j) =>
      `const d${j} = v128.add<T>(${sum}, v128.load(${at(j)}, ${offset(j)}));`
    ),
    ...storesOf(row.map((_, j) => `${at(j)}, d${j}, ${offset(j)}`)),
  ];
  return `${
    sums === others
      ? ""
      : sums.flat().map((sum, i) =>
        `  ${sum} = v128.add<T>(${sum}, ${others.flat()[i]});`
      ).join("\n")
  }
  ${form.joined ? joinedSums(sums) : ""}
  const whole = ${16 * partVectors} / <i32>sizeof<T>();
  if (rows == ${rows} && columns == whole && columnStride == sizeof<T>()) {
    if (bias) {${
    sums.map((row, i) => `
      {
        ${addresses(i)}
        const b = v128.load_splat<T>(bias, ${i} * sizeof<T>());
        ${stored(row).join("\n        ")}
      }`).join("")
  }
    } else {${
    sums.map((row, i) => `
      {
        ${addresses(i)}
        ${added(row).join("\n        ")}
      }`).join("")
  }
    }
    return;
  }
  ${
    storesOf(sums.flat().map((sum, i) => `spill, ${sum}, ${16 * i}`))
      .join("\n  ")
  }
  ${
    list(parts, (k) =>
      `storePart<T>(spill + ${k * 16 * partVectors}, ${rowBytes}, bias, out${
        k === 0 ? "" : ` + ${k} * outPair`
      }, rowStride, columnStride, rows, columns);`).join("\n  ")
  }`;
}

/**
 * All positions of `rows` filters, tile after tile. Where a row ends within the
 * first half of a wide tile, the other half does the same columns of the row
 * below. `inThrees` has three filters do three rows at a time, while there are such.
 */
function gridFunction(rows: number, vectors: number): string {
  const half = vectors / 2;
  const tile = (name: string, far: string, columns: string) =>
    `${name}${rows}<T>(from, ${far}taps, unrolled, end, stride, weights, bias, to, outPlane, outColumn, rows, ${columns}, spill);`;
  const rowsApart = "sourceRow, outRow, ";
  const place = `let from = source + <usize>y * sourceRow + bytes<T>(x);
      let to = out + <usize>y * outRow + <usize>x * outColumn;`;
  return `
export function grid${rows}<T>(
  source: usize, sourceRow: usize, taps: usize, unrolled: usize, end: usize, stride: usize,
  weights: usize, bias: usize, rows: i32, out: usize, outPlane: usize, outRow: usize, outColumn: usize,
  height: i32, width: i32, ${rows !== 3 ? "" : "inThrees: bool, "}spill: usize,
): void {
  const half = ${half} * lanes<T>(), step = 2 * half;
  let y = 0;${
    rows !== 3 ? "" : `
  for (; inThrees && y + 3 <= height; y += 3) {
    for (let x = 0; x < width; x += half) {
      ${place}
      ${tile("threeRows", rowsApart, "min(half, width - x)")}
    }
  }`
  }
  for (; y < height; y += 2) {
    const lines = min(2, height - y);
    for (let x = 0; x < width; x += step) {
      const columns = min(step, width - x);
      ${place}${
    half === 1 ? "" : `
      if (columns <= half && lines == 2) {
        ${tile("twoRows", rowsApart, "columns")}
        continue;
      }`
  }
      for (let line = 0; line < lines; line++) {
        ${tile("window", "", "columns")}
        from += sourceRow;
        to += outRow;
      }
    }
  }
}`;
}

/** One tap, added to `sums`: its weights times the columns that it reads. */
function tap(
  { form, parts, partVectors, spread }: Tile,
  sums: readonly string[][],
): string {
  const { joined } = form;
  const lines = [..."pqr"];
  const load = (j: number) =>
    `v128.load(${lines[Math.floor(j / partVectors)]}, ${
      16 * (j % partVectors)
    })`;
  const products = sums.map((row, i) =>
    `a = ${joined ? joinedWeight(i) : weight(i, spread)};\n      ` +
    row.map((sum, j) => product(sum, "a", `b${j}`)).join(" ")
  );
  return `
    {
      ${
    list(parts - 1, (k) => `const ${lines[k + 1]} = ${lines[k]} + pair;`)
      .join(" ")
  }
      ${columnsOf(parts * partVectors, joined, load)}
      ${joined || spread > 0 ? "const w = v128.load(weights);" : ""}
      ${joined ? SECOND_WEIGHTS : ""}
      let a: v128;
      ${products.join("\n      ")}
      weights += ${sums.length} * sizeof<T>();
    }`;
}

/** Loads the vectors of columns b0, b1, and so on. */
function columnsOf(
  vectors: number,
  joined: boolean,
  load: (j: number) => string,
): string {
  const columns = joined
    ? list(vectors / 2, (k) => joinedColumns(2 * k, load))
    : list(vectors, (j) => `const b${j} = ${load(j)};`);
  return columns.join("\n      ");
}

/**
 * Weight `i` in all lanes. A narrow tile takes the first `spread` of f32, or two
 * of f64, from one load: each load by itself would cost a check of its bounds.
 */
function weight(i: number, spread: number): string {
  const splat = `v128.load_splat<T>(weights, ${i} * sizeof<T>())`;
  if (i >= spread) return splat;
  const lane = `${i}, `.repeat(4).slice(0, -2);
  const double = i > 1 ? splat : `v128.shuffle<f64>(w, w, ${i}, ${i})`;
  return `sizeof<T>() == 4 ? v128.shuffle<f32>(w, w, ${lane}) : ${double}`;
}

/**
 * `sum += a * b`. Written out, and not a call that is inlined: the engine joins
 * vectors only within a basic block, and the compiler would make blocks of calls.
 */
function product(sum: string, a: string, b: string): string {
  return `${sum} = ASC_FEATURE_RELAXED_SIMD
        ? v128.relaxed_madd<T>(${a}, ${b}, ${sum})
        : v128.add<T>(${sum}, v128.mul<T>(${a}, ${b}));`;
}

/**
 * Stores (address, value, offset) to neighbours, the last first: the engine joins
 * two where the second stands, and would leave the first beside if it began earlier.
 */
function storesOf(neighbours: readonly string[]): string[] {
  return neighbours.map((store) => `v128.store(${store});`).reverse();
}

/** Names of the sums of a tile, by row and vector. */
function named(letter: string, rows: number, vectors: number): string[][] {
  return list(rows, (i) => list(vectors, (j) => `${letter}${i}_${j}`));
}

function list<R>(length: number, item: (index: number) => R): R[] {
  return Array.from({ length }, (_, index) => item(index));
}

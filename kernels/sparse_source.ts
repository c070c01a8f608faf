// Copyright 2026 the Convlab authors. MIT license.

/**
 * Writes, in AssemblyScript, the register tiles of a filter gradient behind a
 * max-pooling, where most of dout is zero: sums over a list of the positions
 * where it is not.
 *
 * @module
 */

/** Bytes of an entry of the list. */
const ENTRY = 16;

/** AssemblyScript of the functions `sparse12x1` and so on: rows of the window × vectors of a row. */
export function sparseSource(): string {
  return [12, 6, 3].flatMap((rows) => [
    sparseFunction(rows, 1),
    sparseFunction(rows, 2),
  ]).join("\n");
}

/**
 * For each entry of the list (a value, and 8 bytes further an offset in the
 * plane): sums[i] += value * the vectors at `plane + offset + rows[i]`.
 */
function sparseFunction(rows: number, width: number): string {
  const row = Array.from({ length: rows }, (_, i) => i);
  const vector = Array.from({ length: width }, (_, j) => j);
  const each = (text: (i: number, j: number) => string, by: string) =>
    row.flatMap((i) => vector.map((j) => text(i, j))).join(by);
  const entry = `
    p = plane + <usize>load<u32>(entries, 8);
    v = v128.load_splat<T>(entries);
    ${
    row.map((i) =>
      `q = p + o${i};\n    ` +
      vector.map((j) => {
        const sum = `c${i}_${j}`, b = `v128.load(q, ${16 * j})`;
        return `${sum} = ASC_FEATURE_RELAXED_SIMD
      ? v128.relaxed_madd<T>(v, ${b}, ${sum})
      : v128.add<T>(${sum}, v128.mul<T>(v, ${b}));`;
      }).join("\n    ")
    ).join("\n    ")
  }
    entries += ${ENTRY};`;
  return `
export function sparse${rows}x${width}<T>(
  entries: usize, end: usize, plane: usize, offsets: usize, sums: usize,
): void {
  const ${row.map((i) => `o${i} = <usize>load<u32>(offsets, ${4 * i})`)};
  let ${
    each(
      (i, j) => `c${i}_${j} = v128.load(sums, ${16 * (i * width + j)})`,
      ", ",
    )
  };
  let p: usize, q: usize, v: v128;
  while (entries + ${ENTRY} < end) {${entry}${entry}
  }
  if (entries < end) {${entry}
  }
  ${
    each(
      (i, j) => `v128.store(sums, c${i}_${j}, ${16 * (i * width + j)});`,
      "\n  ",
    )
  }
}`;
}

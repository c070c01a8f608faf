// Copyright 2026 the Convlab authors. MIT license.

/**
 * Writes those parts of the register tiles that make V8 join vectors although it
 * checks every address.
 *
 * Where it does, each load comes right behind a branch to an error, and nothing
 * is moved across that: two neighbouring loads stay two, and so do two stores.
 * But what is done with their values can be joined, if it is written so that V8
 * begins with it and ends in front of the loads.
 *
 * @module
 */

/**
 * Loads the neighbours b`j` and b`j + 1`, and puts a lane of each where it is
 * already. That changes nothing and cannot fail, and V8 makes one vector of two
 * of any two of these operations, where it would give up at the loads.
 */
export function joinedColumns(
  j: number,
  load: (j: number) => string,
): string {
  const pair = [j, j + 1];
  return [
    ...pair.map((j) => `const v${j} = ${load(j)};`),
    ...pair.map((j) => `const e${j} = f64x2.extract_lane(v${j}, 0);`),
    ...pair.map((j) => `const b${j} = f64x2.replace_lane(v${j}, 0, e${j});`),
  ].join(" ");
}

/** Loads w2: the third and fourth weight, where w has only two. */
export const SECOND_WEIGHTS =
  "const w2 = sizeof<T>() == 4 ? w : v128.load(weights, 16);";

/**
 * Weight `i` in all lanes. Four of f32, or two of f64, come from one load: V8 makes
 * of each shuffle a load that fills 256 bits with the number, without a check.
 */
export function joinedWeight(i: number): string {
  if (i > 3) return `v128.load_splat<T>(weights, ${i} * sizeof<T>())`;
  const lane = `${i}, `.repeat(4).slice(0, -2);
  const w = i < 2 ? "w" : "w2";
  return `sizeof<T>() == 4 ? v128.shuffle<f32>(w, w, ${lane}) : v128.shuffle<f64>(${w}, ${w}, ${
    i % 2
  }, ${i % 2})`;
}

/**
 * Ends the loops in which the sums are made. V8 takes joined vectors apart where
 * they were made, and for the sums of a loop that would be in each of its turns;
 * `or` makes them once more behind it. It looks for vectors to join from stores on,
 * which are of no use here, and from sums of integers: these nobody reads, and
 * V8 drops them in the end.
 */
export function joinedSums(sums: readonly (readonly string[])[]): string {
  const all = sums.flat();
  return [
    ...all.map((sum) => `${sum} = v128.or(${sum}, ${sum});`),
    ...all.flatMap((sum, i) =>
      i % 2 ? [] : [`i32x4.add(${sum}, ${all[i + 1]});`]
    ),
  ].join("\n  ");
}

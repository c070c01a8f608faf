// Copyright 2026 the Convlab authors. MIT license.

// The transforms of Winograd's minimal filtering (winograd.ts of the folder above
// says where they come from), for rows of float32: four neighbouring outputs of a
// row, a tile, are made of six or seven products instead of twelve or sixteen. A
// vector has the same number of four neighbouring tiles.

import { madd } from "./simd";

/**
 * Puts a row of an image into the four phases of a padded line: column `x` of the
 * image, x + left of the line, is number (x + left) / 4 of phase (x + left) % 4.
 * The rest of the line is left as it is. What is left after whole groups of sixteen
 * columns is a group that ends with the row, and overlaps the one before; or of eight.
 */
export function splitLine(row: usize, width: i32, left: i32, line: usize, phaseBytes: usize): void {
  if (width >= 16) {
    for (let x = 0; x < width; x += 16) splitSixteen(row, min(x, width - 16), left, line, phaseBytes);
  } else if (width >= 8) {
    splitEight(row, 0, left, line, phaseBytes);
    if (width > 8) splitEight(row, width - 8, left, line, phaseBytes);
  } else {
    for (let x = 0; x < width; x++) {
      store<f32>(placeOf(line, phaseBytes, x + left), load<f32>(row + (<usize>x << 2)));
    }
  }
}

// @ts-ignore: decorator
@inline
function splitSixteen(row: usize, x: i32, left: i32, line: usize, phaseBytes: usize): void {
  const from = row + (<usize>x << 2), at = x + left;
  const a = v128.load(from), b = v128.load(from, 16), c = v128.load(from, 32), d = v128.load(from, 48);
  const ab02 = v128.shuffle<f32>(a, b, 0, 2, 4, 6), ab13 = v128.shuffle<f32>(a, b, 1, 3, 5, 7);
  const cd02 = v128.shuffle<f32>(c, d, 0, 2, 4, 6), cd13 = v128.shuffle<f32>(c, d, 1, 3, 5, 7);
  v128.store(placeOf(line, phaseBytes, at), v128.shuffle<f32>(ab02, cd02, 0, 2, 4, 6));
  v128.store(placeOf(line, phaseBytes, at + 1), v128.shuffle<f32>(ab13, cd13, 0, 2, 4, 6));
  v128.store(placeOf(line, phaseBytes, at + 2), v128.shuffle<f32>(ab02, cd02, 1, 3, 5, 7));
  v128.store(placeOf(line, phaseBytes, at + 3), v128.shuffle<f32>(ab13, cd13, 1, 3, 5, 7));
}

// @ts-ignore: decorator
@inline
function splitEight(row: usize, x: i32, left: i32, line: usize, phaseBytes: usize): void {
  const from = row + (<usize>x << 2), at = x + left;
  const a = v128.load(from), b = v128.load(from, 16);
  // The first and the second of each phase: columns 0, 4, 1, 5 and 2, 6, 3, 7.
  const ab01 = v128.shuffle<f32>(a, b, 0, 4, 1, 5), ab23 = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
  v128.store64_lane(placeOf(line, phaseBytes, at), ab01, 0);
  v128.store64_lane(placeOf(line, phaseBytes, at + 1), ab01, 1);
  v128.store64_lane(placeOf(line, phaseBytes, at + 2), ab23, 0);
  v128.store64_lane(placeOf(line, phaseBytes, at + 3), ab23, 1);
}

/** Where column `at` of a split line is. */
// @ts-ignore: decorator
@inline
function placeOf(line: usize, phaseBytes: usize, at: i32): usize {
  return line + <usize>(at & 3) * phaseBytes + (<usize>(at >> 2) << 2);
}

/**
 * The points' values of a row of tiles, of which each reads what `line` has from
 * its own first column plus `first` on; those of point p go to `to + p * pointBytes`.
 *
 * @param extra Whether there is a seventh point.
 * @param constants Those of the transforms.
 */
// @ts-ignore: decorator
@inline
export function transformRow(
  line: usize, phaseBytes: usize, first: i32, to: usize, pointBytes: usize, tiles: i32, constants: usize, extra: bool,
): void {
  const a = v128.load_splat<f32>(constants), b = v128.load_splat<f32>(constants, 4), c = v128.load_splat<f32>(constants, 8);
  const aa = v128.load_splat<f32>(constants, 12), bb = v128.load_splat<f32>(constants, 16);
  const sum = v128.load_splat<f32>(constants, 20), product = v128.load_splat<f32>(constants, 24);
  const p0 = placeOf(line, phaseBytes, first), p1 = placeOf(line, phaseBytes, first + 1);
  const p2 = placeOf(line, phaseBytes, first + 2), p3 = placeOf(line, phaseBytes, first + 3);
  for (let t = 0; t < tiles; t += 4) {
    const i = <usize>t << 2, count = tiles - t;
    let e0 = v128.load(p0 + i), e1 = v128.load(p1 + i), e2 = v128.load(p2 + i), e3 = v128.load(p3 + i);
    let e4 = v128.load(p0 + i, 4), e5 = v128.load(p1 + i, 4);
    let q = to + i;
    let last = e5;
    if (extra) {
      const e6 = v128.load(p2 + i, 4);
      last = nmadd(sum, e3, madd<f32>(product, e1, e5));
      e0 = nmadd(c, e0, e1);
      e1 = nmadd(c, e1, e2);
      e2 = nmadd(c, e2, e3);
      e3 = nmadd(c, e3, e4);
      e4 = nmadd(c, e4, e5);
      e5 = nmadd(c, e5, e6);
    }
    storeTiles(q, nmadd(sum, e2, madd<f32>(product, e0, e4)), count);
    q += pointBytes;
    let odd = nmadd(bb, e1, e3), even = nmadd(bb, e2, e4);
    storeTiles(q, madd<f32>(a, odd, even), count);
    q += pointBytes;
    storeTiles(q, nmadd(a, odd, even), count);
    q += pointBytes;
    odd = nmadd(aa, e1, e3);
    even = nmadd(aa, e2, e4);
    storeTiles(q, madd<f32>(b, odd, even), count);
    q += pointBytes;
    storeTiles(q, nmadd(b, odd, even), count);
    q += pointBytes;
    if (extra) {
      storeTiles(q, last, count);
      q += pointBytes;
    }
    storeTiles(q, nmadd(sum, e3, madd<f32>(product, e1, e5)), count);
  }
}

/** c - a * b. */
// @ts-ignore: decorator
@inline
function nmadd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_nmadd(a, b, c);
  return f32x4.sub(c, f32x4.mul(a, b));
}

/** Stores the first `count` lanes: what comes behind belongs to another row. */
// @ts-ignore: decorator
@inline
export function storeTiles(to: usize, v: v128, count: i32): void {
  if (count >= 4) {
    v128.store(to, v);
    return;
  }
  if (count == 1) {
    v128.store32_lane(to, v, 0);
    return;
  }
  v128.store64_lane(to, v, 0);
  if (count == 3) v128.store32_lane(to, v, 2, 8);
}

/**
 * Rows of `width` outputs, `outPitch` bytes apart, from the points' sums, with
 * the bias added, and 0 where less if `relu`. Sums of point p lie at `from + p *
 * pointBytes`, those of the next row `pitch` further. What is not finite makes
 * the vector at `finite`, to which it is added times zero, NaN. If `apart`, four
 * tiles are stored as four vectors of the first, second, third and fourth outputs.
 */
// @ts-ignore: decorator
@inline
export function restoreRows(
  from: usize, pitch: usize, pointBytes: usize, bias: usize, relu: bool,
  out: usize, outPitch: usize, width: i32, rows: i32, constants: usize, finite: usize, extra: bool, apart: bool,
): void {
  const a = v128.load_splat<f32>(constants), b = v128.load_splat<f32>(constants, 4), c = v128.load_splat<f32>(constants, 8);
  const aa = v128.load_splat<f32>(constants, 12), bb = v128.load_splat<f32>(constants, 16);
  const add = v128.load_splat<f32>(bias), zero = f32x4.splat(0);
  const all = i32x4.splat(-1);
  let nonFinite = v128.load(finite);
  for (let row = 0; row < rows; row++) {
    let source = from, to = out;
    for (let left = width; left > 0; left -= 16) {
      let p = source;
      const first = f32x4.add(v128.load(p), add);
      p += pointBytes;
      let u = v128.load(p);
      p += pointBytes;
      let v = v128.load(p);
      p += pointBytes;
      const evenA = f32x4.add(u, v), oddA = f32x4.mul(a, f32x4.sub(u, v));
      u = v128.load(p);
      p += pointBytes;
      v = v128.load(p);
      p += pointBytes;
      const evenB = f32x4.add(u, v), oddB = f32x4.mul(b, f32x4.sub(u, v));
      let y0 = f32x4.add(f32x4.add(evenA, evenB), first);
      let y1 = f32x4.add(f32x4.add(oddA, oddB), add);
      let y2 = madd<f32>(aa, evenA, madd<f32>(bb, evenB, add));
      let y3 = madd<f32>(aa, oddA, madd<f32>(bb, oddB, add));
      if (extra) {
        u = v128.load(p);
        p += pointBytes;
        y0 = f32x4.add(y0, u);
        u = f32x4.mul(c, u);
        y1 = f32x4.add(y1, u);
        u = f32x4.mul(c, u);
        y2 = f32x4.add(y2, u);
        y3 = madd<f32>(c, u, y3);
      }
      y3 = f32x4.add(y3, v128.load(p));
      // Tiles behind the row's last one are whatever was left there.
      const wanted = left >= 16 ? all : i32x4.lt_s(i32x4(0, 4, 8, 12), i32x4.splat(left));
      nonFinite = madd<f32>(v128.and(f32x4.add(y0, y3), wanted), zero, nonFinite);
      if (relu) {
        y0 = f32x4.max(y0, zero);
        y1 = f32x4.max(y1, zero);
        y2 = f32x4.max(y2, zero);
        y3 = f32x4.max(y3, zero);
      }
      if (apart) {
        v128.store(to, y0);
        v128.store(to, y1, 16);
        v128.store(to, y2, 32);
        v128.store(to, y3, 48);
      } else {
        const low01 = v128.shuffle<f32>(y0, y1, 0, 4, 1, 5), low23 = v128.shuffle<f32>(y2, y3, 0, 4, 1, 5);
        const high01 = v128.shuffle<f32>(y0, y1, 2, 6, 3, 7), high23 = v128.shuffle<f32>(y2, y3, 2, 6, 3, 7);
        const z0 = v128.shuffle<f64>(low01, low23, 0, 2), z1 = v128.shuffle<f64>(low01, low23, 1, 3);
        const z2 = v128.shuffle<f64>(high01, high23, 0, 2), z3 = v128.shuffle<f64>(high01, high23, 1, 3);
        if (left >= 16) {
          v128.store(to, z0);
          v128.store(to, z1, 16);
          v128.store(to, z2, 32);
          v128.store(to, z3, 48);
        } else {
          storeTiles(to, z0, left);
          if (left > 4) storeTiles(to + 16, z1, left - 4);
          if (left > 8) storeTiles(to + 32, z2, left - 8);
          if (left > 12) storeTiles(to + 48, z3, left - 12);
        }
      }
      source += 16;
      to += 64;
    }
    from += pitch;
    out += outPitch;
  }
  v128.store(finite, nonFinite);
}

/**
 * The maxima of windows of 2 × 2 of two rows that were stored `apart`, or 0 where
 * they are less, and which of the four each was: `none` where it is not positive.
 */
// @ts-ignore: decorator
@inline
export function poolTiles(
  upper: usize, lower: usize, count: i32, out: usize, selected: usize, none: i32,
): void {
  const zero = f32x4.splat(0);
  const one = i32x4.splat(1), two = i32x4.splat(2), three = i32x4.splat(3), four = i32x4.splat(none);
  for (; count > 0; count -= 8) {
    let p = v128.load(upper), q = v128.load(upper, 16), r = v128.load(lower), s = v128.load(lower, 16);
    const left = f32x4.max(f32x4.max(p, q), f32x4.max(r, s));
    let leftTap = v128.bitselect(two, three, f32x4.eq(r, left));
    leftTap = v128.bitselect(one, leftTap, f32x4.eq(q, left));
    leftTap = v128.andnot(leftTap, f32x4.eq(p, left));
    leftTap = v128.bitselect(four, leftTap, f32x4.le(left, zero));
    p = v128.load(upper, 32);
    q = v128.load(upper, 48);
    r = v128.load(lower, 32);
    s = v128.load(lower, 48);
    const right = f32x4.max(f32x4.max(p, q), f32x4.max(r, s));
    let rightTap = v128.bitselect(two, three, f32x4.eq(r, right));
    rightTap = v128.bitselect(one, rightTap, f32x4.eq(q, right));
    rightTap = v128.andnot(rightTap, f32x4.eq(p, right));
    rightTap = v128.bitselect(four, rightTap, f32x4.le(right, zero));
    const low = f32x4.max(v128.shuffle<f32>(left, right, 0, 4, 1, 5), zero);
    const high = f32x4.max(v128.shuffle<f32>(left, right, 2, 6, 3, 7), zero);
    let taps = i8x16.shuffle(leftTap, rightTap, 0, 16, 4, 20, 8, 24, 12, 28, 0, 16, 4, 20, 8, 24, 12, 28);
    if (count >= 8) {
      v128.store(out, low);
      v128.store(out, high, 16);
      v128.store64_lane(selected, taps, 0);
    } else {
      storeTiles(out, low, count);
      if (count > 4) storeTiles(out + 16, high, count - 4);
      for (let i = 0; i < count; i++) {
        store<u8>(selected + i, <u8>i8x16.extract_lane_u(taps, 0));
        taps = i8x16.shuffle(taps, taps, 1, 2, 3, 4, 5, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7);
      }
    }
    upper += 64;
    lower += 64;
    out += 32;
    selected += 8;
  }
}

/**
 * The points' values of four tiles of a row of an output's gradient: those of
 * point p go to `to + p * pointBytes`. `line` is a split line of the row.
 */
// @ts-ignore: decorator
@inline
export function transformGradient(
  line: usize, phaseBytes: usize, to: usize, pointBytes: usize, tiles: i32, constants: usize, extra: bool,
): void {
  const a = v128.load_splat<f32>(constants), b = v128.load_splat<f32>(constants, 4), c = v128.load_splat<f32>(constants, 8);
  const aa = v128.load_splat<f32>(constants, 12), bb = v128.load_splat<f32>(constants, 16);
  for (let t = 0; t < tiles; t += 4) {
    let p = line, q = to;
    const y0 = v128.load(p);
    p += phaseBytes;
    const y1 = v128.load(p);
    p += phaseBytes;
    const y2 = v128.load(p);
    p += phaseBytes;
    const y3 = v128.load(p);
    v128.store(q, y0);
    q += pointBytes;
    let even = madd<f32>(aa, y2, y0), odd = madd<f32>(aa, y3, y1);
    v128.store(q, madd<f32>(a, odd, even));
    q += pointBytes;
    v128.store(q, nmadd(a, odd, even));
    q += pointBytes;
    even = madd<f32>(bb, y2, y0);
    odd = madd<f32>(bb, y3, y1);
    v128.store(q, madd<f32>(b, odd, even));
    q += pointBytes;
    v128.store(q, nmadd(b, odd, even));
    q += pointBytes;
    if (extra) {
      v128.store(q, madd<f32>(c, madd<f32>(c, madd<f32>(c, y3, y2), y1), y0));
      q += pointBytes;
    }
    v128.store(q, y3);
    line += 16;
    to += 16;
  }
}

// Copyright 2026 the Convlab authors. MIT license.

// The random mask of a dropout: the Mersenne Twister of numerics/mt19937.ts, which
// draws the same words, four of them at a time.

import { bytes } from "./simd";

/** Words of the generator's state. */
const STATE: i32 = 624;
/** Distance of the word that is mixed into each word. */
const SHIFT: i32 = 397;

/**
 * Items are masks, of which there is one: `n` numbers, each 0 where a uniform
 * number (two words, as NumPy draws it) is below p, and `kept` elsewhere. `state`
 * holds the generator's words, and then how many of them have been drawn. `before`
 * numbers are passed over first, and `after` ones in the end, in about a third of
 * the time.
 */
// kernel dropout_mask
export function dropoutMask<T>(
  state: usize, mask: usize, before: i32, n: i32, after: i32, p: f64, kept: f64,
  scratch: usize, begin: i32, end: i32,
): void {
  if (begin == end) return;
  let position = passOver(state, load<i32>(state, 4 * STATE), before);
  const vp = f64x2.splat(p), vkept = f64x2.splat(kept);
  const vmantissa = f64x2.splat(67108864.0), vscale = f64x2.splat(1.0 / 9007199254740992.0);
  let i = 0;
  while (i < n) {
    if (position == STATE) position = refill(state);
    if (i + 2 <= n && position + 4 <= STATE) {
      // Two numbers of four words.
      const words = temperAll(v128.load(state + (<usize>position << 2)));
      const high = f64x2.convert_low_i32x4_u(i32x4.shr_u(v128.shuffle<i32>(words, words, 0, 2, 0, 2), 5));
      const low = f64x2.convert_low_i32x4_u(i32x4.shr_u(v128.shuffle<i32>(words, words, 1, 3, 1, 3), 6));
      const uniform = f64x2.mul(f64x2.add(f64x2.mul(high, vmantissa), low), vscale);
      const value = v128.andnot(vkept, f64x2.lt(uniform, vp));
      if (sizeof<T>() == 8) v128.store(mask + bytes<T>(i), value);
      else v128.store64_lane(mask + bytes<T>(i), f32x4.demote_f64x2_zero(value), 0);
      position += 4;
      i += 2;
      continue;
    }
    const high = temper(load<u32>(state + (<usize>position << 2))) >> 5;
    position++;
    if (position == STATE) position = refill(state);
    const low = temper(load<u32>(state + (<usize>position << 2))) >> 6;
    position++;
    const uniform = (<f64>high * 67108864.0 + <f64>low) * (1.0 / 9007199254740992.0);
    store<T>(mask + bytes<T>(i), uniform < p ? <T>0 : <T>kept);
    i++;
  }
  store<i32>(state, passOver(state, position, after), 4 * STATE);
}

/** Where the generator is behind so many numbers. */
function passOver(state: usize, position: i32, numbers: i32): i32 {
  let words = 2 * <i64>numbers;
  while (words > STATE - position) {
    words -= STATE - position;
    position = refill(state);
  }
  return position + <i32>words;
}

// @ts-ignore: decorator
@inline
function temperAll(words: v128): v128 {
  words = v128.xor(words, i32x4.shr_u(words, 11));
  words = v128.xor(words, v128.and(i32x4.shl(words, 7), i32x4.splat(<i32>0x9d2c5680)));
  words = v128.xor(words, v128.and(i32x4.shl(words, 15), i32x4.splat(<i32>0xefc60000)));
  return v128.xor(words, i32x4.shr_u(words, 18));
}

// @ts-ignore: decorator
@inline
function temper(word: u32): u32 {
  word ^= word >> 11;
  word ^= (word << 7) & 0x9d2c5680;
  word ^= (word << 15) & 0xefc60000;
  return word ^ (word >> 18);
}

/** Makes the next block of words out of this one, in place; none of it is drawn. */
function refill(state: usize): i32 {
  let i = 0;
  for (; i + 4 <= STATE - SHIFT; i += 4) mixFour(state + (<usize>i << 2), SHIFT);
  for (; i < STATE - SHIFT; i++) mix(state, i, i + 1, i + SHIFT);
  for (; i + 4 < STATE; i += 4) mixFour(state + (<usize>i << 2), SHIFT - STATE);
  for (; i < STATE - 1; i++) mix(state, i, i + 1, i + SHIFT - STATE);
  mix(state, STATE - 1, 0, SHIFT - 1);
  return 0;
}

/** The next word at index i, of itself, the one behind it, and that at index `from`. */
// @ts-ignore: decorator
@inline
function mix(state: usize, i: i32, next: i32, from: i32): void {
  const at = state + (<usize>i << 2);
  const joined = (load<u32>(at) & 0x80000000) | (load<u32>(state + (<usize>next << 2)) & 0x7fffffff);
  const twisted = (joined >> 1) ^ ((0 - (joined & 1)) & 0x9908b0df);
  store<u32>(at, load<u32>(state + (<usize>from << 2)) ^ twisted);
}

/** The same for four neighbours, mixed with those `distance` words further. */
// @ts-ignore: decorator
@inline
function mixFour(at: usize, distance: i32): void {
  const joined = v128.bitselect(v128.load(at), v128.load(at, 4), i32x4.splat(<i32>0x80000000));
  const odd = i32x4.sub(i32x4.splat(0), v128.and(joined, i32x4.splat(1)));
  const twisted = v128.xor(i32x4.shr_u(joined, 1), v128.and(odd, i32x4.splat(<i32>0x9908b0df)));
  v128.store(at, v128.xor(v128.load(at + (<usize>distance << 2)), twisted));
}

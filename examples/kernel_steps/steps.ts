// Copyright 2026 the Convlab authors. MIT license.

// One kernel, a convolution at stride 1, from plain loops to its last version; each
// function does a whole image. docs/how-a-kernel-works.md explains them, run.ts
// checks and times them. All read a padded image (`plane`) through a table of byte
// offsets, one for each tap, and weights packed in blocks of as many filters as
// they do at a time, tap by tap. Sizes must be multiples of what they do at a time.

/** One output at a time. */
export function step1_scalar(
  plane: usize, weights: usize, bias: usize, offsets: usize, out: usize,
  filters: i32, taps: i32, height: i32, width: i32, rowBytes: usize,
): void {
  const planeBytes = <usize>(height * width) << 2;
  for (let f = 0; f < filters; f++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const from = plane + <usize>y * rowBytes + (<usize>x << 2);
        const to = out + (<usize>(y * width + x) << 2);
        let w = weights;
        let sum: f32 = 0;
        for (let k = 0; k < taps; k++) {
          sum += load<f32>(w) * load<f32>(from + <usize>load<u32>(offsets + (<usize>k << 2)));
          w += 4;
        }
        store<f32>(to, sum + load<f32>(bias));
      }
    }
    weights += <usize>taps << 2;
    bias += 4;
    out += planeBytes;
  }
}

/** Four neighbouring outputs at a time, one in each lane. */
export function step2_vector(
  plane: usize, weights: usize, bias: usize, offsets: usize, out: usize,
  filters: i32, taps: i32, height: i32, width: i32, rowBytes: usize,
): void {
  const planeBytes = <usize>(height * width) << 2;
  for (let f = 0; f < filters; f++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x += 4) {
        const from = plane + <usize>y * rowBytes + (<usize>x << 2);
        const to = out + (<usize>(y * width + x) << 2);
        let w = weights;
        let sum = f32x4.splat(0);
        for (let k = 0; k < taps; k++) {
          const p = from + <usize>load<u32>(offsets + (<usize>k << 2));
          sum = f32x4.relaxed_madd(v128.load32_splat(w), v128.load(p), sum);
          w += 4;
        }
        v128.store(to, f32x4.add(sum, v128.load32_splat(bias)));
      }
    }
    weights += <usize>taps << 2;
    bias += 4;
    out += planeBytes;
  }
}

/** A tile of four filters by eight outputs: eight sums in registers. */
export function step3_tile_4x2(
  plane: usize, weights: usize, bias: usize, offsets: usize, out: usize,
  filters: i32, taps: i32, height: i32, width: i32, rowBytes: usize,
): void {
  const planeBytes = <usize>(height * width) << 2;
  for (let f = 0; f < filters; f += 4) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x += 8) {
        const from = plane + <usize>y * rowBytes + (<usize>x << 2);
        const to = out + (<usize>(y * width + x) << 2);
        let w = weights;
        let c00 = f32x4.splat(0), c01 = f32x4.splat(0), c10 = f32x4.splat(0), c11 = f32x4.splat(0), c20 = f32x4.splat(0), c21 = f32x4.splat(0), c30 = f32x4.splat(0), c31 = f32x4.splat(0);
        let o = offsets;
        const end = offsets + (<usize>taps << 2);
        while (o < end) {
          {
            const p = from + <usize>load<u32>(o);
            o += 4;
            const b0 = v128.load(p), b1 = v128.load(p, 16);
            let a: v128;
            a = v128.load32_splat(w, 0);
            c00 = f32x4.relaxed_madd(a, b0, c00);
            c01 = f32x4.relaxed_madd(a, b1, c01);
            a = v128.load32_splat(w, 4);
            c10 = f32x4.relaxed_madd(a, b0, c10);
            c11 = f32x4.relaxed_madd(a, b1, c11);
            a = v128.load32_splat(w, 8);
            c20 = f32x4.relaxed_madd(a, b0, c20);
            c21 = f32x4.relaxed_madd(a, b1, c21);
            a = v128.load32_splat(w, 12);
            c30 = f32x4.relaxed_madd(a, b0, c30);
            c31 = f32x4.relaxed_madd(a, b1, c31);
            w += 16;
          }
        }
        v128.store(to + 0 * planeBytes, f32x4.add(c00, v128.load32_splat(bias, 0)));
        v128.store(to + 0 * planeBytes, f32x4.add(c01, v128.load32_splat(bias, 0)), 16);
        v128.store(to + 1 * planeBytes, f32x4.add(c10, v128.load32_splat(bias, 4)));
        v128.store(to + 1 * planeBytes, f32x4.add(c11, v128.load32_splat(bias, 4)), 16);
        v128.store(to + 2 * planeBytes, f32x4.add(c20, v128.load32_splat(bias, 8)));
        v128.store(to + 2 * planeBytes, f32x4.add(c21, v128.load32_splat(bias, 8)), 16);
        v128.store(to + 3 * planeBytes, f32x4.add(c30, v128.load32_splat(bias, 12)));
        v128.store(to + 3 * planeBytes, f32x4.add(c31, v128.load32_splat(bias, 12)), 16);
      }
    }
    weights += <usize>(4 * taps) << 2;
    bias += 16;
    out += 4 * planeBytes;
  }
}

/** The same, with the four weights of a tap in one load, spread over the lanes by shuffles. */
export function step4_tile_4x2_shuffled(
  plane: usize, weights: usize, bias: usize, offsets: usize, out: usize,
  filters: i32, taps: i32, height: i32, width: i32, rowBytes: usize,
): void {
  const planeBytes = <usize>(height * width) << 2;
  for (let f = 0; f < filters; f += 4) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x += 8) {
        const from = plane + <usize>y * rowBytes + (<usize>x << 2);
        const to = out + (<usize>(y * width + x) << 2);
        let w = weights;
        let c00 = f32x4.splat(0), c01 = f32x4.splat(0), c10 = f32x4.splat(0), c11 = f32x4.splat(0), c20 = f32x4.splat(0), c21 = f32x4.splat(0), c30 = f32x4.splat(0), c31 = f32x4.splat(0);
        let o = offsets;
        const end = offsets + (<usize>taps << 2);
        while (o < end) {
          {
            const p = from + <usize>load<u32>(o);
            o += 4;
            const b0 = v128.load(p), b1 = v128.load(p, 16);
            const v = v128.load(w);
            let a: v128;
            a = v128.shuffle<f32>(v, v, 0, 0, 0, 0);
            c00 = f32x4.relaxed_madd(a, b0, c00);
            c01 = f32x4.relaxed_madd(a, b1, c01);
            a = v128.shuffle<f32>(v, v, 1, 1, 1, 1);
            c10 = f32x4.relaxed_madd(a, b0, c10);
            c11 = f32x4.relaxed_madd(a, b1, c11);
            a = v128.shuffle<f32>(v, v, 2, 2, 2, 2);
            c20 = f32x4.relaxed_madd(a, b0, c20);
            c21 = f32x4.relaxed_madd(a, b1, c21);
            a = v128.shuffle<f32>(v, v, 3, 3, 3, 3);
            c30 = f32x4.relaxed_madd(a, b0, c30);
            c31 = f32x4.relaxed_madd(a, b1, c31);
            w += 16;
          }
        }
        v128.store(to + 0 * planeBytes, f32x4.add(c00, v128.load32_splat(bias, 0)));
        v128.store(to + 0 * planeBytes, f32x4.add(c01, v128.load32_splat(bias, 0)), 16);
        v128.store(to + 1 * planeBytes, f32x4.add(c10, v128.load32_splat(bias, 4)));
        v128.store(to + 1 * planeBytes, f32x4.add(c11, v128.load32_splat(bias, 4)), 16);
        v128.store(to + 2 * planeBytes, f32x4.add(c20, v128.load32_splat(bias, 8)));
        v128.store(to + 2 * planeBytes, f32x4.add(c21, v128.load32_splat(bias, 8)), 16);
        v128.store(to + 3 * planeBytes, f32x4.add(c30, v128.load32_splat(bias, 12)));
        v128.store(to + 3 * planeBytes, f32x4.add(c31, v128.load32_splat(bias, 12)), 16);
      }
    }
    weights += <usize>(4 * taps) << 2;
    bias += 16;
    out += 4 * planeBytes;
  }
}

/** Five filters: ten sums, three weights by shuffles and two by loads. */
export function step5_tile_5x2(
  plane: usize, weights: usize, bias: usize, offsets: usize, out: usize,
  filters: i32, taps: i32, height: i32, width: i32, rowBytes: usize,
): void {
  const planeBytes = <usize>(height * width) << 2;
  for (let f = 0; f < filters; f += 5) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x += 8) {
        const from = plane + <usize>y * rowBytes + (<usize>x << 2);
        const to = out + (<usize>(y * width + x) << 2);
        let w = weights;
        let c00 = f32x4.splat(0), c01 = f32x4.splat(0), c10 = f32x4.splat(0), c11 = f32x4.splat(0), c20 = f32x4.splat(0), c21 = f32x4.splat(0), c30 = f32x4.splat(0), c31 = f32x4.splat(0), c40 = f32x4.splat(0), c41 = f32x4.splat(0);
        let o = offsets;
        const end = offsets + (<usize>taps << 2);
        while (o < end) {
          {
            const p = from + <usize>load<u32>(o);
            o += 4;
            const b0 = v128.load(p), b1 = v128.load(p, 16);
            const v = v128.load(w);
            let a: v128;
            a = v128.shuffle<f32>(v, v, 0, 0, 0, 0);
            c00 = f32x4.relaxed_madd(a, b0, c00);
            c01 = f32x4.relaxed_madd(a, b1, c01);
            a = v128.shuffle<f32>(v, v, 1, 1, 1, 1);
            c10 = f32x4.relaxed_madd(a, b0, c10);
            c11 = f32x4.relaxed_madd(a, b1, c11);
            a = v128.shuffle<f32>(v, v, 2, 2, 2, 2);
            c20 = f32x4.relaxed_madd(a, b0, c20);
            c21 = f32x4.relaxed_madd(a, b1, c21);
            a = v128.load32_splat(w, 12);
            c30 = f32x4.relaxed_madd(a, b0, c30);
            c31 = f32x4.relaxed_madd(a, b1, c31);
            a = v128.load32_splat(w, 16);
            c40 = f32x4.relaxed_madd(a, b0, c40);
            c41 = f32x4.relaxed_madd(a, b1, c41);
            w += 20;
          }
        }
        v128.store(to + 0 * planeBytes, f32x4.add(c00, v128.load32_splat(bias, 0)));
        v128.store(to + 0 * planeBytes, f32x4.add(c01, v128.load32_splat(bias, 0)), 16);
        v128.store(to + 1 * planeBytes, f32x4.add(c10, v128.load32_splat(bias, 4)));
        v128.store(to + 1 * planeBytes, f32x4.add(c11, v128.load32_splat(bias, 4)), 16);
        v128.store(to + 2 * planeBytes, f32x4.add(c20, v128.load32_splat(bias, 8)));
        v128.store(to + 2 * planeBytes, f32x4.add(c21, v128.load32_splat(bias, 8)), 16);
        v128.store(to + 3 * planeBytes, f32x4.add(c30, v128.load32_splat(bias, 12)));
        v128.store(to + 3 * planeBytes, f32x4.add(c31, v128.load32_splat(bias, 12)), 16);
        v128.store(to + 4 * planeBytes, f32x4.add(c40, v128.load32_splat(bias, 16)));
        v128.store(to + 4 * planeBytes, f32x4.add(c41, v128.load32_splat(bias, 16)), 16);
      }
    }
    weights += <usize>(5 * taps) << 2;
    bias += 20;
    out += 5 * planeBytes;
  }
}

/** The same, three taps in one turn of the loop. */
export function step6_tile_5x2_unrolled(
  plane: usize, weights: usize, bias: usize, offsets: usize, out: usize,
  filters: i32, taps: i32, height: i32, width: i32, rowBytes: usize,
): void {
  const planeBytes = <usize>(height * width) << 2;
  for (let f = 0; f < filters; f += 5) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x += 8) {
        const from = plane + <usize>y * rowBytes + (<usize>x << 2);
        const to = out + (<usize>(y * width + x) << 2);
        let w = weights;
        let c00 = f32x4.splat(0), c01 = f32x4.splat(0), c10 = f32x4.splat(0), c11 = f32x4.splat(0), c20 = f32x4.splat(0), c21 = f32x4.splat(0), c30 = f32x4.splat(0), c31 = f32x4.splat(0), c40 = f32x4.splat(0), c41 = f32x4.splat(0);
        let o = offsets;
        const end = offsets + (<usize>taps << 2);
        while (o < end) {
          {
            const p = from + <usize>load<u32>(o);
            o += 4;
            const b0 = v128.load(p), b1 = v128.load(p, 16);
            const v = v128.load(w);
            let a: v128;
            a = v128.shuffle<f32>(v, v, 0, 0, 0, 0);
            c00 = f32x4.relaxed_madd(a, b0, c00);
            c01 = f32x4.relaxed_madd(a, b1, c01);
            a = v128.shuffle<f32>(v, v, 1, 1, 1, 1);
            c10 = f32x4.relaxed_madd(a, b0, c10);
            c11 = f32x4.relaxed_madd(a, b1, c11);
            a = v128.shuffle<f32>(v, v, 2, 2, 2, 2);
            c20 = f32x4.relaxed_madd(a, b0, c20);
            c21 = f32x4.relaxed_madd(a, b1, c21);
            a = v128.load32_splat(w, 12);
            c30 = f32x4.relaxed_madd(a, b0, c30);
            c31 = f32x4.relaxed_madd(a, b1, c31);
            a = v128.load32_splat(w, 16);
            c40 = f32x4.relaxed_madd(a, b0, c40);
            c41 = f32x4.relaxed_madd(a, b1, c41);
            w += 20;
          }
          {
            const p = from + <usize>load<u32>(o);
            o += 4;
            const b0 = v128.load(p), b1 = v128.load(p, 16);
            const v = v128.load(w);
            let a: v128;
            a = v128.shuffle<f32>(v, v, 0, 0, 0, 0);
            c00 = f32x4.relaxed_madd(a, b0, c00);
            c01 = f32x4.relaxed_madd(a, b1, c01);
            a = v128.shuffle<f32>(v, v, 1, 1, 1, 1);
            c10 = f32x4.relaxed_madd(a, b0, c10);
            c11 = f32x4.relaxed_madd(a, b1, c11);
            a = v128.shuffle<f32>(v, v, 2, 2, 2, 2);
            c20 = f32x4.relaxed_madd(a, b0, c20);
            c21 = f32x4.relaxed_madd(a, b1, c21);
            a = v128.load32_splat(w, 12);
            c30 = f32x4.relaxed_madd(a, b0, c30);
            c31 = f32x4.relaxed_madd(a, b1, c31);
            a = v128.load32_splat(w, 16);
            c40 = f32x4.relaxed_madd(a, b0, c40);
            c41 = f32x4.relaxed_madd(a, b1, c41);
            w += 20;
          }
          {
            const p = from + <usize>load<u32>(o);
            o += 4;
            const b0 = v128.load(p), b1 = v128.load(p, 16);
            const v = v128.load(w);
            let a: v128;
            a = v128.shuffle<f32>(v, v, 0, 0, 0, 0);
            c00 = f32x4.relaxed_madd(a, b0, c00);
            c01 = f32x4.relaxed_madd(a, b1, c01);
            a = v128.shuffle<f32>(v, v, 1, 1, 1, 1);
            c10 = f32x4.relaxed_madd(a, b0, c10);
            c11 = f32x4.relaxed_madd(a, b1, c11);
            a = v128.shuffle<f32>(v, v, 2, 2, 2, 2);
            c20 = f32x4.relaxed_madd(a, b0, c20);
            c21 = f32x4.relaxed_madd(a, b1, c21);
            a = v128.load32_splat(w, 12);
            c30 = f32x4.relaxed_madd(a, b0, c30);
            c31 = f32x4.relaxed_madd(a, b1, c31);
            a = v128.load32_splat(w, 16);
            c40 = f32x4.relaxed_madd(a, b0, c40);
            c41 = f32x4.relaxed_madd(a, b1, c41);
            w += 20;
          }
        }
        v128.store(to + 0 * planeBytes, f32x4.add(c00, v128.load32_splat(bias, 0)));
        v128.store(to + 0 * planeBytes, f32x4.add(c01, v128.load32_splat(bias, 0)), 16);
        v128.store(to + 1 * planeBytes, f32x4.add(c10, v128.load32_splat(bias, 4)));
        v128.store(to + 1 * planeBytes, f32x4.add(c11, v128.load32_splat(bias, 4)), 16);
        v128.store(to + 2 * planeBytes, f32x4.add(c20, v128.load32_splat(bias, 8)));
        v128.store(to + 2 * planeBytes, f32x4.add(c21, v128.load32_splat(bias, 8)), 16);
        v128.store(to + 3 * planeBytes, f32x4.add(c30, v128.load32_splat(bias, 12)));
        v128.store(to + 3 * planeBytes, f32x4.add(c31, v128.load32_splat(bias, 12)), 16);
        v128.store(to + 4 * planeBytes, f32x4.add(c40, v128.load32_splat(bias, 16)));
        v128.store(to + 4 * planeBytes, f32x4.add(c41, v128.load32_splat(bias, 16)), 16);
      }
    }
    weights += <usize>(5 * taps) << 2;
    bias += 20;
    out += 5 * planeBytes;
  }
}

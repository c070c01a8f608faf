// Copyright 2026 the Convlab authors. MIT license.

/**
 * Makes a folder of small pictures to train on: circles, squares and triangles
 * of random colours, sizes and places, with noise, as PNG files. The same seed
 * makes the same files.
 *
 * ```sh
 * deno run --allow-write=. examples/make_shapes.ts FOLDER [PER_CLASS] [SEED]
 * ```
 *
 * @module
 */

import { encodePng, type Image, RandomState } from "@convlab/convlab";

/**
 * Whether a point is in the shape, for each of the shapes. The shape is around
 * (0, 0), and as large as fits a circle of radius 1.
 */
const SHAPES: Record<string, (x: number, y: number) => boolean> = {
  circle: (x, y) => Math.hypot(x, y) < 0.9,
  square: (x, y) => Math.max(Math.abs(x), Math.abs(y)) < 0.75,
  triangle: (x, y) => y < 0.6 && y > Math.abs(x) * 2 - 1,
};

/** Points a pixel and direction: edges are smooth. */
const SAMPLES = 3;

/** A picture of a shape, from 36 × 36 to 80 × 80 pixels. */
function draw(
  isInside: (x: number, y: number) => boolean,
  random: RandomState,
): Image {
  const between = (low: number, high: number) =>
    low + (high - low) * random.random();
  const [width, height] = random.randint(36, 81, 2) as Int32Array;
  const side = Math.min(width!, height!);
  const radius = side * between(0.25, 0.45);
  // The shape is in the square in the middle, to which pictures are cropped.
  const [left, top] = [width!, height!].map((length) =>
    length / 2 + (side / 2 - radius) * between(-1, 1)
  );
  const angle = between(-0.4, 0.4);
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  // The shape is light on dark or dark on light, each in any hue.
  const flip = random.random() < 0.5;
  const colors = [0, 1].map((light) =>
    [0, 1, 2].map(() => between(0, 110) + (Number(flip) === light ? 0 : 130))
  );
  const [ground, ink] = [colors[0]!, colors[1]!];
  const noise = random.randn([height!, width!, 3]);
  const pixels = new Uint8Array(noise.size);
  for (let i = 0; i < width! * height!; i++) {
    let covered = 0;
    for (let s = 0; s < SAMPLES ** 2; s++) {
      const x = (i % width! + (s % SAMPLES + 0.5) / SAMPLES - left!) / radius;
      const y = (Math.floor(i / width!) +
        (Math.floor(s / SAMPLES) + 0.5) / SAMPLES - top!) / radius;
      if (isInside(cos * x + sin * y, cos * y - sin * x)) covered++;
    }
    const share = covered / SAMPLES ** 2;
    for (let c = 0; c < 3; c++) {
      const color = ground[c]! + share * (ink[c]! - ground[c]!);
      const value = color + 12 * noise.data[3 * i + c]!;
      pixels[3 * i + c] = Math.max(0, Math.min(255, Math.round(value)));
    }
  }
  return { width: width!, height: height!, channels: 3, pixels };
}

const [folder, perClass = "200", seed = "0"] = Deno.args;
if (folder === undefined || !(Number(perClass) > 0)) {
  console.error(
    "usage: examples/make_shapes.ts FOLDER [PER_CLASS] [SEED]",
  );
  Deno.exit(2);
}
const random = new RandomState(Number(seed));
for (const [name, isInside] of Object.entries(SHAPES)) {
  Deno.mkdirSync(`${folder}/${name}`, { recursive: true });
  for (let i = 0; i < Number(perClass); i++) {
    const file = `${folder}/${name}/${String(i).padStart(3, "0")}.png`;
    Deno.writeFileSync(file, encodePng(draw(isInside, random)));
  }
  console.log(`${folder}/${name}: ${perClass}`);
}

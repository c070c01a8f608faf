// Copyright 2026 the Convlab authors. MIT license.

import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { afterAll, beforeAll, it } from "@std/testing/bdd";
import { DataError } from "../../data/data_error.ts";
import { decodeImageFiles } from "../../data/decode_image_files.ts";
import { describePermitted } from "../permitted.ts";
import { makeImageFolder } from "./make_image_folder.ts";
import { runScript } from "./run_script.ts";

let folder = "";
let paths: string[] = [];
beforeAll(() => {
  folder = Deno.makeTempDirSync();
  makeImageFolder(folder, { a: 40, b: 30 });
  for (const name of ["a/17.png", "b/3.png"]) {
    Deno.writeTextFileSync(join(folder, name), "no");
  }
  paths = ["a", "b"].flatMap((name) =>
    [...Deno.readDirSync(join(folder, name))]
      .map((entry) => join(folder, name, entry.name))
  ).sort();
});
afterAll(() => Deno.removeSync(folder, { recursive: true }));

const options = { imageSize: 5, grayscale: false, strict: false };

describePermitted("decodeImageFiles()", () => {
  it("gives the same images on any number of threads", async () => {
    const [one, three] = await Promise.all(
      [1, 3].map((threads) => decodeImageFiles(paths, { ...options, threads })),
    );
    assertEquals(one!.decoded.length, 68);
    assertEquals(one!.failures.length, 2);
    assertEquals(one!.bytes.length, 68 * 75);
    assertEquals(three, one);
  });

  it("counts up to all files on every number of threads", async () => {
    for (const threads of [1, 2]) {
      const seen: number[] = [];
      await decodeImageFiles(paths, {
        ...{ ...options, threads },
        onProgress: (done) => seen.push(done),
      });
      assertEquals(seen, seen.toSorted((a, b) => a - b));
      assertEquals(seen.at(-1), 70);
    }
  });

  it("ends with an error on any number of threads, if it is strict", async () => {
    for (const threads of [1, 3]) {
      await assertRejects(
        () => decodeImageFiles(paths, { ...options, strict: true, threads }),
        DataError,
        "expected a PNG or JPEG file but found a file that starts with the bytes 6e 6f",
      );
    }
  });

  it("does without workers where they cannot start, and lets the program end", async () => {
    const code = `
      import { decodeImageFiles } from "./data/decode_image_files.ts";
      const { decoded } = await decodeImageFiles(${JSON.stringify(paths)}, {
        imageSize: 5, grayscale: false, strict: false, threads: 2,
      });
      console.log(decoded.length);`;
    for (const flag of [`--allow-read=${folder}`, "--allow-read"]) {
      const { stdout, stderr } = await runScript(code, { flags: [flag] });
      assertEquals([stdout, stderr], ["68\n", ""]);
    }
  });
});

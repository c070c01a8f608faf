// Copyright 2026 the Convlab authors. MIT license.

import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { afterEach, beforeEach, it } from "@std/testing/bdd";
import { packTar, type TarHeader } from "modern-tar";
import { DataError } from "../../data/data_error.ts";
import { unpackTarGz } from "../../data/unpack_tar.ts";
import { describePermitted } from "../permitted.ts";
import { decodeBase64 } from "./decode_base64.ts";

/** What `tar --format=gnu` of GNU tar 1.34 made of `inner/a.txt` and `inner/b.txt`. */
const GNU =
  "H4sIAAAAAAACA+3TsQ2DMBQG4VdnCk9A/udYMA9IFDRGAiMyfghlehAR9zU3wQ0599Ozrcq72FG0qVPaK/lPv5K5R/daTZRMLsVoQXaCZS7tFILd1Jj7h+G2hv3/7nr/v/j/DGUd+R8AAAAAAAAAAAAAAOCPfQB4xP9lACgAAA==";

let folder = "";
let archive = "";
let target = "";
beforeEach(() => {
  folder = Deno.makeTempDirSync();
  archive = join(folder, "a.tar.gz");
  target = join(folder, "deep", "target");
});
afterEach(() => Deno.removeSync(folder, { recursive: true }));

/** Writes an archive with one entry after an honest one. */
async function pack(header: Partial<TarHeader>, body = ""): Promise<void> {
  const size = body.length;
  await compress(
    await packTar([
      { header: { name: "honest.txt", size: 2 }, body: "ok" },
      { header: { name: "x", size, ...header }, body },
    ]),
  );
}

async function compress(tar: Uint8Array<ArrayBuffer>): Promise<void> {
  const gzip = new Blob([tar]).stream()
    .pipeThrough(new CompressionStream("gzip"));
  await Deno.writeFile(archive, gzip);
}

const unpack = (maxBytes = 1000) => unpackTarGz(archive, target, { maxBytes });

describePermitted("unpackTarGz()", () => {
  it("unpacks what GNU tar packed", async () => {
    Deno.writeFileSync(archive, decodeBase64(GNU));
    await unpack();
    const read = (name: string) =>
      Deno.readTextFileSync(join(target, "inner", name));
    assertEquals([read("a.txt"), read("b.txt")], ["one\n", "two\n"]);
  });

  it("refuses names that lead out of the folder", async () => {
    for (
      const name of [
        "../evil.txt",
        "inner/../../evil.txt",
        "/tmp/evil.txt",
        "..\\evil.txt",
        "C:/evil.txt",
      ]
    ) {
      await pack({ name }, "evil");
      await assertRejects(
        () => unpack(),
        DataError,
        `Cannot unpack ${archive}: expected names within it but found ${name}`,
      );
      Deno.removeSync(target, { recursive: true });
      assertEquals([...Deno.readDirSync(folder)].length, 2);
    }
  });

  it("refuses links and devices", async () => {
    for (
      const type of ["symlink", "link", "fifo", "character-device"] as const
    ) {
      await pack({ type, name: "x", linkname: "/etc/passwd" });
      await assertRejects(
        () => unpack(),
        DataError,
        `Cannot unpack ${archive}: expected files and folders but found the ${type} x`,
      );
      Deno.removeSync(target, { recursive: true });
    }
  });

  it("refuses a second file of the same name", async () => {
    await pack({ name: "honest.txt" }, "no");
    await assertRejects(
      () => unpack(),
      DataError,
      `Cannot unpack ${archive}: `,
    );
    assertEquals(Deno.readTextFileSync(join(target, "honest.txt")), "ok");
  });

  it("stops at the limit, whatever is behind it", async () => {
    const message =
      `Cannot unpack ${archive}: expected at most 1000 bytes in 10000 files but found more`;
    await pack({}, "x".repeat(999));
    await assertRejects(() => unpack(), DataError, message);
    await compress(new Uint8Array(20_000_000));
    await assertRejects(() => unpack(), DataError, message);
  });

  it("refuses archives that are damaged, cut off, or none", async () => {
    const bytes = decodeBase64(GNU);
    const random = bytes.map((_, i) => i * i >> 3);
    for (
      const [damaged] of [
        [bytes.subarray(0, 100)],
        [bytes.subarray(0, bytes.length - 9)],
        [random],
        [new Uint8Array(0)],
        [bytes.with(40, bytes[40]! ^ 255)],
      ]
    ) {
      Deno.writeFileSync(archive, damaged!);
      await assertRejects(
        () => unpack(),
        DataError,
        `Cannot unpack ${archive}: `,
      );
      Deno.removeSync(target, { recursive: true });
    }
    await compress(new Uint8Array(1024).fill(65));
    await assertRejects(
      () => unpack(),
      DataError,
      `Cannot unpack ${archive}: `,
    );
  });
});

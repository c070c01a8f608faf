// Copyright 2026 the Convlab authors. MIT license.

import { assertEquals, assertRejects } from "@std/assert";
import { createHash } from "node:crypto";
import { fromFileUrl, join } from "@std/path";
import { afterEach, beforeEach, it } from "@std/testing/bdd";
import { packTar } from "modern-tar";
import { loadCifar10 } from "../../data/cifar10.ts";
import { DataError } from "../../data/data_error.ts";
import { downloadDataSet } from "../../data/download_data_set.ts";
import { md5Of } from "../../data/download_file.ts";
import { loadFashionMnist } from "../../data/fashion_mnist.ts";
import { PUBLISHED_DATA } from "../../data/published_data.ts";
import { FILE_BYTES, IMAGE_FILES } from "./make_cifar10.ts";
import { describeWithServer, serveBytes, standIn } from "./stand_in_server.ts";

const fashion = fromFileUrl(
  new URL("../../fixtures/fashion-mnist", import.meta.url),
);
const ARCHIVE = "cifar-10-binary.tar.gz";

let folder = "";
beforeEach(() => {
  folder = Deno.makeTempDirSync();
});
afterEach(() => Deno.removeSync(folder, { recursive: true }));

const left = () => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

/** An archive of CIFAR-10's files without its images, and its checksum. */
async function packCifar10(names: readonly string[]) {
  const classes = Array.from({ length: 10 }, (_, i) => `class${i}`).join("\n");
  const inner = (name: string) => `cifar-10-batches-bin/${name}`;
  const tar = await packTar([
    { header: { name: inner(""), type: "directory", size: 0 } },
    {
      header: { name: inner("batches.meta.txt"), size: classes.length },
      body: classes,
    },
    ...names.map((name) => ({
      header: { name: inner(name), size: FILE_BYTES },
      body: new Uint8Array(FILE_BYTES),
    })),
  ]);
  return await compress(tar);
}

async function compress(tar: Uint8Array<ArrayBuffer>) {
  const stream = new Blob([tar]).stream()
    .pipeThrough(new CompressionStream("gzip"));
  const bytes = await new Response(stream).bytes();
  return { bytes, md5: createHash("md5").update(bytes).digest("hex") };
}

describeWithServer("downloadDataSet()", () => {
  it("downloads and unpacks CIFAR-10, once", async () => {
    const { bytes, md5 } = await packCifar10(IMAGE_FILES);
    await using server = standIn((request) => serveBytes(bytes, request));
    const options = { folder, url: server.url, checksums: { [ARCHIVE]: md5 } };
    const path = join(folder, "cifar-10-batches-bin");
    assertEquals(
      await downloadDataSet("cifar10", options),
      { folder: path, wasThere: false },
    );
    assertEquals(left(), ["cifar-10-batches-bin"]);
    assertEquals(loadCifar10(folder).classNames[3], "class3");
    assertEquals(
      await downloadDataSet("cifar10", options),
      { folder: path, wasThere: true },
    );
    assertEquals(server.ranges.length, 1);
  });

  it("leaves nothing of an archive that is not whole or not to be trusted", async () => {
    for (
      const [{ bytes, md5 }, message] of [
        [
          await packCifar10(IMAGE_FILES.slice(0, 1)),
          "data_batch_2.bin: expected a file but found none",
        ],
        [
          await compress(
            await packTar([{
              header: { name: "../evil", size: 2 },
              body: "no",
            }]),
          ),
          "expected names within it but found ../evil",
        ],
      ] as const
    ) {
      await using server = standIn((request) => serveBytes(bytes, request));
      const options = {
        folder,
        url: server.url,
        checksums: { [ARCHIVE]: md5 },
      };
      await assertRejects(
        () => downloadDataSet("cifar10", options),
        DataError,
        message,
      );
      assertEquals(left(), []);
    }
  });

  it("uses an archive that was put there, and does not delete it if it is not right", async () => {
    Deno.writeTextFileSync(join(folder, ARCHIVE), "text");
    const checksums = { [ARCHIVE]: "1cb251ec0d568de6a929b520c4aed8d1" };
    const url = "http://127.0.0.1:1";
    await assertRejects(
      () => downloadDataSet("cifar10", { folder, url, checksums }),
      DataError,
      `Cannot unpack ${join(folder, ARCHIVE)}: `,
    );
    await assertRejects(
      () => downloadDataSet("cifar10", { folder, url }),
      DataError,
      "expected the MD5 checksum c32a1d4ab5d03f1284b67883e8d87530 but found 1cb251ec0d568de6a929b520c4aed8d1",
    );
    assertEquals(left(), [ARCHIVE]);
  });

  it("downloads the four files of Fashion-MNIST and goes on after a break", async () => {
    const files = Object.keys(PUBLISHED_DATA["fashion-mnist"].files);
    const checksums: Record<string, string> = {};
    for (const file of files) {
      checksums[file] = await md5Of(join(fashion, file));
    }
    let isBroken = true;
    await using server = standIn(async (request, count) => {
      if (isBroken && count === 3) return new Response("", { status: 500 });
      const file = new URL(request.url).pathname.slice("/deep/".length);
      return serveBytes(await Deno.readFile(join(fashion, file)), request);
    });
    const options = { folder, url: `${server.url}deep`, checksums };
    await assertRejects(
      () => downloadDataSet("fashion-mnist", options),
      DataError,
      `(the server says 500 Internal Server Error): run this again later, or fetch it by other means and put it at ${
        join(folder, "fashion-mnist.part", files[2]!)
      }`,
    );
    assertEquals(left(), ["fashion-mnist.part"]);
    isBroken = false;
    const seen = new Set<string>();
    const result = await downloadDataSet("fashion-mnist", {
      ...options,
      onProgress: (file) => seen.add(file),
    });
    assertEquals([...seen], files.slice(2));
    assertEquals(left(), ["fashion-mnist"]);
    const data = await loadFashionMnist(result.folder);
    assertEquals(data.test.length, 1000);
  });

  it("refuses addresses and checksums that are none", async () => {
    for (const url of ["ftp://127.0.0.1", "127.0.0.1", "file:///tmp"]) {
      await assertRejects(
        () => downloadDataSet("cifar10", { folder, url }),
        DataError,
        `expected an address that begins with http:// or https:// but found ${url}`,
      );
    }
    await assertRejects(
      () =>
        downloadDataSet("cifar10", { folder, checksums: { [ARCHIVE]: "12" } }),
      DataError,
      "expected its MD5 checksum, 32 hexadecimal digits, but found 12",
    );
    assertEquals(left(), []);
  });
});

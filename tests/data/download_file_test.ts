// Copyright 2026 the Convlab authors. MIT license.

import { assert, assertEquals, assertRejects } from "@std/assert";
import { createHash } from "node:crypto";
import { join } from "@std/path";
import { afterEach, beforeEach, it } from "@std/testing/bdd";
import { DataError } from "../../data/data_error.ts";
import { downloadFile } from "../../data/download_file.ts";
import {
  breakOff,
  describeWithServer,
  serveBytes,
  standIn,
} from "./stand_in_server.ts";

const bytes = Uint8Array.from({ length: 300_000 }, (_, i) => i * i >> 3);
const md5 = createHash("md5").update(bytes).digest("hex");
const options = { md5, retryDelay: 1 };

let folder = "";
let path = "";
let part = "";
beforeEach(() => {
  folder = Deno.makeTempDirSync();
  path = join(folder, "inner", "file.bin");
  part = `${path}.part`;
});
afterEach(() => Deno.removeSync(folder, { recursive: true }));

/** The files that a download left. */
function left(): string[] {
  try {
    return [...Deno.readDirSync(join(folder, "inner"))].map(({ name }) => name);
  } catch {
    return [];
  }
}

describeWithServer("downloadFile()", () => {
  it("downloads, makes the folder, and tells how far it is", async () => {
    await using server = standIn((request) => serveBytes(bytes, request));
    const seen: (number | undefined)[][] = [];
    await downloadFile(server.url, path, {
      ...options,
      onProgress: (...numbers) => seen.push(numbers),
    });
    assertEquals(Deno.readFileSync(path), bytes);
    assertEquals(seen.at(-1), [bytes.length, bytes.length]);
    assertEquals(left(), ["file.bin"]);
    await downloadFile(server.url, path, options);
    assertEquals(server.ranges.length, 1, "what is there is not downloaded");
  });

  it("goes on by itself where the connection broke off", async () => {
    await using server = standIn((request, count) =>
      count === 1 ? breakOff(bytes, 100_000) : serveBytes(bytes, request)
    );
    await downloadFile(server.url, path, options);
    assertEquals(Deno.readFileSync(path), bytes);
    assertEquals(server.ranges, ["", "bytes=100000-"]);
  });

  it("goes on where an earlier download ended, also if that was at the end", async () => {
    for (const have of [1, 299_999, 300_000]) {
      await using server = standIn((request) => serveBytes(bytes, request));
      Deno.mkdirSync(join(folder, "inner"), { recursive: true });
      Deno.writeFileSync(part, bytes.subarray(0, have));
      await downloadFile(server.url, path, options);
      assertEquals(Deno.readFileSync(path), bytes);
      assertEquals(server.ranges, [`bytes=${have}-`]);
      Deno.removeSync(path);
    }
  });

  it("starts again if the server ignores ranges, or has a shorter file now", async () => {
    Deno.mkdirSync(join(folder, "inner"));
    Deno.writeFileSync(part, new Uint8Array(1000));
    await using ignorant = standIn(() => new Response(bytes));
    await downloadFile(ignorant.url, path, options);
    assertEquals(Deno.readFileSync(path), bytes);
    Deno.removeSync(path);

    Deno.writeFileSync(part, new Uint8Array(400_000));
    await using server = standIn((request) => serveBytes(bytes, request));
    await downloadFile(server.url, path, options);
    assertEquals(Deno.readFileSync(path), bytes);
    assertEquals(server.ranges, ["bytes=400000-", ""]);
  });

  it("keeps what came, and says so, if nothing more does", async () => {
    await using server = standIn((_, count) =>
      count === 1
        ? breakOff(bytes, 5000)
        : new Response(breakOff(bytes, 0).body, {
          status: 206,
          headers: { "content-range": "bytes 5000-299999/300000" },
        })
    );
    const error = await assertRejects(
      () => downloadFile(server.url, path, { ...options, retries: 1 }),
      DataError,
      `Cannot download ${server.url} (`,
    );
    assert(
      error.message.endsWith(
        `): run this again to go on after 5000 bytes, or fetch it by other means and put it at ${path}`,
      ),
      error.message,
    );
    assertEquals(server.ranges, ["", "bytes=5000-", "bytes=5000-"]);
    assertEquals(left(), ["file.bin.part"]);
  });

  it("takes a server that sends no more for a break", async () => {
    await using server = standIn((request, count) =>
      count === 1
        ? new Response(
          new ReadableStream({
            start: (controller) => controller.enqueue(bytes.subarray(0, 10)),
          }),
          { headers: { "content-length": `${bytes.length}` } },
        )
        : serveBytes(bytes, request)
    );
    await downloadFile(server.url, path, { ...options, stallTimeout: 300 });
    assertEquals(Deno.readFileSync(path), bytes);
    assertEquals(server.ranges, ["", "bytes=10-"]);
  });

  it("follows redirects", async () => {
    await using server = standIn((request) =>
      request.url.endsWith("/new")
        ? serveBytes(bytes, request)
        : Response.redirect(new URL("/new", request.url))
    );
    await downloadFile(`${server.url}old`, path, options);
    assertEquals(Deno.readFileSync(path), bytes);
  });

  it("refuses a wrong checksum and keeps nothing", async () => {
    await using server = standIn(() => new Response("other"));
    await assertRejects(
      () => downloadFile(server.url, path, options),
      DataError,
      `Cannot use ${server.url}: expected the MD5 checksum ${md5} but found 795f3202b17cb6bc3d4b771d8c6c9eaf; nothing of it was kept`,
    );
    assertEquals(left(), []);
  });

  it("says what a server says, and what to do", async () => {
    await using server = standIn(() => new Response("no", { status: 404 }));
    await assertRejects(
      () => downloadFile(server.url, path, options),
      DataError,
      `Cannot download ${server.url} (the server says 404 Not Found): run this again later, or fetch it by other means and put it at ${path}`,
    );
    assertEquals(left(), []);
  });

  it("says that there is no connection, and what to do", async () => {
    const server = standIn(() => new Response());
    await server[Symbol.asyncDispose]();
    const error = await assertRejects(
      () => downloadFile(server.url, path, { ...options, retries: 1 }),
      DataError,
      `run this again later, or fetch it by other means and put it at ${path}`,
    );
    assert(!error.message.includes("\n"));
    assertEquals(left(), []);
  });

  it("stops at the limit, announced or not, and keeps nothing", async () => {
    for (const announced of [true, false]) {
      await using server = standIn(() =>
        announced
          ? new Response(bytes)
          : new Response(ReadableStream.from([bytes, bytes, bytes]))
      );
      await assertRejects(
        () => downloadFile(server.url, path, { ...options, maxBytes: 299_999 }),
        DataError,
        `Cannot use ${server.url}: expected at most 299999 bytes but found`,
      );
      assertEquals(left(), []);
    }
  });

  it("takes a file that was put there, if it is the right one", async () => {
    Deno.mkdirSync(join(folder, "inner"));
    Deno.writeFileSync(path, bytes);
    await downloadFile("http://127.0.0.1:1/", path, options);
    Deno.writeTextFileSync(path, "other");
    await assertRejects(
      () => downloadFile("http://127.0.0.1:1/", path, options),
      DataError,
      `Cannot use ${path}: expected the MD5 checksum ${md5} but found 795f3202b17cb6bc3d4b771d8c6c9eaf; delete it to have it downloaded again`,
    );
    assertEquals(left(), ["file.bin"]);
  });

  it("ends when it is told to, and can be gone on with", async () => {
    await using server = standIn((request, count) =>
      count === 1
        ? new Response(
          new ReadableStream({
            start: (controller) => controller.enqueue(bytes.subarray(0, 10)),
          }),
        )
        : serveBytes(bytes, request)
    );
    const controller = new AbortController();
    const reason = new Error("enough");
    await assertRejects(
      () =>
        downloadFile(server.url, path, {
          ...options,
          signal: controller.signal,
          onProgress: () => controller.abort(reason),
        }),
      Error,
      "enough",
    );
    assertEquals(left(), ["file.bin.part"]);
    await downloadFile(server.url, path, options);
    assertEquals(server.ranges, ["", "bytes=10-"]);
  });

  it("says that a file cannot be written", async () => {
    await using server = standIn(() => new Response(bytes));
    Deno.writeTextFileSync(join(folder, "inner"), "a file, not a folder");
    await assertRejects(
      () => downloadFile(server.url, path, options),
      DataError,
      `Cannot write ${part}: `,
    );
  });
});

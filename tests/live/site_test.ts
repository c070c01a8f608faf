// Copyright 2026 the Convlab authors. MIT license.

/** What the server of the live page answers, and to whom. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { Feed } from "../../live/feed.ts";
import { newToken } from "../../live/guard.ts";
import type { Command } from "../../live/protocol.ts";
import { answer, type Site } from "../../live/site.ts";
import { ABOUT } from "./about.ts";

const TOKEN = newToken();
const HOST = "127.0.0.1:6180";

function site(more: Partial<Site> = {}): Site & { commands: Command[] } {
  const commands: Command[] = [];
  return {
    ...{ token: TOKEN, host: "127.0.0.1", port: 6180, commands },
    feed: new Feed(ABOUT),
    onCommand: (command) => commands.push(command),
    ...more,
  };
}

/** Asks as a browser would that has typed the address. */
async function ask(
  path: string,
  init: RequestInit = {},
  where: Site = site(),
): Promise<Response> {
  const headers = new Headers(init.headers);
  if (!headers.has("host")) headers.set("host", HOST);
  const request = new Request(`http://${HOST}${path}`, init);
  // What a browser may not set, a request that comes over the network has.
  const found = new Proxy(request, {
    get(target, name) {
      if (name === "headers") return headers;
      const value = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  return await answer(found, where);
}

function post(
  body: BodyInit,
  headers: Record<string, string> = {},
): RequestInit {
  return {
    method: "POST",
    body,
    headers: {
      "content-type": "application/json",
      origin: `http://${HOST}`,
      "sec-fetch-site": "same-origin",
      ...headers,
    },
  };
}

async function statusOf(...args: Parameters<typeof ask>): Promise<number> {
  const response = await ask(...args);
  await response.body?.cancel();
  return response.status;
}

describe("the server of the live page", () => {
  it("serves the page and its files to who knows the address", async () => {
    const page = await ask(`/${TOKEN}/`);
    assertEquals(page.status, 200);
    const text = await page.text();
    assertStringIncludes(text, "<!DOCTYPE html>");
    const names = [...text.matchAll(/(?:src|href)="([\w.]+)"/g)]
      .map(([, name]) => name!);
    assert(names.length >= 4);
    for (const name of [...names, "uplot.js", "run_history.js"]) {
      const file = await ask(`/${TOKEN}/${name}`);
      assertEquals(file.status, 200, name);
      for (
        const [, other] of (await file.text()).matchAll(
          /^(?:import|\}).* from "([^"]+)"/gm,
        )
      ) {
        assertEquals(await statusOf(`/${TOKEN}/${other!.slice(2)}`), 200);
      }
    }
    assertEquals((await ask(`/${TOKEN}/`, { method: "HEAD" })).body, null);
  });

  it("says in every answer that nothing is loaded from elsewhere", async () => {
    const answers = [
      await ask(`/${TOKEN}/`),
      await ask("/"),
      await ask(`/${TOKEN}/command`, post("{}")),
      await ask(`/${TOKEN}/`, { headers: { host: "evil.example" } }),
    ];
    for (const { headers } of answers) {
      assertEquals(
        headers.get("content-security-policy"),
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
      );
      assertEquals(headers.get("x-content-type-options"), "nosniff");
      assertEquals(headers.get("referrer-policy"), "no-referrer");
      assertEquals(headers.get("cache-control"), "no-store");
      assertEquals(headers.get("access-control-allow-origin"), null);
    }
  });

  it("shows nothing without the token, or with another", async () => {
    const wrong = ["", "/", "/events", "/command", `/${newToken()}/`];
    const near = [
      TOKEN.slice(1),
      `${TOKEN}x`,
      TOKEN.toLowerCase(),
      `/${TOKEN}`,
    ];
    for (const path of [...wrong, ...near.map((token) => `/${token}/`)]) {
      const response = await ask(path);
      assertEquals(response.status, 404, path);
      assertEquals(await response.text(), "Not found\n");
    }
  });

  it("has tokens of 192 bits, no two alike", () => {
    const tokens = new Set(Array.from({ length: 100 }, newToken));
    assertEquals(tokens.size, 100);
    for (const token of tokens) assert(/^[\w-]{32}$/.test(token), token);
  });

  it("refuses names that are not its own, as of a page that points a name here", async () => {
    const refused = ["evil.example", "evil.example:6180", "127.0.0.1", ""];
    const others = ["127.0.0.1:6181", "localhost.evil.example:6180"];
    for (const host of [...refused, ...others, "192.168.0.2:6180"]) {
      assertEquals(await statusOf(`/${TOKEN}/`, { headers: { host } }), 403);
    }
    const host = "localhost:6180";
    assertEquals(await statusOf(`/${TOKEN}/`, { headers: { host } }), 200);
  });

  it("takes any address but no other name where it serves a network", async () => {
    const open = site({ host: "0.0.0.0" });
    const at = (host: string) =>
      statusOf(`/${TOKEN}/`, { headers: { host } }, open);
    assertEquals(await at("192.168.0.2:6180"), 200);
    assertEquals(await at("[fe80::1]:6180"), 200);
    assertEquals(await at("evil.example:6180"), 403);
    const named = site({ host: "gpu.example" });
    const own = { headers: { host: "gpu.example:6180" } };
    assertEquals(await statusOf(`/${TOKEN}/`, own, named), 200);
  });

  it("refuses requests of other pages, but may be linked to", async () => {
    const of = (headers: Record<string, string>, path = "") =>
      statusOf(`/${TOKEN}/${path}`, { headers });
    assertEquals(await of({ origin: "http://evil.example" }), 403);
    assertEquals(await of({ origin: "null" }), 403);
    assertEquals(await of({ origin: `http://${HOST}` }), 200);
    assertEquals(await of({ "sec-fetch-site": "cross-site" }), 403);
    assertEquals(await of({ "sec-fetch-site": "same-site" }), 403);
    const opened = {
      "sec-fetch-site": "cross-site",
      "sec-fetch-mode": "navigate",
      "sec-fetch-dest": "document",
    };
    assertEquals(await of(opened), 200);
    assertEquals(await of(opened, "events"), 403);
    assertEquals(await of({ ...opened, "sec-fetch-dest": "iframe" }), 403);
  });

  it("takes commands from its own page only", async () => {
    const where = site();
    const pause = JSON.stringify({ command: "pause" });
    const path = `/${TOKEN}/command`;
    const send = (headers: Record<string, string>) =>
      statusOf(path, post(pause, headers), where);
    assertEquals(await send({}), 202);
    assertEquals(where.commands, [{ command: "pause" }]);
    assertEquals(await send({ origin: "http://evil.example" }), 403);
    assertEquals(await send({ "sec-fetch-site": "cross-site" }), 403);
    assertEquals(await send({ "sec-fetch-site": "none" }), 403);
    assertEquals(await send({ host: "evil.example" }), 403);
    const noOrigin = { method: "POST", body: pause };
    assertEquals(await statusOf(path, noOrigin, where), 403);
    assertEquals(where.commands.length, 1);
  });

  it("refuses commands that are none", async () => {
    const where = site();
    const path = `/${TOKEN}/command`;
    const wrong: [BodyInit, number][] = [
      ["", 400],
      ["{", 400],
      ["null", 400],
      ["[]", 400],
      ['"pause"', 400],
      ['{"command":"exit"}', 400],
      ['{"command":"__proto__"}', 400],
      ['{"command":"learningRate"}', 400],
      ['{"command":"learningRate","learningRate":"1"}', 400],
      ['{"command":"learningRate","learningRate":0}', 400],
      ['{"command":"learningRate","learningRate":-1}', 400],
      ['{"command":"learningRate","learningRate":1e999}', 400],
      [new Uint8Array([0xff, 0xfe, 0]), 400],
      [`{"command":"pause","x":"${"y".repeat(2000)}"}`, 413],
    ];
    for (const [body, status] of wrong) {
      assertEquals(await statusOf(path, post(body), where), status, `${body}`);
    }
    const form = { "content-type": "application/x-www-form-urlencoded" };
    assertEquals(await statusOf(path, post("{}", form), where), 415);
    const text = { "content-type": "text/plain" };
    assertEquals(await statusOf(path, post("{}", text), where), 415);
    await fc.assert(
      fc.asyncProperty(fc.json(), async (json) => {
        const status = await statusOf(path, post(json.slice(0, 1000)), where);
        assert(status === 400);
      }),
      { numRuns: 50 },
    );
    assertEquals(where.commands, []);
  });

  it("does not read on where a body has no end", async () => {
    let given = 0;
    let cancelled = false;
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
      pull(controller) {
        given++;
        controller.enqueue(new Uint8Array(600));
      },
      cancel() {
        cancelled = true;
      },
    });
    assertEquals(await statusOf(`/${TOKEN}/command`, post(body)), 413);
    assert(cancelled);
    assert(given < 10);
  });

  it("gives a learning rate on as it is", async () => {
    const where = site();
    const body = '{"command":"learningRate","learningRate":3e-4}';
    assertEquals(await statusOf(`/${TOKEN}/command`, post(body), where), 202);
    const command = { command: "learningRate" as const, learningRate: 3e-4 };
    assertEquals(where.commands, [command]);
  });

  it("takes no command where nobody trains", async () => {
    const where = site({ onCommand: undefined });
    const stop = post('{"command":"stop"}');
    assertEquals(await statusOf(`/${TOKEN}/command`, stop, where), 409);
  });

  it("knows which methods go with what", async () => {
    for (const method of ["PUT", "DELETE", "PATCH", "OPTIONS", "POST"]) {
      const init = { method, headers: { origin: `http://${HOST}` } };
      const response = await ask(`/${TOKEN}/`, init);
      assertEquals(response.status, 405, method);
      assertEquals(response.headers.get("allow"), "GET, HEAD");
    }
    const command = await ask(`/${TOKEN}/command`);
    assertEquals(command.status, 405);
    assertEquals(command.headers.get("allow"), "POST");
  });

  it("leads to no file but those of the page", async () => {
    const paths = ["../deno.json", "..%2fdeno.json", "%2e%2e/main.ts"];
    const more = ["page/main.js", "main.js/", "/etc/passwd", "main.js%00"];
    for (const path of [...paths, ...more, "__proto__", "constructor"]) {
      assertEquals(await statusOf(`/${TOKEN}/${path}`), 404, path);
    }
  });

  it("lets no more than 32 follow", async () => {
    const where = site();
    const streams = [];
    for (let i = 0; i < 32; i++) {
      const { status, body } = await ask(`/${TOKEN}/events`, {}, where);
      assertEquals(status, 200);
      streams.push(body!);
    }
    assertEquals(await statusOf(`/${TOKEN}/events`, {}, where), 503);
    for (const stream of streams) await stream.cancel();
    assertEquals(where.feed.viewers, 0);
    assertEquals(await statusOf(`/${TOKEN}/events`, {}, where), 200);
  });
});

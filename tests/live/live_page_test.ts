// Copyright 2026 the Convlab authors. MIT license.

/** The server's thread, from its start to its end. */

import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { afterEach, beforeEach, it } from "@std/testing/bdd";
import { LivePage } from "../../live/live_page.ts";
import { describePermitted } from "../permitted.ts";
import { ABOUT } from "./about.ts";

let path = "";

describePermitted("LivePage", () => {
  beforeEach(() => {
    path = Deno.makeTempDirSync();
  });
  afterEach(() => Deno.removeSync(path, { recursive: true }));

  it(
    "takes another port where its usual one is taken, but not where one was asked for",
    async () => {
      await using first = await LivePage.open({ path, about: ABOUT });
      await using second = await LivePage.open({ path, about: ABOUT });
      const [{ port, origin }, other] = [
        new URL(first.url),
        new URL(second.url),
      ];
      assertEquals(other.hostname, "127.0.0.1");
      assertEquals(port === other.port, false);
      assertEquals((await fetch(`${origin}${other.pathname}`)).status, 404);
      await assertRejects(
        () => LivePage.open({ path, about: ABOUT, port: Number(other.port) }),
        Error,
        `expected 127.0.0.1:${other.port} to be free`,
      );
    },
  );

  it("leaves the training alone where its thread fails", async () => {
    const failed = Promise.withResolvers<string>();
    const page = await LivePage.open({
      ...{ path, about: ABOUT, port: 0 },
      onFailure: failed.resolve,
    });
    page.post(null as never);
    assertMatch(await failed.promise, /null/);
    page.post({
      kind: "predictions",
      predictions: { iteration: 1, guesses: [] },
    });
    assertEquals(page.watchers, 0);
    await page.close();
  });

  it("ends also while somebody watches", async () => {
    const page = await LivePage.open({ path, about: ABOUT, port: 0 });
    const { body } = await fetch(`${page.url}events`);
    await page.close();
    const parts = await Array.fromAsync(body!);
    assertEquals(parts.length, 1);
  });
});

// Copyright 2026 the Convlab authors. MIT license.

/** The site of `bench browser`, with a stand-in for the browser. */

import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { it } from "@std/testing/bdd";
import {
  type BrowserOrder,
  openSite,
} from "../../../cli/bench/browser_site.ts";
import { STEPS } from "../../../cli/bench/shapes.ts";
import { describePermitted } from "../../permitted.ts";

const ORDER: BrowserOrder = {
  ...{ kind: "time", runs: 3, dtype: "float32", threads: 2 },
  shape: STEPS[0]!,
};

/** Carries out one order after the other, as the worker in a browser does. */
async function carryOut(
  address: string,
  answer: (order: BrowserOrder) => [path: string, body: string],
): Promise<void> {
  while (true) {
    // Refused where the site has ended before it was asked.
    const next = await fetch(`${address}next`).catch(() => undefined);
    const order: BrowserOrder = await next?.json() ?? { kind: "end" };
    if (order.kind === "end") return;
    const [path, body] = answer(order);
    await (await fetch(address + path, { method: "POST", body })).text();
  }
}

describePermitted("openSite()", () => {
  it("serves an isolated page, and nothing without its name", async () => {
    await using site = openSite({ worker: "the worker" });
    const page = await fetch(site.address);
    assertMatch(await page.text(), /page\.js/);
    assertEquals(page.headers.get("cross-origin-opener-policy"), "same-origin");
    assertEquals(
      page.headers.get("cross-origin-embedder-policy"),
      "require-corp",
    );
    const worker = await fetch(`${site.address}worker.js`);
    assertEquals(await worker.text(), "the worker");
    for (const path of ["/", "/next", "/worker.js"]) {
      const response = await fetch(new URL(path, site.address));
      await response.body?.cancel();
      assertEquals(response.status, 404);
    }
  });

  it("has orders carried out one by one, and ends the worker with itself", async () => {
    let worker: Promise<void>;
    {
      await using site = openSite({ worker: "" });
      worker = carryOut(
        site.address,
        (order) => ["answer", JSON.stringify(order)],
      );
      for (const runs of [1, 2]) {
        const answer = await site.order({ ...ORDER, runs } as BrowserOrder);
        assertEquals(JSON.parse(new TextDecoder().decode(answer)), {
          ...ORDER,
          runs,
        });
      }
    }
    await worker;
  });

  it("passes on that the worker failed, and goes on after that", async () => {
    let worker: Promise<void>;
    {
      let fails = true;
      await using site = openSite({ worker: "" });
      worker = carryOut(
        site.address,
        () => [fails ? "failed" : "answer", "no kernel"],
      );
      await assertRejects(
        () => site.order(ORDER),
        Error,
        "Cannot time the browser: no kernel",
      );
      fails = false;
      assertEquals(
        new TextDecoder().decode(await site.order(ORDER)),
        "no kernel",
      );
    }
    await worker;
  });

  it("waits no longer than its patience, or than it is wanted", async () => {
    await using site = openSite({ worker: "", patience: 10 });
    await assertRejects(
      () => site.order(ORDER),
      Error,
      "expected an answer within 0.01 s but found none",
    );
    const signal = AbortSignal.abort(new Error("enough"));
    await using other = openSite({ worker: "", signal });
    await assertRejects(() => other.order(ORDER), Error, "enough");
  });
});

// Copyright 2026 the Convlab authors. MIT license.

/** `mod.ts` and the example in a real browser. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { afterAll, beforeAll, it } from "@std/testing/bdd";
import { answer, HEADERS } from "../../examples/browser/serve.ts";
import config from "../../deno.json" with { type: "json" };
import { describeChromium, runChromiumScript } from "../chromium/run_script.ts";
import type { Seen, SeenSteps } from "./drive_browser.ts";
import { makeProducts } from "./products.ts";
import { type Trained, trainSome } from "./steps.ts";

const ROOT = fromFileUrl(new URL("../..", import.meta.url));
const STEPS = 8;

describeChromium("Convlab in Chromium", () => {
  const folder = Deno.makeTempDirSync();
  const servers: Deno.HttpServer[] = [];
  let seen: Seen;
  let here: Trained;

  /** Serves a folder, and a page that loads `steps_main.js`. */
  function serve(handler: Deno.ServeHandler): string {
    const server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      handler,
    );
    servers.push(server);
    return `http://127.0.0.1:${(server.addr as Deno.NetAddr).port}/`;
  }

  function serveSteps(headers: Readonly<Record<string, string>>): string {
    return serve(({ url }) => {
      const { pathname } = new URL(url);
      const isPage = pathname === "/";
      const type = isPage ? "text/html" : "text/javascript";
      const body = isPage
        ? `<!DOCTYPE html><link rel="icon" href="icon.js"><script type="module" src="steps_main.js"></script>`
        : Deno.readTextFileSync(join(folder, "steps", pathname));
      return new Response(body, {
        headers: { ...headers, "content-type": type },
      });
    });
  }

  beforeAll(async () => {
    const { command } = config.tasks["build:browser"];
    const [, example = ""] = command.split(" && ");
    bundle(
      ...example.replace("built/browser", join(folder, "example")).split(" ")
        .slice(2),
    );
    bundle(
      ...["--quiet", "--platform", "browser", "--code-splitting"],
      ...["--external", "./resvg_wasm.js", "--outdir", join(folder, "steps")],
      ...["main", "worker"].map((name) => `tests/browser/steps_${name}.ts`),
      "tests/browser/products_worker.ts",
    );
    Deno.writeTextFileSync(join(folder, "steps", "icon.js"), "");
    const built = new URL(`file://${join(folder, "example")}/`);
    const isolation = Object.entries(HEADERS)
      .filter(([name]) => !name.startsWith("cross-origin"));
    seen = await runChromiumScript<Seen>(
      new URL("drive_browser.ts", import.meta.url),
      [
        serve((request) => answer(request, built)),
        serveSteps(HEADERS),
        serveSteps(Object.fromEntries(isolation)),
        String(STEPS),
      ],
    );
    here = trainSome(2, STEPS);
  });

  afterAll(async () => {
    await Promise.all(servers.map((server) => server.shutdown()));
    Deno.removeSync(folder, { recursive: true });
  });

  it("trains past 80 % of the test images in the example, which says what it does", () => {
    const { isolated, said, testAccuracy, points, guesses, pause } =
      seen.example;
    assert(isolated);
    assertMatch(said.ready, /^Ready: \d+ threads?, fused multiply-add\.$/);
    assertMatch(said.wrongModel, /expected .* but found/);
    assertEquals(said.wrongStart, "These layers cannot be trained.");
    assertEquals(said.paused, "Paused.");
    assertEquals(pause[0], pause[1]);
    assertMatch(said.stopped, /^Stopped after [\d,]+ iterations? in /);
    assertMatch(said.done, /^Done after 200 iterations in .* s: 8.* %/);
    assert(testAccuracy > 80, `${testAccuracy} %`);
    assertEquals(points, 200);
    assertEquals(guesses.length, 20);
    assert(guesses.filter((guess) => guess.startsWith("✓")).length > 10);
  });

  it("keeps the example to its own origin and policy, named and no wider than the window", () => {
    const { complaints, requests, nameless, tooWide } = seen.example;
    assertEquals({ complaints, nameless, tooWide }, {
      ...{ complaints: [], nameless: [], tooWide: [] },
    });
    assertEquals(new Set(requests.map((url) => new URL(url).origin)).size, 1);
    assertEquals(requests.filter((url) => /vega|resvg|inter/.test(url)), []);
  });

  it("leaves the same bytes as Deno, in a worker with 1 and 2 threads and on the main thread", () => {
    const { worker, main, complaints } = seen.isolated;
    assertEquals([worker["1"]?.threads, worker["2"]?.threads], [1, 2]);
    assertEquals(worker["2"]?.limitation, undefined);
    for (const there of [worker["1"], worker["2"], main]) {
      assertEquals(there?.instructions, here.instructions);
      assertEquals(there?.losses, here.losses);
      assert(there?.bytes === here.bytes);
    }
    assertEquals(complaints, []);
  });

  it("makes the same files and figures as Deno, under a policy that forbids eval", async () => {
    const products = await makeProducts();
    for (const [name, product] of Object.entries(products)) {
      assertEquals(seen.isolated.products[name], product, name);
      assert(!product.startsWith("failed"), product);
    }
  });

  it("works on one thread where it may not wait or share memory, and says why", () => {
    const limits = ({ main, worker }: SeenSteps) =>
      [main, worker["2"]].map((
        trained,
      ) => [trained?.threads, trained?.limitation]);
    const [main] = limits(seen.isolated);
    assertEquals(main?.[0], 1);
    assertMatch(String(main?.[1]), /main thread of a page may not wait/);
    assertEquals(seen.alone.isolated, false);
    for (const [threads, limitation] of limits(seen.alone)) {
      assertEquals(threads, 1);
      assertMatch(String(limitation), /not cross-origin isolated/);
    }
    assert(seen.alone.main.bytes === here.bytes);
    assertEquals(seen.alone.complaints, []);
  });
});

/** Runs `deno bundle`. */
function bundle(...args: readonly string[]): void {
  const { code, stderr } = new Deno.Command(Deno.execPath(), {
    args: ["bundle", ...args],
    cwd: ROOT,
  }).outputSync();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
}

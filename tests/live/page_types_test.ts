// Copyright 2026 the Convlab authors. MIT license.

/** The page's scripts, which no other check sees with a browser's types. */

import { assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { it } from "@std/testing/bdd";
import { describePermitted } from "../permitted.ts";

describePermitted("the page's scripts", () => {
  it("have types that fit, as their comments say them", () => {
    const folder = new URL("../../live/page/", import.meta.url);
    const scripts = [...Deno.readDirSync(folder)]
      .filter(({ name }) => name.endsWith(".js"))
      .map(({ name }) => fromFileUrl(new URL(name, folder)));
    const config = fromFileUrl(new URL("page.deno.json", import.meta.url));
    const { code, stderr } = new Deno.Command(Deno.execPath(), {
      args: [
        ...["check", "--quiet", "--no-lock", "--config", config, ...scripts],
      ],
      env: { NO_COLOR: "1" },
    }).outputSync();
    assertEquals(code, 0, new TextDecoder().decode(stderr));
  });
});

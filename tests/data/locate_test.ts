// Copyright 2026 the Convlab authors. MIT license.

import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { describe, it } from "@std/testing/bdd";
import { cacheFolder, dataFolders } from "../../data/locate.ts";

function environment(variables: Readonly<Record<string, string>>) {
  return (name: string): string | undefined => variables[name];
}

describe("cacheFolder()", () => {
  it("is the platform's cache", () => {
    const home = environment({ HOME: "/home/ada", LOCALAPPDATA: "C:\\Local" });
    assertEquals(cacheFolder(home, "linux"), join("/home/ada/.cache/convlab"));
    assertEquals(
      cacheFolder(home, "darwin"),
      join("/home/ada/Library/Caches/convlab"),
    );
    assertEquals(cacheFolder(home, "windows"), join("C:\\Local", "convlab"));
  });

  it("prefers XDG_CACHE_HOME on Linux, unless it is relative", () => {
    const variables = { HOME: "/home/ada", XDG_CACHE_HOME: "/var/cache/ada" };
    assertEquals(
      cacheFolder(environment(variables), "linux"),
      join("/var/cache/ada/convlab"),
    );
    assertEquals(
      cacheFolder(environment({ ...variables, XDG_CACHE_HOME: "x" }), "linux"),
      join("/home/ada/.cache/convlab"),
    );
  });

  it("is undefined where the environment does not tell", () => {
    for (const os of ["linux", "darwin", "windows"] as const) {
      assertEquals(cacheFolder(environment({}), os), undefined);
    }
  });
});

describe("dataFolders()", () => {
  it("looks in CONVLAB_DATA before the cache", () => {
    const home = { HOME: "/home/ada", LOCALAPPDATA: "C:\\Local" };
    const cache = cacheFolder(environment(home));
    assertEquals(
      dataFolders(environment({ ...home, CONVLAB_DATA: "/data" })),
      ["/data", cache],
    );
    assertEquals(dataFolders(environment(home)), [cache]);
    assertEquals(dataFolders(environment({})), []);
  });
});

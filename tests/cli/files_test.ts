// Copyright 2026 the Convlab authors. MIT license.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { afterAll, it } from "@std/testing/bdd";
import { UsageError } from "../../cli/exit.ts";
import { prepareOutput } from "../../cli/files.ts";
import { describePermitted } from "../permitted.ts";

describePermitted("prepareOutput()", () => {
  const folder = Deno.makeTempDirSync();
  afterAll(() => Deno.removeSync(folder, { recursive: true }));

  it("gives the format and makes the folder", () => {
    const path = join(folder, "a", "b", "figure.SVG");
    assertEquals(prepareOutput(path, ["png", "svg"]), "svg");
    assert(Deno.statSync(join(folder, "a", "b")).isDirectory);
    assertEquals([...Deno.readDirSync(join(folder, "a", "b"))], []);
    assertEquals(prepareOutput(path, ["png", "svg"]), "svg");
  });

  it("refuses other endings before it makes a folder", () => {
    for (const name of ["c/figure.bmp", "c/figure", "c/.png", "c/png"]) {
      const path = join(folder, name);
      const error = assertThrows(
        () => prepareOutput(path, ["png", "svg"]),
        UsageError,
      );
      assertEquals(error.message, `Expected ${path} to end in .png or .svg`);
    }
    assertThrows(() => Deno.statSync(join(folder, "c")), Deno.errors.NotFound);
  });

  it("refuses a folder in the place of the file, and the reverse", () => {
    const path = join(folder, "d.png");
    Deno.mkdirSync(path);
    assertThrows(() => prepareOutput(path, ["png"]), UsageError, "a folder");
    Deno.writeTextFileSync(join(folder, "file"), "");
    assertThrows(
      () => prepareOutput(join(folder, "file", "x.png"), ["png"]),
      Error,
      "Cannot make folder",
    );
  });
});

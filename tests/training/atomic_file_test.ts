// Copyright 2026 the Convlab authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { afterAll, beforeAll, it } from "@std/testing/bdd";
import { runScript } from "../data/run_script.ts";
import { writeFileAtomically } from "../../training/atomic_file.ts";
import { describePermitted } from "../permitted.ts";

let folder = "";

beforeAll(() => {
  folder = Deno.makeTempDirSync();
});

afterAll(() => Deno.removeSync(folder, { recursive: true }));

/** Runs `test` in a new folder. */
function inFolder(name: string, test: (folder: string) => void) {
  return () => {
    const inner = join(folder, name);
    Deno.mkdirSync(inner);
    test(inner);
  };
}

function namesIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map((entry) => entry.name).toSorted();
}

describePermitted("writeFileAtomically()", () => {
  it(
    "writes bytes and text, and leaves nothing else",
    inFolder("new", (inner) => {
      const bytes = Uint8Array.from({ length: 3_000_000 }, (_, i) => i % 251);
      writeFileAtomically(join(inner, "a.bin"), bytes.subarray(1));
      writeFileAtomically(join(inner, "b.txt"), "Größe\n");
      writeFileAtomically(join(inner, "c.txt"), "");
      assertEquals(Deno.readFileSync(join(inner, "a.bin")), bytes.slice(1));
      assertEquals(Deno.readTextFileSync(join(inner, "b.txt")), "Größe\n");
      assertEquals(Deno.readTextFileSync(join(inner, "c.txt")), "");
      assertEquals(namesIn(inner), ["a.bin", "b.txt", "c.txt"]);
    }),
  );

  it(
    "puts a new file in the place of the old one",
    inFolder("replace", (inner) => {
      const path = join(inner, "a.txt");
      writeFileAtomically(path, "a long old text");
      using old = Deno.openSync(path);
      writeFileAtomically(path, "new");
      assertEquals(Deno.readTextFileSync(path), "new");
      const buffer = new Uint8Array(99);
      const length = old.readSync(buffer) ?? 0;
      assertEquals(
        new TextDecoder().decode(buffer.subarray(0, length)),
        "a long old text",
        "whoever has the old file open reads the old text",
      );
    }),
  );

  it(
    "follows a symbolic link and keeps it",
    inFolder("link", (inner) => {
      const path = join(inner, "a.txt");
      const link = join(inner, "link.txt");
      Deno.writeTextFileSync(path, "old");
      Deno.symlinkSync(path, link);
      writeFileAtomically(link, "new");
      assertEquals(Deno.readTextFileSync(path), "new");
      assertEquals(Deno.lstatSync(link).isSymlink, true);
      assertEquals(namesIn(inner), ["a.txt", "link.txt"]);
    }),
  );

  it(
    "creates no folder",
    inFolder("missing", (inner) => {
      const path = join(inner, "none", "a.txt");
      const error = assertThrows(() => writeFileAtomically(path, "x"), Error);
      assertEquals(
        error.message,
        `Cannot write ${path}: expected the folder ${
          join(inner, "none")
        } to exist but found none`,
      );
      assertEquals(namesIn(inner), []);
    }),
  );

  it(
    "does not replace a folder",
    inFolder("folder", (inner) => {
      const path = join(inner, "a");
      Deno.mkdirSync(path);
      const error = assertThrows(() => writeFileAtomically(path, "x"), Error);
      assertEquals(
        error.message,
        `Cannot write ${path}: expected a file but found a folder`,
      );
      assertEquals(namesIn(inner), ["a"]);
    }),
  );

  it(
    "removes its file when the disk does not take it",
    inFolder("failure", (inner) => {
      const path = join(inner, "a.txt");
      Deno.writeTextFileSync(path, "old");
      const rename = Deno.renameSync;
      Deno.renameSync = () => {
        assertEquals(namesIn(inner).length, 2);
        throw new Error("No space left on device");
      };
      try {
        assertThrows(
          () => writeFileAtomically(path, "new"),
          Error,
          `Cannot write ${path}: No space left on device`,
        );
      } finally {
        Deno.renameSync = rename;
      }
      assertEquals(Deno.readTextFileSync(path), "old");
      assertEquals(namesIn(inner), ["a.txt"]);
    }),
  );

  it("needs permission to read and write the folder and nothing else", async () => {
    const code = (path: string) => `
      import { writeFileAtomically } from "./training/atomic_file.ts";
      try {
        writeFileAtomically(${JSON.stringify(path)}, "x");
        writeFileAtomically(${JSON.stringify(path)}, "y");
        console.log("written");
      } catch (error) {
        console.log(error.message);
      }`;
    const path = join(folder, "allowed.txt");
    const flags = [`--allow-read=${folder}`, `--allow-write=${folder}`];
    const allowed = await runScript(code(path), { flags });
    assertEquals([allowed.stdout, allowed.stderr], ["written\n", ""]);
    assertEquals(Deno.readTextFileSync(path), "y");
    const denied = join(folder, "denied.txt");
    const { stdout } = await runScript(code(denied), {
      flags: [`--allow-read=${folder}`],
    });
    assertEquals(
      stdout,
      `Cannot write ${denied}: expected permission to read and write ${folder} but found none; grant it with --allow-read and --allow-write\n`,
    );
    assertEquals(namesIn(folder).includes("denied.txt"), false);
  });

  const hasDevices = Deno.build.os !== "windows";
  (hasDevices ? it : it.skip)("writes to a device without replacing it", () => {
    writeFileAtomically("/dev/null", "x");
    assertEquals(Deno.statSync("/dev/null").isCharDevice, true);
  });
});

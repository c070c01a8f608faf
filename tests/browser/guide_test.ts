// Copyright 2026 the Convlab authors. MIT license.

/** The site that `docs/browser.md` makes, in a real browser. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { dirname, join } from "@std/path";
import { TextLineStream } from "@std/streams";
import { it } from "@std/testing/bdd";
import { describeChromium, runChromiumScript } from "../chromium/run_script.ts";
import { readGuide } from "../docs/read_guide.ts";
import { Clone } from "../docs/run_guide.ts";

const GUIDE = new URL("../../docs/browser.md", import.meta.url);

describeChromium("the site of docs/browser.md", () => {
  it("trains on all threads of an isolated page, without a complaint", async () => {
    using clone = new Clone();
    let bundle = "";
    for (const step of readGuide(Deno.readTextFileSync(GUIDE))) {
      if (step.kind === "file") {
        const path = join(clone.path, step.path);
        Deno.mkdirSync(dirname(path), { recursive: true });
        Deno.writeTextFileSync(path, step.text);
      } else if (step.kind === "command" && /^deno bundle/.test(step.text)) {
        bundle = step.text;
      }
    }
    const { code, stderr } = await clone.run(bundle);
    assertEquals(code, 0, stderr.join("\n"));
    const server = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--allow-net=127.0.0.1",
        "--allow-read=site",
        "site/serve.ts",
      ],
      cwd: clone.path,
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const printed = server.stdout.pipeThrough(new TextDecoderStream())
      .pipeThrough(new TextLineStream()).getReader();
    try {
      const { value = "" } = await printed.read();
      const { lines, complaints } = await runChromiumScript<
        { lines: string[]; complaints: string[] }
      >(
        new URL("drive_guide.ts", import.meta.url),
        [value.replace("Open ", "")],
      );
      const threads = navigator.hardwareConcurrency;
      assertEquals(lines[0], `${threads} threads, relaxed multiply-add`);
      assert(lines.every((line) => !line.startsWith("On one thread")));
      assertMatch(lines.at(-2) ?? "", /^\(Epoch 4 \/ 4\) train acc: (1.0|0.9)/);
      // The guide's page has no icon.
      assertEquals(complaints.filter((line) => !/404/.test(line)), []);
    } finally {
      server.kill();
      await server.status;
      await printed.cancel();
    }
  });
});

// Copyright 2026 the Convlab authors. MIT license.

import { assert, assertEquals, assertRejects } from "@std/assert";
import { afterAll, describe, it } from "@std/testing/bdd";
import type { Work } from "../../../cli/bench/pass.ts";
import { startPeer, warningAbout } from "../../../cli/bench/peer.ts";
import { CONVOLUTIONS } from "../../../cli/bench/shapes.ts";
import { describePermitted } from "../../permitted.ts";
import { fakePython, isRunning, processesOf } from "./fake_python.ts";

const WORK: Work = {
  operation: "convolution forward",
  dtype: "float32",
  shape: { ...CONVOLUTIONS[0]! },
};

describePermitted("startPeer()", () => {
  const folder = Deno.makeTempDirSync();
  afterAll(() => Deno.removeSync(folder, { recursive: true }));

  const running = (python: string) => processesOf(python).filter(isRunning);

  it("times each block in a fresh process as installed, and all in one that keeps memory", async () => {
    const python = fakePython(folder, "steady");
    {
      await using peer = await startPeer(python);
      assertEquals([peer.name, peer.blas], ["PyTorch 0.1", "openblas"]);
      const kept = running(python);
      assertEquals(kept.length, 1);
      const asInstalled = peer.asInstalled(WORK, 1);
      const memoryKept = peer.memoryKept(WORK, 1);
      for (let block = 1; block <= 2; block++) {
        assertEquals(await asInstalled.time(1), [1e6]);
        assertEquals(await memoryKept.time(2), [5e5, 5e5]);
        assertEquals(running(python), kept);
        assertEquals(new Set(processesOf(python)).size, 1 + block);
      }
    }
    assertEquals(running(python), []);
  });

  it("says how a fresh process ended that did not answer", async () => {
    const python = fakePython(folder, "unkept");
    {
      await using peer = await startPeer(python);
      await assertRejects(
        async () => await peer.asInstalled(WORK, 1).time(1),
        Error,
        "expected an answer but it ended with exit code 3",
      );
    }
    assertEquals(running(python), []);
  });
});

describe("warningAbout()", () => {
  it("warns of the reference BLAS, and of no other", () => {
    const name = "PyTorch 0.1";
    assertEquals(warningAbout({ name, blas: "openblas" }), undefined);
    const warning = warningAbout({ name, blas: "reference" });
    assert(warning?.includes("apt-get install libopenblas0"));
  });
});

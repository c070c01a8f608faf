// Copyright 2026 the Convlab authors. MIT license.

import { assert, assertEquals, assertRejects } from "@std/assert";
import { afterAll, it } from "@std/testing/bdd";
import type { Work } from "../../../cli/bench/pass.ts";
import {
  type PeerOptions,
  startPeer,
  warningAbout,
} from "../../../cli/bench/peer.ts";
import {
  AFFINES,
  CONVOLUTIONS,
  POOLINGS,
  STEPS,
} from "../../../cli/bench/shapes.ts";
import { describePermitted } from "../../permitted.ts";
import { fakePython } from "./fake_python.ts";

const WORK: Work = {
  operation: "convolution forward",
  dtype: "float32",
  shape: { ...CONVOLUTIONS[0]! },
};

describePermitted("startPeer()", () => {
  const folder = Deno.makeTempDirSync();
  afterAll(() => Deno.removeSync(folder, { recursive: true }));
  const fake = (name: Parameters<typeof fakePython>[1]) =>
    fakePython(folder, name);
  const time = async (python: string, options?: PeerOptions) => {
    await using peer = await startPeer(python, options);
    return await peer.contestant(WORK, 1).time(2);
  };

  it("gives as many times as were asked for", async () => {
    await using peer = await startPeer(fake("steady"));
    assertEquals([peer.name, peer.blas], ["PyTorch 0.1", "openblas"]);
    assertEquals(warningAbout(peer), undefined);
    const contestant = peer.contestant(WORK, 2);
    await contestant.warmUp();
    assertEquals(await contestant.time(3), [1e6, 1e6, 1e6]);
  });

  it("says what is missing, and how to install it", async () => {
    const python = fake("withoutTorch");
    await assertRejects(
      () => startPeer(python),
      Error,
      `Cannot time PyTorch: ${python} cannot import it (No module named torch); on Debian, apt-get install python3-torch libopenblas0`,
    );
    await assertRejects(
      () => startPeer(`${folder}/none`),
      Error,
      "none to be a Python interpreter but found none; on Debian, apt-get install",
    );
  });

  it("warns of the reference BLAS", async () => {
    await using peer = await startPeer(fake("referenceBlas"));
    assert(warningAbout(peer)?.includes("apt-get install libopenblas0"));
  });

  it("says how a process ended that did not answer", async () => {
    await assertRejects(
      () => time(fake("dying")),
      Error,
      "expected an answer but it ended with exit code 3 (MemoryError: no more)",
    );
  });

  it("takes no nonsense for an answer", async () => {
    await assertRejects(
      () => time(fake("babbling")),
      Error,
      'expected an object in JSON but found "Python 9"',
    );
    await assertRejects(
      () => time(fake("nameless")),
      Error,
      "expected its name and BLAS from",
    );
    await assertRejects(
      () => time(fake("sparing")),
      Error,
      "expected 2 times from",
    );
  });

  it("waits for an answer only so long, and ends the process", async () => {
    const python = fake("hanging");
    await assertRejects(
      () => time(python, { patience: 300 }),
      Error,
      "expected an answer within 0.3 s but found none",
    );
    assert(!isRunning(`${python}.pid`));
  });

  it("ends the process where the signal is aborted", async () => {
    const python = fake("hanging");
    const signal = AbortSignal.timeout(300);
    await assertRejects(() => time(python, { signal }), DOMException);
    assert(!isRunning(`${python}.pid`));
    await assertRejects(() => time(python, { signal }), DOMException);
  });

  const python = ["/usr/bin/python3", "python3"].find(answers);
  const itWithPython = python === undefined ? it.skip : it;

  itWithPython(
    "times all there is in a real Python, if that has PyTorch",
    async () => {
      let peer;
      try {
        peer = await startPeer(python!);
      } catch (error) {
        assert(error instanceof Error);
        assert(error.message.includes("cannot import it"), error.message);
        return;
      }
      await using _ended = peer;
      assert(peer.name.startsWith("PyTorch "));
      const works: [operation: string, shape: Work["shape"]][] = [
        ...["forward", "backward", "filter gradient"].map((
          pass,
        ): [string, Work["shape"]] => [
          `convolution ${pass}`,
          { ...CONVOLUTIONS[0]! },
        ]),
        ["max-pooling forward", { ...POOLINGS[1]! }],
        ["max-pooling backward", { ...POOLINGS[1]! }],
        ["affine forward", { ...AFFINES[0]! }],
        ["affine backward", { ...AFFINES[0]! }],
        ["training step", { ...STEPS[0]! }],
      ];
      for (const [operation, shape] of works) {
        for (const dtype of ["float32", "float64"] as const) {
          const work = { operation, shape, dtype };
          const times = await peer.contestant(work, 1).time(1);
          assertEquals(times.length, 1, operation);
        }
      }
    },
  );
});

/** Whether the process is still there whose id a file holds. */
function isRunning(file: string): boolean {
  const pid = Deno.readTextFileSync(file).trim();
  return new Deno.Command("kill", { args: ["-0", pid], stderr: "null" })
    .outputSync().success;
}

function answers(python: string): boolean {
  try {
    return new Deno.Command(python, { args: ["--version"] })
      .outputSync().success;
  } catch {
    return false;
  }
}

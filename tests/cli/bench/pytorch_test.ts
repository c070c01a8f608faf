// Copyright 2026 the Convlab authors. MIT license.

import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { afterAll, it } from "@std/testing/bdd";
import type { Work } from "../../../cli/bench/pass.ts";
import {
  type PyTorchOptions,
  startPyTorch,
} from "../../../cli/bench/pytorch.ts";
import {
  AFFINES,
  CONVOLUTIONS,
  POOLINGS,
  STEPS,
} from "../../../cli/bench/shapes.ts";
import { describePermitted } from "../../permitted.ts";
import { fakePython, isRunning, processesOf } from "./fake_python.ts";

const WORK: Work = {
  operation: "convolution forward",
  dtype: "float32",
  shape: { ...CONVOLUTIONS[0]! },
};

describePermitted("startPyTorch()", () => {
  const folder = Deno.makeTempDirSync();
  afterAll(() => Deno.removeSync(folder, { recursive: true }));
  const fake = (name: Parameters<typeof fakePython>[1]) =>
    fakePython(folder, name);
  const time = async (python: string, options?: PyTorchOptions) => {
    await using process = startPyTorch(python, options);
    await process.loaded();
    return await process.contestant(WORK, 1).time(2);
  };

  it("gives as many times as were asked for", async () => {
    await using process = startPyTorch(fake("steady"));
    assertEquals(await process.loaded(), {
      ...{ name: "PyTorch 0.1", blas: "openblas" },
    });
    const contestant = process.contestant(WORK, 2);
    await contestant.warmUp();
    assertEquals(await contestant.time(3), [1e6, 1e6, 1e6]);
  });

  it("says what is missing, and how to install it", async () => {
    const python = fake("withoutTorch");
    await assertRejects(
      () => time(python),
      Error,
      `Cannot time PyTorch: ${python} cannot import it (No module named torch); on Debian, apt-get install python3-torch libopenblas0`,
    );
    assertThrows(
      () => startPyTorch(`${folder}/none`),
      Error,
      "none to be a Python interpreter but found none; on Debian, apt-get install",
    );
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
    assert(!processesOf(python).some(isRunning));
  });

  it("ends the process where the signal is aborted", async () => {
    const python = fake("hanging");
    const signal = AbortSignal.timeout(300);
    await assertRejects(() => time(python, { signal }), DOMException);
    assert(!processesOf(python).some(isRunning));
    await assertRejects(() => time(python, { signal }), DOMException);
  });

  const python = ["/usr/bin/python3", "python3"].find(answers);
  const itWithPython = python === undefined ? it.skip : it;

  itWithPython(
    "times all there is in a real Python, if that has PyTorch",
    async () => {
      await using process = startPyTorch(python!);
      try {
        const { name } = await process.loaded();
        assert(name.startsWith("PyTorch "));
      } catch (error) {
        assert(error instanceof Error);
        assert(error.message.includes("cannot import it"), error.message);
        return;
      }
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
          const times = await process.contestant(work, 1).time(1);
          assertEquals(times.length, 1, operation);
        }
      }
    },
  );
});

function answers(python: string): boolean {
  try {
    return new Deno.Command(python, { args: ["--version"] })
      .outputSync().success;
  } catch {
    return false;
  }
}

// Copyright 2026 the Convlab authors. MIT license.

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { kernelModule } from "../../kernels/modules.ts";
import { teamLimitation } from "../../workers/environment.ts";
import { SharedMemory } from "../../workers/memory.ts";
import { Team } from "../../workers/team.ts";

const real = {
  wait: Atomics.wait,
  SharedArrayBuffer: globalThis.SharedArrayBuffer,
};

/** Runs `body` as on the main thread of a page. */
function onMainThread<R>(body: () => R): R {
  Atomics.wait = () => {
    throw new TypeError("Atomics.wait cannot be called in this context");
  };
  try {
    return body();
  } finally {
    Atomics.wait = real.wait;
  }
}

/** Runs `body` as in a page that may not share memory. */
function withoutIsolation<R>(body: () => R): R {
  Reflect.deleteProperty(globalThis, "SharedArrayBuffer");
  try {
    return body();
  } finally {
    globalThis.SharedArrayBuffer = real.SharedArrayBuffer;
  }
}

describe("teamLimitation()", () => {
  it("finds none here", () => {
    assertEquals(teamLimitation(new SharedMemory()), undefined);
  });

  it("tells of a main thread that may not wait", () => {
    const memory = new SharedMemory();
    assertStringIncludes(
      onMainThread(() => teamLimitation(memory)) ?? "",
      "may not wait for workers",
    );
  });

  it("tells of a page without isolation, where there still is a memory", () => {
    assertStringIncludes(
      withoutIsolation(() => teamLimitation(new SharedMemory())) ?? "",
      "not cross-origin isolated",
    );
  });
});

describe("Team(), where no workers can help", () => {
  for (
    const [where, run] of [
      ["on a main thread", onMainThread],
      ["without isolation", withoutIsolation],
    ] as const
  ) {
    it(`works on one thread, and says why, ${where}`, () => {
      const memory = new SharedMemory();
      const a = new Float64Array(memory.buffer, memory.allocate(800), 100);
      a.fill(2);
      run(() => {
        const team = new Team([kernelModule("strict")], memory, 4);
        assertEquals(team.threads, 1);
        assert(team.limitation !== undefined);
        const kernel = "f64_scale";
        team.run({ kernel, args: [3, a.byteOffset], items: 100, step: 10 });
      });
      assertEquals(new Set(a), new Set([6]));
    });
  }
});

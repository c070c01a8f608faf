// Copyright 2026 the Convlab authors. MIT license.

import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { beforeAll, it } from "@std/testing/bdd";
import { compile } from "../../kernels/compile.ts";
import { SharedMemory } from "../../workers/memory.ts";
import { WorkerError } from "../../workers/crew.ts";
import { Team } from "../../workers/team.ts";
import { describePermitted } from "../permitted.ts";

/** Kernels that behave well and badly, with the contract of the real ones. */
const SOURCE = `
export function mark(out: usize, delta: i32, scratch: usize, begin: i32, end: i32): void {
  for (let i = begin; i < end; i++) {
    store<i32>(scratch, i + delta);
    store<i32>(out + (<usize>i << 2), load<i32>(scratch));
  }
}
export function where(out: usize, scratch: usize, begin: i32, end: i32): void {
  store<u32>(out, <u32>scratch);
}
// The caller, known by its scratch memory, waits until a worker has come.
export function trap(flag: usize, caller: usize, scratch: usize, begin: i32, end: i32): void {
  if (scratch == caller) { while (atomic.load<i32>(flag) == 0) {} }
  else { atomic.store<i32>(flag, 1); unreachable(); }
}
export function hang(flag: usize, caller: usize, scratch: usize, begin: i32, end: i32): void {
  if (scratch == caller) { while (atomic.load<i32>(flag) == 0) {} }
  else { atomic.store<i32>(flag, 1); while (atomic.load<i32>(flag) == 1) {} }
}`;

let module: WebAssembly.Module;

/** Where the caller's thread has its scratch memory. */
function callerScratch(memory: SharedMemory, team: Team): number {
  const out = memory.allocate(4);
  const job = { kernel: "where", args: [out], items: 1, step: 1 };
  team.runAlone({ ...job, scratchBytes: 4096 });
  return new Uint32Array(memory.buffer, out, 1)[0]!;
}

/** A team whose workers run: jobs are done until one chunk of one was a worker's. */
function startedTeam(memory: SharedMemory, threads: number): Team {
  const team = new Team([module], memory, threads);
  const out = memory.allocate(4 * 64);
  for (let i = 0; i < 50; i++) {
    team.run({
      kernel: "mark",
      args: [out, 0],
      items: 64,
      step: 1,
      scratchBytes: 8,
    });
    Atomics.wait(new Int32Array(memory.buffer, out, 1), 0, 0, 2);
  }
  return team;
}

describePermitted("Team", () => {
  beforeAll(async () => {
    module = new WebAssembly.Module(
      await compile({ "index.ts": SOURCE }, ["-O3"]),
    );
  });

  it("Team.run() does every work item once, on 1, 2, 3 and 5 threads", () => {
    for (const threads of [1, 2, 3, 5]) {
      const memory = new SharedMemory();
      const team = startedTeam(memory, threads);
      for (
        const [items, step] of [[1, 1], [7, 3], [1000, 1], [4096, 7]] as const
      ) {
        const out = memory.allocate(4 * items);
        const values = new Int32Array(memory.buffer, out, items).fill(-1);
        team.run({
          kernel: "mark",
          args: [out, 5],
          items,
          step,
          scratchBytes: 4,
        });
        assertEquals(
          [...values],
          Array.from({ length: items }, (_, i) => i + 5),
        );
        memory.free(out);
      }
      team.close();
    }
  });

  it("Team.run() survives thousands of small jobs in a row", () => {
    const memory = new SharedMemory();
    const team = new Team([module], memory, 3);
    const out = memory.allocate(4 * 8);
    const values = new Int32Array(memory.buffer, out, 8);
    for (let job = 0; job < 5000; job++) {
      team.run({
        kernel: "mark",
        args: [out, job],
        items: 8,
        step: 1,
        scratchBytes: 4,
      });
      assertEquals(values[0], job);
      assertEquals(values[7], job + 7);
    }
    team.close();
  });

  it("Team.run() names a worker whose kernel fails, and the next call works", () => {
    const memory = new SharedMemory();
    const team = startedTeam(memory, 2);
    const flag = memory.allocate(4);
    new Int32Array(memory.buffer, flag, 1)[0] = 0;
    const args = [flag, callerScratch(memory, team)];
    const error = assertThrows(
      () => team.run({ kernel: "trap", args, items: 2, step: 1 }),
      WorkerError,
    );
    assertMatch(error.message, /^Worker 1 of 1 failed in trap: .*unreachable/);
    const out = memory.allocate(4 * 4);
    team.run({
      kernel: "mark",
      args: [out, 1],
      items: 4,
      step: 1,
      scratchBytes: 4,
    });
    assertEquals([...new Int32Array(memory.buffer, out, 4)], [1, 2, 3, 4]);
    team.close();
  });

  it("Team.run() gives up on a worker that hangs within seconds, and the next call works", () => {
    const memory = new SharedMemory();
    const team = startedTeam(memory, 2);
    const flag = memory.allocate(4);
    const word = new Int32Array(memory.buffer, flag, 1);
    word[0] = 0;
    const args = [flag, callerScratch(memory, team)];
    const start = performance.now();
    const error = assertThrows(
      () => team.run({ kernel: "hang", args, items: 2, step: 1 }),
      WorkerError,
    );
    assertMatch(error.message, /^Worker 1 of 1 did not finish hang within 5 s/);
    assertEquals(performance.now() - start < 10_000, true);
    Atomics.store(word, 0, 3);
    const out = memory.allocate(4 * 4);
    team.run({
      kernel: "mark",
      args: [out, 1],
      items: 4,
      step: 1,
      scratchBytes: 4,
    });
    assertEquals([...new Int32Array(memory.buffer, out, 4)], [1, 2, 3, 4]);
    team.close();
  });

  it("Team.run() refuses an unknown kernel and too many chunks", () => {
    const memory = new SharedMemory();
    const team = new Team([module], memory, 2);
    assertThrows(
      () => team.run({ kernel: "none", args: [], items: 2, step: 1 }),
      RangeError,
      "Cannot run kernel: no none exists",
    );
    assertThrows(
      () => team.run({ kernel: "mark", args: [], items: 5000, step: 1 }),
      RangeError,
      "expected at most 4095 chunks",
    );
    team.close();
  });

  it("Team() refuses a number of threads out of range", () => {
    for (const threads of [0, 1.5, -1, 257, NaN]) {
      assertThrows(
        () => new Team([module], new SharedMemory(), threads),
        RangeError,
      );
    }
  });

  it("Team ends its idle workers and starts new ones, in bounded memory", async () => {
    const memory = new SharedMemory();
    const team = new Team([module], memory, 3);
    const out = memory.allocate(4 * 16);
    const job = {
      kernel: "mark",
      args: [out, 0],
      items: 16,
      step: 1,
      scratchBytes: 4,
    };
    team.run(job);
    const before = memory.bytesInUse;
    for (let i = 0; i < 5; i++) {
      await new Promise((resolve) => setTimeout(resolve, 150));
      team.run(job);
    }
    // At most one crew is still ending while the next one runs.
    assertEquals(memory.bytesInUse <= before + 4096, true);
    team.close();
  });
});

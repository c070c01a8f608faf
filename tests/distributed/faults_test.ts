// Copyright 2026 the Convlab authors. MIT license.

/** Ranks that are killed, stopped, hang, fail or leave: the whole job ends, and one line tells why. */

import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
} from "@std/assert";
import { it } from "@std/testing/bdd";
import { describeMpi, mpirun } from "./mpirun.ts";

const TRAINER = new URL("./programs/trainer.ts", import.meta.url);
/** What a rank that hangs or is lost may take, in milliseconds. */
const IN_TIME = 10_000;

/** What a rank does, and what is said of it. */
const HARMS: readonly { harm: string; rank: number; says: RegExp }[] = [
  {
    harm: "kill",
    rank: 1,
    says: /^error: rank 1 on host \S+ was lost: its process \(\d+\) is gone$/,
  },
  {
    harm: "stop",
    rank: 0,
    says:
      /^error: rank 0 on host \S+ was lost: nothing was heard from it for \d s$/,
  },
  {
    harm: "loop",
    rank: 1,
    says:
      /^error: rank 1 on host \S+ hangs: its main thread gave no sign of life for \d s$/,
  },
  { harm: "throw", rank: 1, says: /^error: rank 1 broke$/ },
  {
    harm: "leave",
    rank: 0,
    says: /^error: rank 0 on host \S+ left while others went on$/,
  },
];

describeMpi("a job", () => {
  it("ends in time, with one line, whatever happens to a rank", async () => {
    await Promise.all(HARMS.map(async ({ harm, rank, says }) => {
      const outcome = await mpirun({
        ranks: 2,
        program: TRAINER,
        args: [harm, `${rank}`],
      });
      const end = Date.now();
      assertNotEquals(outcome.code, 0, harm);
      const lines = outcome.stderr.split("\n")
        .filter((line) => line.startsWith("error: "));
      assertEquals(lines.length, 1, `${harm}: ${outcome.stderr}`);
      assertMatch(lines[0]!, says);
      const began = /^harm at (\d+)$/m.exec(outcome.stdout);
      const ms = end - Number(began?.[1]);
      assert(ms < IN_TIME, `${harm}: the job ended after ${ms} ms`);
    }));
  });
});

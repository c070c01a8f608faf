// Copyright 2026 the Convlab authors. MIT license.

/** Training by the ranks of an MPI job, against the same training by one solver. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { it } from "@std/testing/bdd";
import {
  distance,
  FIRST_SEED,
  trainCase,
  type Trained,
  TRAINING_CASES,
} from "../training/train_case.ts";
import { describeMpi, type Launcher, mpirun } from "./mpirun.ts";

/** What the ranks of a job print. */
async function printedBy(
  name: string,
  ranks: number,
  launcher: Launcher = "openmpi",
): Promise<string> {
  const program = new URL(name, import.meta.url);
  const { code, stdout, stderr } = await mpirun({ ranks, program, launcher });
  assertEquals([code, stderr], [0, ""]);
  return stdout;
}

describeMpi("Ranks that train together", () => {
  it("end where one solver does, in float64, and with the same bytes each time", async () => {
    const expected = [];
    for (const training of TRAINING_CASES) {
      expected.push(await trainCase(training, FIRST_SEED));
    }
    for (const ranks of [2, 4]) {
      const printed = await printedBy("./train_ranks.ts", ranks);
      const lines = printed.trimEnd().split("\n");
      assertEquals(lines.length, TRAINING_CASES.length);
      for (const [i, line] of lines.entries()) {
        const { name } = TRAINING_CASES[i]!;
        const { tensors, ...rest }: Trained = JSON.parse(line);
        const { tensors: wanted, ...alone } = expected[i]!;
        assertEquals(rest.valAccuracies, alone.valAccuracies);
        for (const [key, values] of Object.entries(wanted)) {
          const d = distance(values, Float64Array.from(tensors[key]!));
          assert(d < 1e-10, `${name}, ${key} with ${ranks} ranks: ${d}`);
        }
      }
      if (ranks === 2) {
        assertEquals(await printedBy("./train_ranks.ts", 2), printed);
      }
    }
  });
});

for (const launcher of ["openmpi", "mpich"] as const) {
  describeMpi(`joinRanks(), under ${launcher}`, () => {
    it("stops all ranks in the same iteration, and gives all the first one's learning rate", async () => {
      const printed = await printedBy("./stop_ranks.ts", 2, launcher);
      const [first, second] = printed.trimEnd().split("\n").sort();
      const rest = "after 4 at rate 0.125 and loss ";
      assertStringIncludes(first!, `rank 0 stopped for another ${rest}`);
      assertStringIncludes(second!, `rank 1 stopped for itself ${rest}`);
      assertEquals(first!.split(" ").at(-1), second!.split(" ").at(-1));
    });
  }, launcher);
}

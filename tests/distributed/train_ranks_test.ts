// Copyright 2026 the Convlab authors. MIT license.

/** Training by the ranks of an MPI job, against the same training by one solver. */

import { assert, assertEquals } from "@std/assert";
import { it } from "@std/testing/bdd";
import {
  distance,
  FIRST_SEED,
  trainCase,
  type Trained,
  TRAINING_CASES,
} from "../training/train_case.ts";
import { describeMpi, mpirun } from "./mpirun.ts";

/** What the first rank of a job prints. */
async function trainings(ranks: number): Promise<string> {
  const program = new URL("./train_ranks.ts", import.meta.url);
  const { code, stdout, stderr } = await mpirun({ ranks, program });
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
      const printed = await trainings(ranks);
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
      if (ranks === 2) assertEquals(await trainings(2), printed);
    }
  });
});

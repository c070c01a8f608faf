// Copyright 2026 the Convlab authors. MIT license.

import { assertEquals, assertMatch } from "@std/assert";
import { it } from "@std/testing/bdd";
import { describeMpi, mpirun } from "./mpirun.ts";

const SUMS = new URL("./programs/sums.ts", import.meta.url);
const FOREIGN = new URL("./programs/foreign.ts", import.meta.url);

for (
  const { launcher, library, sizes } of [
    { launcher: "openmpi", library: /^(\d) ranks of Open MPI /, sizes: [2, 4] },
    { launcher: "mpich", library: /^(\d) ranks of MPICH /, sizes: [2] },
  ] as const
) {
  describeMpi(`Communicator with ${launcher}`, () => {
    for (const ranks of sizes) {
      it(`adds up, copies and gathers over ${ranks} ranks as plain loops do`, async () => {
        const outcome = await mpirun({ launcher, ranks, program: SUMS });
        assertEquals(outcome.stderr, "");
        assertEquals(outcome.code, 0);
        assertMatch(outcome.stdout, library);
        assertEquals(outcome.stdout[0], `${ranks}`);
      });
    }
  }, launcher);
}

describeMpi("Communicator.join()", () => {
  describeMpi("with MPICH's library under Open MPI's mpirun", () => {
    it("says that it belongs to another launcher, or what to install", async () => {
      const outcome = await mpirun({ ranks: 2, program: FOREIGN });
      assertEquals(outcome.code, 0);
      const lines = outcome.stdout.trim().split("\n");
      assertEquals(lines.length, 2);
      for (const line of lines) {
        const [missing, foreign, ...more] = JSON.parse(line);
        assertMatch(
          missing,
          /^Cannot join: started by Open MPI, but found none of its libraries \(.*\); install one \(Debian: apt-get install openmpi-bin\)$/,
        );
        assertMatch(
          foreign,
          /^Cannot join: MPICH started 2 ranks but MPICH \S+ sees 1; start it with the launcher of that library$/,
        );
        assertEquals(more, []);
      }
    });
  }, "mpich");
});

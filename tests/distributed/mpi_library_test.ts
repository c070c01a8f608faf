// Copyright 2026 the Convlab authors. MIT license.

import { assertEquals, assertMatch } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  MPICH_HANDLES,
  openMpiHandles,
} from "../../distributed/mpi_handles.ts";
import {
  familiesOf,
  familyOf,
  libraryNames,
  missingLibrary,
  shortVersion,
  unknownLibrary,
  wrongSize,
} from "../../distributed/mpi_library.ts";

/** What libraries say of themselves: the first three as met, others as documented. */
const VERSIONS = [
  [
    "Open MPI v4.1.4, package: Debian OpenMPI, ident: 4.1.4, repo rev: v4.1.4, May 26, 2022",
    "Open MPI",
    "Open MPI 4.1.4",
  ],
  [
    "MPICH Version:      4.0.2\nMPICH Release date: Thu Apr  7 12:34:45 CDT 2022\nMPICH ABI:          14:2:2",
    "MPICH",
    "MPICH 4.0.2",
  ],
  ["Open MPI v5.0.3, package: Open MPI", "Open MPI", "Open MPI 5.0.3"],
  [
    "Intel(R) MPI Library 2021.11 for Linux* OS\n",
    "MPICH",
    "Intel(R) MPI Library 2021.11 for Linux* OS",
  ],
  ["MVAPICH2 Version      :\t2.3.7\n", "MPICH", "MVAPICH2 2.3.7"],
  [
    "MPI VERSION    : CRAY MPICH version 8.1.25.17 (ANL base 3.4a2)",
    "MPICH",
    "MPI VERSION    : CRAY MPICH version 8.1.25.17 (ANL base 3.4a2",
  ],
  ["HP MPI 1.0", undefined, "HP MPI 1.0"],
] as const;

describe("familyOf() and shortVersion()", () => {
  for (const [version, family, short] of VERSIONS) {
    it(`know ${JSON.stringify(version.slice(0, 24))}`, () => {
      assertEquals(familyOf(version), family);
      assertEquals(shortVersion(version), short.slice(0, 60));
    });
  }
});

describe("libraryNames()", () => {
  it("are those of the launcher's own library", () => {
    assertEquals(libraryNames("Open MPI", "linux"), ["libmpi.so.40"]);
    assertEquals(libraryNames("MPICH", "linux"), [
      "libmpich.so.12",
      "libmpi.so.12",
    ]);
    assertMatch(libraryNames("MPICH", "darwin")[0]!, /\.dylib$/);
  });

  it("are those of both families for others, the likelier first", () => {
    assertEquals(familiesOf("Slurm"), ["Open MPI", "MPICH"]);
    assertEquals(familiesOf("Slurm's PMI"), ["MPICH", "Open MPI"]);
    assertEquals(familiesOf("PMI"), ["MPICH", "Open MPI"]);
    assertEquals(libraryNames("Slurm", "linux").length, 3);
  });
});

describe("what is said of a library", () => {
  it("that is missing is what to install, in one line", () => {
    assertEquals(
      missingLibrary("Open MPI", "linux"),
      "Cannot join: started by Open MPI, but found none of its libraries (libmpi.so.40); install one (Debian: apt-get install openmpi-bin)",
    );
    assertMatch(missingLibrary("MPICH", "linux"), /apt-get install mpich\)$/);
    assertMatch(missingLibrary("Slurm", "linux"), /openmpi-bin, or apt-get/);
  });

  it("that is unknown is its name, in one line", () => {
    const text = unknownLibrary("libmpi.so.40", "HP MPI 1.0\nof 1999");
    assertMatch(text, /^Cannot join: expected libmpi\.so\.40 .*"HP MPI 1\.0";/);
  });

  it("that sees other ranks is how many, and what to do", () => {
    assertEquals(
      wrongSize("Slurm", 4, "Open MPI 4.1.4", 1),
      "Cannot join: Slurm started 4 ranks but Open MPI 4.1.4 sees 1; start it with srun --mpi=pmix, or --mpi=pmi2 for MPICH (srun --mpi=list shows what there is)",
    );
  });
});

describe("handles", () => {
  it("of Open MPI are addresses of its variables", () => {
    const asked: string[] = [];
    const handles = openMpiHandles((symbol) => BigInt(asked.push(symbol)));
    assertEquals(
      handles.world,
      BigInt(asked.indexOf("ompi_mpi_comm_world")) + 1n,
    );
    assertEquals(handles.sum, BigInt(asked.indexOf("ompi_mpi_op_sum")) + 1n);
    assertEquals([handles.inPlace, handles.anySource], [1n, -1]);
  });

  it("of MPICH tell their kind and, for datatypes, their size", () => {
    // By its mpi.h: a datatype's second byte from the right is its size.
    const size = (handle: bigint) => Number((handle >> 8n) & 0xffn);
    assertEquals(size(MPICH_HANDLES.float32), 4);
    assertEquals(size(MPICH_HANDLES.float64), 8);
    assertEquals(size(MPICH_HANDLES.byte), 1);
    assertEquals(MPICH_HANDLES.world >> 24n, 0x44n);
    assertEquals(MPICH_HANDLES.sum >> 24n, 0x58n);
  });
});

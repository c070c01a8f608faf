// Copyright 2026 the Convlab authors. MIT license.

/**
 * Which MPI library belongs to a launcher: it has to be the launcher's own,
 * since ranks of one library do not see those that another's launcher started.
 *
 * @module
 */

import type { MpiFamily } from "./mpi_handles.ts";

/** What to install, by family. */
const INSTALL: Record<MpiFamily, string> = {
  "Open MPI": "apt-get install openmpi-bin",
  "MPICH": "apt-get install mpich",
};

/**
 * Names under which the libraries of a family are found, by what systems call
 * shared libraries. MPICH's own name is `libmpi.so.12`, also that of Intel MPI,
 * MVAPICH and Cray MPICH; Debian's is `libmpich.so.12`.
 */
const NAMES: Record<"linux" | "darwin", Record<MpiFamily, string[]>> = {
  linux: {
    "Open MPI": ["libmpi.so.40"],
    "MPICH": ["libmpich.so.12", "libmpi.so.12"],
  },
  darwin: {
    "Open MPI": ["libmpi.40.dylib", "/opt/homebrew/lib/libmpi.40.dylib"],
    "MPICH": ["libmpi.12.dylib", "/opt/homebrew/lib/libmpi.12.dylib"],
  },
};

/** The families to try for a launcher, likeliest first: Slurm, say, starts either. */
export function familiesOf(launcher: string): readonly MpiFamily[] {
  if (launcher === "Open MPI") return ["Open MPI"];
  if (launcher === "MPICH") return ["MPICH"];
  if (launcher.endsWith("PMI")) return ["MPICH", "Open MPI"];
  return ["Open MPI", "MPICH"];
}

/** The names to try for a launcher, in their order. */
export function libraryNames(launcher: string, os: string): readonly string[] {
  const names = os === "darwin" ? NAMES.darwin : NAMES.linux;
  return familiesOf(launcher).flatMap((family) => names[family]);
}

/** The family of a library, by what its `MPI_Get_library_version` says. */
export function familyOf(version: string): MpiFamily | undefined {
  if (/^Open MPI\b/.test(version)) return "Open MPI";
  if (/\b(MPICH|MVAPICH2?|Intel\(R\) MPI)\b|^Intel\(R\) MPI/.test(version)) {
    return "MPICH";
  }
  return undefined;
}

/** The short name of a library, such as `Open MPI 4.1.4`, by what it says of itself. */
export function shortVersion(version: string): string {
  const line = version.split("\n", 1)[0]!.trim();
  const open = /^Open MPI v?([\w.]+)/.exec(line);
  if (open) return `Open MPI ${open[1]}`;
  const other = /^(MPICH|MVAPICH2?) Version\s*:\s*([\w.]+)/.exec(line);
  if (other) return `${other[1]} ${other[2]}`;
  return line.slice(0, 60);
}

/** What to tell who has no library for the launcher. */
export function missingLibrary(launcher: string, os: string): string {
  const install = familiesOf(launcher).map((family) => INSTALL[family]);
  return `Cannot join: started by ${launcher}, but found none of its libraries (${
    libraryNames(launcher, os).join(", ")
  }); install one (Debian: ${install.join(", or ")})`;
}

/** What to tell who has a library that nobody knows. */
export function unknownLibrary(name: string, version: string): string {
  return `Cannot join: expected ${name} to be Open MPI or to have MPICH's binary interface but found ${
    JSON.stringify(shortVersion(version))
  }; install one (Debian: ${INSTALL["Open MPI"]}, or ${INSTALL["MPICH"]})`;
}

/** What to tell whose library sees other ranks than the launcher started. */
export function wrongSize(
  launcher: string,
  expected: number,
  library: string,
  found: number,
): string {
  const advice = launcher.startsWith("Slurm")
    ? "start it with srun --mpi=pmix, or --mpi=pmi2 for MPICH (srun --mpi=list shows what there is)"
    : "start it with the launcher of that library";
  return `Cannot join: ${launcher} started ${expected} ranks but ${library} sees ${found}; ${advice}`;
}

// Copyright 2026 the Convlab authors. MIT license.

/**
 * Makes two hosts of this machine, a and b, with a cable in between, runs
 * `mpirun` across them, and removes them. Needs Linux, root, iproute2 and Open
 * MPI. From the project's folder, with a rank on each host:
 *
 * ```sh
 * deno run --allow-run --allow-read tests/distributed/two_hosts.ts \
 *   -- deno task -q train:mpi
 * ```
 *
 * Before `--` it takes `--delay MS`, how long what is sent takes to arrive, and
 * `--mbit N`, how many million bits the cable carries in a second; behind it,
 * arguments of `mpirun`.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { TwoHosts } from "./namespaces.ts";

const end = Deno.args.indexOf("--");
const { delay, mbit } = parseArgs(Deno.args.slice(0, end), {
  string: ["delay", "mbit"],
});
using hosts = await TwoHosts.make(Number(delay ?? 0));
if (mbit !== undefined) hosts.limit(Number(mbit) * 1e6);
// Ctrl-C goes to mpirun as well, which sees to it that all ranks end.
Deno.addSignalListener("SIGINT", () => {});
const [first, ...rest] = [...hosts.on("a"), "mpirun"];
const { code } = await new Deno.Command(first!, {
  args: [...rest, ...hosts.mpirunArgs(), ...Deno.args.slice(end + 1)],
  env: { OMPI_ALLOW_RUN_AS_ROOT: "1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: "1" },
}).spawn().status;

const { sent, received } = hosts.bytes("a");
const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
console.error(
  `Host a sent ${megabytes(sent)} and received ${megabytes(received)}`,
);
Deno.exitCode = code;

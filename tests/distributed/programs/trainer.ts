// Copyright 2026 the Convlab authors. MIT license.

/**
 * Something like a training, for tests to harm: sums at each step, until one at
 * which a rank does what the first argument says.
 *
 * @module
 */

import { Communicator } from "../../../distributed/communicator.ts";
import { launchHere } from "../../../distributed/launch.ts";

const [harm = "none", victim = "1", numbers = "4"] = Deno.args;
const all = await Communicator.join(launchHere()!);
// As the subcommand does, so that it can put its work down.
Deno.addSignalListener("SIGTERM", () => {});
using _heeding = all.heedTermination();
const values = new Float64Array(new SharedArrayBuffer(8 * Number(numbers)));

for (let step = 0; step < 1000; step++) {
  all.working("training");
  values.fill(1);
  const ticket = all.startSum(values);
  await new Promise((resolve) => setTimeout(resolve, 20));
  if (step === 10 && all.rank === Number(victim)) {
    console.log(`harm at ${Date.now()}`);
    if (harm === "kill") Deno.kill(Deno.pid, "SIGKILL");
    if (harm === "stop") Deno.kill(Deno.pid, "SIGSTOP");
    if (harm === "loop") { for (;;); }
    if (harm === "throw") {
      console.error(`error: rank ${all.rank} broke`);
      all.abort(1);
    }
    if (harm === "leave") break;
  }
  all.wait(ticket);
}
await all.leave();

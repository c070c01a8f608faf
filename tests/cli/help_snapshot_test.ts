// Copyright 2026 the Convlab authors. MIT license.

import { commands } from "../../cli/commands.ts";
import { commandHelp, programHelp } from "../../cli/help.ts";
import { fakeOutput } from "./fake_output.ts";

// Deno's own test function, for its snapshots.
Deno.test("the help of the program and of every subcommand is as it was", async (t) => {
  await t.assertSnapshot(programHelp(commands, fakeOutput()));
  for (const entry of commands) {
    const { default: command } = await entry.load();
    await t.assertSnapshot(
      commandHelp(entry, command.description, fakeOutput()),
    );
  }
});

// Copyright 2026 the Convlab authors. MIT license.

/** `train --ui` and `ui` as processes, without a browser. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { afterAll, beforeAll, it } from "@std/testing/bdd";
import { RunHistory } from "../../live/page/run_history.js";
import type { RunEvent } from "../../live/protocol.ts";
import { RunFolder } from "../../training/run_folder.ts";
import { noData, runCli, trainingPermissions } from "../cli/run_cli.ts";
import { describePermitted } from "../permitted.ts";
import { LiveProcess } from "./live_process.ts";

/** Follows a page's events until they fulfil a condition, or end. */
async function follow(
  url: string,
  until: (history: RunHistory) => boolean,
): Promise<RunHistory> {
  const response = await fetch(`${url}events`);
  let history = new RunHistory();
  let text = "";
  for await (
    const part of response.body!.pipeThrough(new TextDecoderStream())
  ) {
    const messages = (text + part).split("\n\n");
    text = messages.pop()!;
    for (const message of messages) {
      if (!message.startsWith("data: ")) continue;
      const found = JSON.parse(message.slice(6));
      if (found.kind === "snapshot") history = RunHistory.from(found.snapshot);
      else {
        for (const event of found.events as RunEvent[]) history.apply(event);
      }
    }
    if (until(history)) break;
  }
  return history;
}

describePermitted("train --ui", () => {
  let folder = "";
  let runs = "";
  let env: Record<string, string> = {};
  const args = (name: string, ...more: string[]) => [
    ...["train", "--runs-dir", runs, "--name", name],
    ...["--model", "conv4-bn-relu pool dropout0.5 fc10", "--average", "0.9"],
    ...["--num-training", "2000", "--num-validation", "100", "--num-test"],
    ...["100", "--learning-rate", "0.005", "--batch-size", "10", ...more],
  ];
  const lines = (name: string) =>
    Deno.readTextFileSync(join(runs, name, "metrics.jsonl")).split("\n")
      .map((line) => line.replace(/"seconds":[\d.]+/, ""));
  const start = (...more: string[]) =>
    LiveProcess.start(more, trainingPermissions(folder), env);

  beforeAll(() => {
    folder = Deno.makeTempDirSync();
    runs = join(folder, "runs");
    env = noData(folder);
  });
  afterAll(() => Deno.removeSync(folder, { recursive: true }));

  it("trains to the same bytes as without it, whoever watches and pauses", async () => {
    const short = ["--epochs", "2"];
    const plain = await runCli(
      args("plain", ...short),
      trainingPermissions(folder),
      env,
    );
    assertEquals(plain.code, 0, plain.stderr);
    const watched = await start(
      ...args("watched", ...short, "--ui", "--ui-port", "0"),
    );
    const begun = performance.now();
    const end = follow(watched.url, () => false);
    assertEquals(await watched.send({ command: "pause" }), 202);
    const paused = await follow(
      watched.url,
      ({ facts }) =>
        facts.status?.state === "paused" && facts.predictions !== null &&
        facts.filters !== null,
    );
    assertEquals(paused.facts.predictions?.guesses.length, 12);
    assertEquals(paused.facts.filters?.count, 4);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    assertEquals(await watched.send({ command: "resume" }), 202);
    assertEquals(await watched.end(), 0);
    const took = (performance.now() - begun) / 1000;

    const { facts, losses } = await end;
    assertEquals(facts.status?.state, "finished");
    assertEquals(losses.last, 400);
    assertEquals(facts.checks.length, 3);
    assert(facts.final !== null);
    // Neither the pause nor what comes before and after it counts.
    assert(facts.final.seconds! < took - 1.5, `${facts.final.seconds} ${took}`);

    const read = (name: string) =>
      Deno.readFileSync(join(runs, name, "final.safetensors"));
    assertEquals(read("watched"), read("plain"));
    assertEquals(lines("watched"), lines("plain"));
  });

  it("keeps another learning rate where the training is resumed", async () => {
    const more = ["--epochs", "500", "--ui"];
    const training = await start(...args("steered", ...more), "--ui-port", "0");
    await follow(training.url, ({ losses }) => losses.last > 0);
    const half = { command: "learningRate", learningRate: 0.0025 };
    assertEquals(await training.send(half), 202);
    const { facts } = await follow(
      training.url,
      (history) => history.facts.rates.length > 0,
    );
    assertEquals(facts.rates[0]?.learningRate, 0.0025);
    assertEquals(await training.send({ command: "pause" }), 202);
    assertEquals(await training.send({ command: "stop" }), 202);
    assertEquals(await training.end(), 130);
    const state = RunFolder.open("steered", runs).checkpoints().latest()
      .checkpoint!.state as { solver: { rate: number } };
    assertEquals(state.solver.rate, 0.0025);
    assertMatch(
      Deno.readTextFileSync(join(runs, "steered", "log.txt")),
      /^\(Iteration \d+ \/ \d+\) learning rate changed by hand: 0.005 to 0.0025$/m,
    );
  });

  it("ends after Ctrl-C while it is paused", async () => {
    const more = ["--epochs", "500", "--ui", "--ui-port", "0"];
    const training = await start(...args("paused", ...more));
    assertEquals(await training.send({ command: "pause" }), 202);
    await follow(
      training.url,
      ({ facts }) => facts.status?.state === "paused",
    );
    training.kill("SIGINT");
    assertEquals(await training.end(), 130);
    assertMatch(
      training.stderr.at(-1)!,
      /^Interrupted after iteration \d+ of /,
    );
  });

  it("says on one line why a page cannot be served", async () => {
    const taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = taken.addr as Deno.NetAddr;
    const permissions = trainingPermissions(folder);
    const net = "--allow-net=127.0.0.1";
    const cases: [string[], string[], RegExp][] = [
      [
        ["--ui", "--ui-port", String(port)],
        [net],
        new RegExp(
          `^error: Cannot serve the page: expected 127.0.0.1:${port} to be free but found that another program listens there; leave out --ui-port to take any$`,
        ),
      ],
      [
        ["--ui", "--ui-host", "0.0.0.0"],
        [net],
        /^error: Cannot serve the page: expected permission to listen on 0\.0\.0\.0:6180 but found none; the tasks grant 127\.0\.0\.1 only, so grant it by "deno run --allow-net=0\.0\.0\.0" /,
      ],
      [
        ["--ui"],
        [],
        /^error: Cannot serve the page: expected permission to listen on 127\.0\.0\.1:6180 /,
      ],
      [
        ["--ui-port", "0"],
        [net],
        /^error: Expected --ui with --ui-port \(see /,
      ],
    ];
    const small = ["--max-iterations", "1"];
    const ended = await Promise.all(
      cases.map(([options, more], i) =>
        runCli(args(`no${i}`, ...small, ...options), [
          ...permissions,
          ...more,
        ], env)
      ),
    );
    taken.close();
    for (const [i, { code, stderr }] of ended.entries()) {
      const last = stderr.trimEnd().split("\n").at(-1)!;
      assertMatch(last, cases[i]![2]);
      assertEquals(code, i === 3 ? 2 : 1);
      // The name is free for the next attempt.
      assert(!RunFolder.list(runs).runs.some(({ name }) => name === `no${i}`));
    }
  });

  it("ui follows a run that another process trains, but does not steer it", async () => {
    const more = ["--epochs", "500", "--ui", "--ui-port", "0"];
    const training = await start(...args("elsewhere", ...more));
    const shown = await LiveProcess.start(
      ["ui", "elsewhere", "--runs-dir", runs, "--port", "0"],
      ["--allow-read"],
    );
    const seen = await follow(
      shown.url,
      ({ facts, losses }) => facts.status !== null && losses.last > 0,
    );
    assertEquals(seen.facts.status?.state, "training");
    await follow(shown.url, ({ losses }) => losses.last > seen.losses.last);
    assertEquals(await shown.send({ command: "stop" }), 409);
    assertEquals(await training.send({ command: "stop" }), 202);
    assertEquals(await training.end(), 130);
    await follow(shown.url, ({ facts }) => facts.status?.state === "stopped");
    shown.kill("SIGINT");
    assertEquals(await shown.end(), 0);
  });

  it("ui opens the newest run, and says that there is none", async () => {
    const none = await runCli(["ui", "--runs-dir", folder], [
      "--allow-read",
      "--allow-net=127.0.0.1",
    ]);
    assertEquals(none.code, 1);
    assertMatch(
      none.stderr,
      /^error: Cannot show the newest run: expected one in .* but found none; "deno task train" makes one\n$/,
    );
    const shown = await LiveProcess.start(
      ["ui", "--runs-dir", runs, "--port", "0"],
      ["--allow-read"],
    );
    const history = await follow(
      shown.url,
      ({ facts }) => facts.status !== null,
    );
    assertEquals(history.facts.status?.state, "stopped");
    assertEquals(await shown.send({ command: "resume" }), 409);
    shown.kill("SIGINT");
    assertEquals(await shown.end(), 0);
  });
});

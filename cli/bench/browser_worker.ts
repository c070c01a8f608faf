// Copyright 2026 the Convlab authors. MIT license.

/**
 * What `bench browser` runs in the browser: the same training steps as in Deno,
 * timed by the same code. It asks its server what to do next, until it is told
 * that there is no more. `deno task build:browser` bundles it.
 *
 * @module
 */

import { kernelReport, setThreads } from "../../kernels/runtime.ts";
import type { Results } from "./pass.ts";
import type { BrowserOrder } from "./browser_site.ts";
import { stepPass } from "./step.ts";
import { contestant } from "./timing.ts";

/** How long workers get to start, with turns of the page in between: only then do they. */
const START_MS = 150;
const TURN_MS = 5;

const passes = new Map<string, ReturnType<ReturnType<typeof stepPass>>>();

while (true) {
  const order: BrowserOrder = await (await fetch("next")).json();
  if (order.kind === "end") break;
  await fetch("answer", { method: "POST", body: await carryOut(order) });
}

async function carryOut(
  order: Exclude<BrowserOrder, { kind: "end" }>,
): Promise<Blob | string> {
  const { shape, dtype, threads } = order;
  const name = `${shape.name} ${dtype}`;
  const pass = passes.get(name) ?? stepPass(shape)(dtype);
  passes.set(name, pass);
  setThreads(threads);
  const start = performance.now();
  while (threads > 1 && performance.now() - start < START_MS) {
    pass.run();
    await new Promise((resolve) => setTimeout(resolve, TURN_MS));
  }
  const { warmUp, time } = contestant(pass.run);
  switch (order.kind) {
    case "results":
      return packed(pass.results());
    case "warmUp":
      await warmUp();
      return "{}";
    case "time":
      return JSON.stringify({ times: await time(order.runs) });
  }
}

/** A line of JSON with what the tensors are, and their bytes one after the other. */
function packed(results: Results): Blob {
  const tensors = Object.entries(results);
  const about = {
    ...kernelReport(),
    tensors: tensors.map(([name, { shape, dtype }]) => ({
      name,
      shape,
      dtype,
    })),
  };
  // A blob cannot be made of shared memory.
  const bytes = tensors.map(([, { data }]) =>
    data.slice() as Float32Array<ArrayBuffer>
  );
  return new Blob([`${JSON.stringify(about)}\n`, ...bytes]);
}

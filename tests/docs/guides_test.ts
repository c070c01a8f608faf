// Copyright 2026 the Convlab authors. MIT license.

/**
 * Every guide does what it says, command by command; `read_guide.ts` tells what
 * is done with each kind of block.
 */

import { it } from "@std/testing/bdd";
import { describePermitted, permitted } from "../permitted.ts";
import { Clone, runGuide } from "./run_guide.ts";

/** Those that other tests look after. */
const ELSEWHERE = new Set([
  "how-a-kernel-works.md", // tests/kernels
  "scaling.md", // tests/cli/ranks_test.ts and tests/distributed
  "your-own-pictures.md", // tests/end_to_end_test.ts
]);

/** Work whose results no guide shows, and less that shows the same. */
const LESS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "figures.md": {
    "--num-training 4000":
      "--num-training 1000 --num-validation 100 --num-test 200",
    "--shape document,three-layer,hidden-100": "--shape document --runs 1",
  },
};

const DOCS = new URL("../../docs/", import.meta.url);
const guides = permitted
  ? [...Deno.readDirSync(DOCS)].map(({ name }) => name)
    .filter((name) => name.endsWith(".md") && !ELSEWHERE.has(name)).sort()
  : [];

describePermitted("the guides", () => {
  for (const guide of guides) {
    it(`docs/${guide} does what it says`, async () => {
      using clone = new Clone();
      await runGuide(`docs/${guide}`, clone, LESS[guide]);
    });
  }
});

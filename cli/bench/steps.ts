// Copyright 2026 the Convlab authors. MIT license.

/**
 * `bench step`: whole training steps of the three-layer network.
 *
 * @module
 */

import type { Benchmark } from "./benchmark.ts";
import { measureLayers } from "./layers.ts";
import { profileLines, profilePass } from "./profile.ts";
import { namesOf, selectShapes, STEPS } from "./shapes.ts";
import { stepPass } from "./step.ts";

/** The benchmark. */
export const step: Benchmark = {
  refuses: [],
  async measure(settings) {
    const { dtype = "float32", shape, profile } = settings;
    const names = selectShapes(shape, "step", namesOf(STEPS));
    const passes = STEPS.filter(({ name }) => names.has(name))
      .map((shape) => stepPass(shape)(dtype));
    const outcome = await measureLayers(passes, settings);
    if (!profile || outcome.complaints.length > 0) return outcome;
    const profiles = passes.map(profilePass);
    return {
      ...outcome,
      lines: [...outcome.lines, ...profiles.flatMap(profileLines)],
      more: { ...outcome.more, profiles },
    };
  },
};

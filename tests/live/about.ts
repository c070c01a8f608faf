// Copyright 2026 the Convlab authors. MIT license.

/**
 * A run to be told of, for tests.
 *
 * @module
 */

import type { About } from "../../live/protocol.ts";

/** What is told of it. */
export const ABOUT: About = {
  name: "first",
  data: "Shapes",
  model: "conv8-relu gap fc3",
  settings: [["Batch size", "50"]],
  iterations: 100,
  epochs: 2,
  learningRate: 0.1,
  canControl: true,
  isScheduled: false,
};

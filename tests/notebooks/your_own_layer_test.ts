// Copyright 2026 the Convlab authors. MIT license.

/** A layer of one's own, run from the top. */

import { testNotebook } from "./run_notebook.ts";

// One round of each measurement is enough to see that it works.
testNotebook("your_own_layer", [["i < 8", "i < 1"]]);

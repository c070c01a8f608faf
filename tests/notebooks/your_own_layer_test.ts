// Copyright 2026 the Convlab authors. MIT license.

/** A layer of one's own, run from the top. */

import { testNotebook } from "./run_notebook.ts";

testNotebook("your_own_layer");

// Copyright 2026 the Convlab authors. MIT license.

/** The products, made in a worker of a page. */

import { makeProducts } from "./products.ts";

(globalThis as unknown as { postMessage(message: unknown): void })
  .postMessage(await makeProducts());

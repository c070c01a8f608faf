// Copyright 2026 the Convlab authors. MIT license.

import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { threadsOfRank } from "../../distributed/rank_threads.ts";

describe("threadsOfRank()", () => {
  it("divides the cores among the ranks that may run on them", () => {
    // Four ranks on a machine of 64 cores in two sockets, bound to a socket each.
    assertEquals(threadsOfRank({ sharing: 2 }, 32), 16);
    assertEquals(threadsOfRank({ sharing: 4 }, 64), 16);
    // Bound to a core each, and more ranks than cores.
    assertEquals(threadsOfRank({ sharing: 1 }, 1), 1);
    assertEquals(threadsOfRank({ sharing: 4 }, 2), 1);
    assertEquals(threadsOfRank({ sharing: 3 }, 8), 2);
  });
});

// Copyright 2026 the Convlab authors. MIT license.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { fromCard, localRanks, toCard } from "../../distributed/neighbours.ts";
import {
  ControlBlock,
  OPERATION,
  type Request,
} from "../../distributed/thread_protocol.ts";

const SUM: Request = {
  operation: OPERATION.sum64,
  address: 0x7fff_1234_5678_9abcn,
  count: 3,
  root: 0,
};

/** A block as both threads see it. */
function bothSides(): { main: ControlBlock; other: ControlBlock } {
  const main = new ControlBlock();
  return { main, other: new ControlBlock(main.buffer) };
}

describe("ControlBlock", () => {
  it("hands requests over whole, under tickets from 1 on", () => {
    const { main, other } = bothSides();
    assertEquals(main.issue(SUM), 1);
    const broadcast: Request = {
      ...SUM,
      operation: OPERATION.broadcast,
      root: 7,
    };
    assertEquals(main.issue(broadcast), 2);
    assertEquals(other.issued, 2);
    assertEquals([other.request(1), other.request(2)], [SUM, broadcast]);
  });

  it("knows which requests are done, in whatever order, also when places are used again", () => {
    const { main, other } = bothSides();
    for (let round = 0; round < 3; round++) {
      const tickets = Array.from({ length: 256 }, () => main.issue(SUM));
      for (const ticket of tickets.toReversed()) {
        assert(!main.isDone(ticket));
        other.complete(ticket);
        assert(main.isDone(ticket));
        main.wait(ticket);
      }
    }
    assert(main.isDone(1));
    assertEquals(other.awaited, 0);
  });

  it("tells who waits why the other thread failed", () => {
    const { main, other } = bothSides();
    const ticket = main.issue(SUM);
    other.fail("MPI_Test failed: ü");
    assertThrows(() => main.wait(ticket), Error, "MPI_Test failed: ü");
    assertThrows(() => main.throwIfFailed(), Error, "MPI_Test failed: ü");
  });

  it("keeps as much of a long message as there is room for", () => {
    const { main, other } = bothSides();
    other.fail("€".repeat(5000));
    assertThrows(() => main.throwIfFailed(), Error, "€".repeat(600));
  });

  it("does not let the other thread sleep through a ring that came before", () => {
    const { main, other } = bothSides();
    const { doorbell } = other;
    main.issue(SUM);
    other.sleep(doorbell, 60_000);
    assertEquals(other.doorbell, doorbell + 1);
  });

  it("passes on signs of life, phases, and how the job is to end", () => {
    const { main, other } = bothSides();
    assertEquals([other.signs, other.turns, other.phase], [0, 0, "busy"]);
    main.sign("training");
    main.sign();
    main.turn();
    assertEquals([other.signs, other.turns, other.phase], [2, 1, "training"]);
    main.sign("paused");
    assertEquals(other.phase, "paused");
    assertEquals([other.leaving, other.abortCode], [false, undefined]);
    main.leave();
    main.abort(0);
    assertEquals([other.leaving, other.abortCode], [true, 0]);
  });
});

describe("cards of ranks", () => {
  it("come back as they were, with names of any length", () => {
    const card = {
      ...{ host: "höst", machine: "id pid:[4026531836]" },
      ...{ pid: 4711, cores: "ff03" },
    };
    assertEquals(fromCard(toCard(card)), card);
    const long = { ...card, host: "h".repeat(1000) };
    assertEquals(fromCard(toCard(long)).host, "h".repeat(64));
  });

  it("tell which ranks are on the same machine", () => {
    const ranks = ["a", "b", "a", "b", "c"].map((machine, pid) => ({
      ...{ host: "same", machine, pid },
    }));
    assertEquals(localRanks(ranks, 2), [0, 2]);
    assertEquals(localRanks(ranks, 4), [4]);
  });
});

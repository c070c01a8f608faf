// Copyright 2026 the Convlab authors. MIT license.

/** What ranks tell each other, by way of connections that are made up. */

import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  type Connection,
  DataParallel,
  type DataParallelOptions,
} from "../../distributed/data_parallel.ts";
import { tensor } from "../../numerics/tensor.ts";

/** The numbers and texts that another rank gives in turn. */
interface Other {
  readonly sums?: readonly (readonly number[])[];
  readonly texts?: readonly string[];
  readonly rank?: number;
}

/** A rank whose only neighbour gives what is told. */
function rankWith(other: Other, options: DataParallelOptions = {}) {
  const sums = [...other.sums ?? []];
  const rank = 1 - (other.rank ?? 1);
  const phases: (string | undefined)[] = [];
  const pending: (Float32Array | Float64Array)[] = [];
  const add = (data: Float32Array | Float64Array) => {
    const theirs = sums.shift()!;
    assertEquals(data.length, theirs.length);
    data.forEach((value, i) => data[i] = value + theirs[i]!);
  };
  const connection: Connection = {
    ...{ rank, size: 2 },
    startSum: (data) => pending.push(data),
    wait: (ticket) => add(pending[ticket - 1]!),
    sum: add,
    broadcast: (bytes) => bytes.fill(1),
    gatherText: (text) => [text, ...other.texts ?? []],
    working: (phase) => phases.push(phase),
    leave: () => Promise.resolve(),
  };
  const ranks = new DataParallel(connection, options);
  return { ranks, phases };
}

describe("DataParallel", () => {
  it("adds up gradients and the loss, and takes the first rank's learning rate", () => {
    for (const other of [0, 1]) {
      const { ranks, phases } = rankWith({
        rank: other,
        sums: [[10, 20, 30], [0.25, 0, other === 0 ? 0.5 : 0]],
      });
      ranks.learningRate = 0.125;
      const reduction = ranks.begin(5);
      const part = other === 0 ? { begin: 3, end: 5 } : { begin: 0, end: 3 };
      assertEquals(reduction.part, part);
      assertEquals(reduction.sumStatistics, undefined);
      const [w, b] = [tensor([1, 2]), tensor([3])];
      reduction.add("w", w);
      reduction.add("b", b);
      assertEquals(reduction.finish(1), 1.25);
      assertEquals([...w.data, ...b.data], [11, 22, 33]);
      assertEquals(ranks.learningRate, other === 0 ? 0.5 : 0.125);
      assertEquals(phases, ["training"]);
      assertEquals(ranks.signal.aborted, false);
    }
  });

  it("stops with the step in which any rank was asked to, each for its own reason", () => {
    const asked = new AbortController();
    const { ranks } = rankWith(
      { sums: [[0, 0, 0], [0, 0, 0]] },
      { signal: asked.signal },
    );
    ranks.begin(2).finish(1);
    assertEquals(ranks.signal.aborted, false);
    asked.abort("Ctrl-C");
    assertEquals(ranks.signal.aborted, false);
    ranks.begin(2).finish(1);
    assertEquals(ranks.signal.reason, "Ctrl-C");

    const others = rankWith({ sums: [[0, 1, 0]] });
    others.ranks.begin(2).finish(1);
    assertEquals(others.ranks.signal.reason.name, "AbortError");
    const told = rankWith({ sums: [[0, 1, 0]] }, {
      reasonOfOthers: () => "told",
    });
    told.ranks.begin(2).finish(1);
    assertEquals(told.ranks.signal.reason, "told");
  });

  it("stops with a sum of accuracies as well", () => {
    const { ranks, phases } = rankWith({ sums: [[5, 0], [7, 1]] });
    const values = Float64Array.of(1);
    ranks.sum(values);
    assertEquals([values[0], ranks.signal.aborted], [6, false]);
    ranks.sum(values);
    assertEquals([values[0], ranks.signal.aborted], [13, true]);
    assertEquals(phases, ["busy", "busy"]);
  });

  it("sums statistics where it is told to", () => {
    const { ranks } = rankWith({ sums: [[1, 2]] }, { syncBatchnorm: true });
    const values = Float64Array.of(10, 20);
    ranks.begin(2).sumStatistics!(values);
    assertEquals([...values], [11, 22]);
  });

  it("broadcasts tensors where they lie, and tells no text from an empty one", () => {
    const { ranks } = rankWith({ texts: ["=", "=b"] });
    const x = tensor([1, 2]);
    ranks.broadcast([x.slice(1, 2)]);
    assertEquals(x.at(0), 1);
    assertEquals(new Uint8Array(x.data.buffer, 8), new Uint8Array(8).fill(1));
    assertEquals(ranks.first(undefined), "");
    assertEquals(ranks.first("a"), "a");
    assertEquals(rankWith({ texts: [""] }).ranks.first(undefined), undefined);
  });

  it("refuses buckets of no size", () => {
    assertThrows(
      () => rankWith({}, { bucketBytes: 0 }),
      RangeError,
      "expected bucketBytes to be an integer of at least 8 but found 0",
    );
  });
});

// Copyright 2026 the Convlab authors. MIT license.

import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { afterAll, it } from "@std/testing/bdd";
import { tensor } from "../../numerics/tensor.ts";
import {
  type Checkpoint,
  CheckpointStore,
} from "../../training/checkpoints.ts";
import { describePermitted } from "../permitted.ts";

/** A checkpoint whose contents follow from its iteration. */
function checkpointOf(iteration: number): Checkpoint {
  return {
    iteration,
    tensors: { W1: tensor([iteration, -0, NaN]) },
    state: { epoch: iteration / 10, losses: [0.1, -0], best: null },
  };
}

describePermitted("CheckpointStore", () => {
  const folder = Deno.makeTempDirSync();
  let stores = 0;
  afterAll(() => Deno.removeSync(folder, { recursive: true }));
  const newStore = (keep?: number) =>
    new CheckpointStore(
      join(folder, `store-${stores++}`, "checkpoints"),
      keep === undefined ? {} : { keep },
    );
  const iterations = (store: CheckpointStore) =>
    store.list().map(({ iteration }) => iteration);
  const namesIn = (path: string) =>
    [...Deno.readDirSync(path)].map(({ name }) => name).sort();

  it("gives back what was written", () => {
    const store = newStore();
    assertEquals(store.latest(), { checkpoint: undefined, skipped: [] });
    const { path } = store.write(checkpointOf(7));
    assertEquals(path, join(store.folder, "00000007.safetensors"));
    const again = new CheckpointStore(store.folder);
    assertEquals(again.latest(), { checkpoint: checkpointOf(7), skipped: [] });
    assertEquals(again.read(7), checkpointOf(7));
  });

  it("keeps the last few and the best", () => {
    const store = newStore(2);
    for (let i = 1; i <= 6; i++) {
      store.write(checkpointOf(i), { best: i === 2 });
    }
    assertEquals(iterations(store), [2, 5, 6]);
    assertEquals(store.best(), checkpointOf(2));
    store.write(checkpointOf(7), { best: true });
    assertEquals(iterations(store), [6, 7]);
    assertEquals(store.best(), checkpointOf(7));
  });

  it("knows the best one when it is opened again", () => {
    const { folder } = newStore();
    new CheckpointStore(folder).write(checkpointOf(1), { best: true });
    for (let i = 2; i <= 5; i++) {
      new CheckpointStore(folder).write(checkpointOf(i));
    }
    const store = new CheckpointStore(folder);
    assertEquals(iterations(store), [1, 4, 5]);
    assertEquals(store.best(), checkpointOf(1));
  });

  it("sorts iterations of any length as numbers", () => {
    const store = newStore(3);
    for (const i of [99_999_999, 100_000_000, 1_000_000_000]) {
      store.write(checkpointOf(i));
    }
    assertEquals(iterations(store), [99_999_999, 100_000_000, 1_000_000_000]);
    assertEquals(store.latest().checkpoint?.iteration, 1_000_000_000);
  });

  it("latest() passes over damaged checkpoints, and names them", () => {
    const store = newStore(4);
    const files = [1, 2, 3, 4].map((i) => store.write(checkpointOf(i)).path);
    const [, second = "", third = "", fourth = ""] = files;
    Deno.writeFileSync(fourth, Deno.readFileSync(fourth).subarray(0, -1));
    Deno.copyFileSync(second, third);
    const { checkpoint, skipped } = store.latest();
    assertEquals(checkpoint, checkpointOf(2));
    assertEquals(skipped.map(({ path }) => path), [fourth, third]);
    assertMatch(skipped[0]!.reason, /SHA-256 .* cut off or altered$/);
    assertMatch(skipped[1]!.reason, /expected iteration 3, .* found 2$/);
    const error = assertThrows(() => store.read(4), Error);
    assertMatch(error.message, /^Cannot read .*00000004\.safetensors: /);
  });

  it("drops checkpoints that training did not go on from", () => {
    const { folder } = newStore();
    const before = new CheckpointStore(folder, { keep: 3 });
    before.write(checkpointOf(10), { best: true });
    before.write(checkpointOf(20));
    const { path } = before.write(checkpointOf(30), { best: true });
    Deno.writeTextFileSync(path, "damaged");
    const after = new CheckpointStore(folder, { keep: 3 });
    assertEquals(after.latest().checkpoint?.iteration, 20);
    after.write(checkpointOf(21));
    assertEquals(iterations(after), [10, 20, 21]);
    assertEquals(after.best(), checkpointOf(10));
  });

  it("removes what a killed process left, and nothing else", () => {
    const { folder } = newStore();
    Deno.mkdirSync(folder, { recursive: true });
    const left = `.00000001.safetensors.${crypto.randomUUID()}.tmp`;
    for (const name of [left, "notes.tmp", ".hidden", "1.safetensors"]) {
      Deno.writeTextFileSync(join(folder, name), "x");
    }
    const store = new CheckpointStore(folder);
    assertEquals(store.list(), []);
    store.write(checkpointOf(1));
    assertEquals(
      namesIn(folder),
      [
        "00000001.safetensors",
        "1.safetensors",
        ".hidden",
        "notes.tmp",
      ].sort(),
    );
  });

  it("refuses a state that would not come back, and writes nothing", () => {
    const store = newStore();
    for (
      const [value, message] of [
        [{ loss: NaN }, "state.loss to be a value that JSON has but found NaN"],
        [
          { a: [1, undefined] },
          "state.a[1] to be a value that JSON has but found undefined",
        ],
        [
          { a: new Float32Array(1) },
          "state.a to be a value that JSON has but found an instance of Float32Array",
        ],
        [{ a: 1n }, "state.a to be a value that JSON has but found bigint"],
      ] as const
    ) {
      assertThrows(
        () => store.write({ iteration: 1, tensors: {}, state: value }),
        TypeError,
        `Cannot write JSON: expected ${message}`,
      );
    }
    assertEquals(store.list(), []);
    assertThrows(
      () => store.write({ ...checkpointOf(1), iteration: 1.5 }),
      RangeError,
      "found 1.5",
    );
    assertThrows(() => newStore(0), RangeError, "found 0");
  });

  it("replaces a checkpoint of the same iteration", () => {
    const store = newStore();
    store.write(checkpointOf(1));
    store.write({ ...checkpointOf(1), state: { again: true } });
    assertEquals(store.latest().checkpoint?.state, { again: true });
    assert(store.list().length === 1);
  });
});

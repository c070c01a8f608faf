// Copyright 2026 the Convlab authors. MIT license.

/** Checkpoints of processes that are killed, and on disks that are full. */

import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { afterAll, it } from "@std/testing/bdd";
import { Tensor } from "../../numerics/tensor.ts";
import {
  type Checkpoint,
  CheckpointStore,
} from "../../training/checkpoints.ts";
import { describePermitted } from "../permitted.ts";
import { smallDisk } from "../small_disk.ts";

function checkpointOf(iteration: number, size: number): Checkpoint {
  const data = new Float32Array(size).fill(iteration);
  return {
    iteration,
    tensors: { w: new Tensor(data, [size]) },
    state: { iteration },
  };
}

describePermitted("CheckpointStore on a full disk", () => {
  const disk = smallDisk(1);
  const isMounted = disk.startsWith("/");
  afterAll(() => {
    if (!isMounted) return;
    new Deno.Command("umount", { args: [disk] }).outputSync();
    Deno.removeSync(disk);
  });
  const name = "says so, and leaves the earlier checkpoints whole";
  const itOnDisk = isMounted ? it : it.skip;
  itOnDisk(isMounted ? name : `${name} (skipped: ${disk})`, () => {
    const store = new CheckpointStore(join(disk, "checkpoints"), { keep: 3 });
    store.write(checkpointOf(1, 50_000), { best: true });
    store.write(checkpointOf(2, 50_000));
    Deno.writeFileSync(join(disk, "other"), new Uint8Array(500_000));
    for (let attempt = 0; attempt < 2; attempt++) {
      const { message } = assertThrows(
        () => store.write(checkpointOf(3, 50_000), { best: true }),
        Error,
      );
      assertMatch(
        message,
        /^Cannot write .*00000003\.safetensors: .*No space left on device/i,
      );
    }
    assertEquals(
      [...Deno.readDirSync(store.folder)].map(({ name }) => name).sort(),
      ["00000001.safetensors", "00000002.safetensors"],
    );
    const again = new CheckpointStore(store.folder);
    assertEquals(again.latest().checkpoint, checkpointOf(2, 50_000));
    assertEquals(again.best(), checkpointOf(1, 50_000));
    Deno.removeSync(join(disk, "other"));
    store.write(checkpointOf(3, 50_000));
    assertEquals(again.latest().checkpoint, checkpointOf(3, 50_000));
    assertEquals(again.best(), checkpointOf(1, 50_000));
  });
});

describePermitted("CheckpointStore in a process that is killed", () => {
  const folder = Deno.makeTempDirSync();
  afterAll(() => Deno.removeSync(folder, { recursive: true }));
  const module = new URL("../../training/checkpoints.ts", import.meta.url);
  const tensors = new URL("../../numerics/tensor.ts", import.meta.url);
  const SIZE = 200_000;

  it("has a whole newest checkpoint, whenever that was", async () => {
    const code = `
      import { CheckpointStore } from ${JSON.stringify(module)};
      import { Tensor } from ${JSON.stringify(tensors)};
      const store = new CheckpointStore(${JSON.stringify(folder)});
      const first = (store.latest().checkpoint?.iteration ?? 0) + 1;
      for (let i = first;; i++) {
        const data = new Float32Array(${SIZE}).fill(i);
        const tensors = { w: new Tensor(data, [${SIZE}]) };
        store.write({ iteration: i, tensors, state: { iteration: i } }, { best: i === 1 });
        if (i === first) console.log(i);
      }`;
    const script = join(folder, "write.ts");
    Deno.writeTextFileSync(script, code);
    const config = fromFileUrl(new URL("../../deno.json", import.meta.url));
    let before = 0;
    for (let kill = 0; kill < 4; kill++) {
      const process = new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--quiet", "--no-lock", "--config", config, script],
        stdout: "piped",
        stderr: "inherit",
      }).spawn();
      const reader = process.stdout.getReader();
      await reader.read();
      await new Promise((done) => setTimeout(done, 20 * Math.random()));
      process.kill("SIGKILL");
      await process.status;
      await reader.cancel();
      const store = new CheckpointStore(folder);
      const { checkpoint, skipped } = store.latest();
      assertEquals(skipped, []);
      const { iteration = 0 } = checkpoint ?? {};
      assert(iteration > before);
      assertEquals(checkpoint, checkpointOf(iteration, SIZE));
      assertEquals(store.best()?.iteration, 1);
      before = iteration;
    }
  });
});

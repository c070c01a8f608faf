// Copyright 2026 the Convlab authors. MIT license.

import { assert, assertEquals } from "@std/assert";
import { it } from "@std/testing/bdd";
import { kernelName, KERNELS } from "../../kernels/select.ts";
import relaxed from "../../kernels/relaxed.js";
import strict from "../../kernels/strict.js";
import { SharedMemory } from "../../workers/memory.ts";
import { Team } from "../../workers/team.ts";
import { describePermitted } from "../permitted.ts";

describePermitted("the kernels", () => {
  it("compile to the modules that are in the repository", async () => {
    // Loading the compiler takes permissions of its own.
    const { compileKernels } = await import("../../kernels/build.ts");
    const modules = await compileKernels();
    assertEquals([...modules.keys()].sort(), ["relaxed.wasm", "strict.wasm"]);
    for (const [name, bytes] of modules) {
      const file = new URL(`../../kernels/${name}`, import.meta.url);
      const present = Deno.readFileSync(file);
      assertEquals(bytes.length, present.length, name);
      assert(bytes.every((byte, i) => byte === present[i]), name);
    }
  });

  it("exist in both modules, for both dtypes", () => {
    for (const module of [relaxed, strict]) {
      const names = WebAssembly.Module.exports(module).map(({ name }) => name);
      const wanted = KERNELS.flatMap((kernel) =>
        (["float32", "float64"] as const).map((dtype) =>
          kernelName(kernel, dtype)
        )
      );
      for (const name of wanted) assert(names.includes(name), name);
      assertEquals(
        names.filter((name) => /^f(32|64)_/.test(name)).length,
        wanted.length,
      );
    }
  });

  it("agree to rounding with and without fused multiply-add", () => {
    // A product of two matrices of 40 × 40, one of them read backwards.
    const size = 40;
    const run = (module: WebAssembly.Module) => {
      const memory = new SharedMemory();
      const team = new Team(module, memory, 1);
      const floats = (n: number) =>
        new Float64Array(memory.buffer, memory.allocate(8 * n), n);
      const [a, b, c] = [floats(1600), floats(1600), floats(1600)];
      a!.forEach((_, i) => a![i] = Math.sin(i));
      b!.forEach((_, i) => b![i] = Math.cos(i));
      const packed = floats(1600);
      const zeros = floats(4).fill(0);
      const offsets = new Uint32Array(
        memory.buffer,
        memory.allocate(1024),
        256,
      );
      offsets.forEach((_, k) => offsets[k] = 32 * k);
      team.runAlone({
        kernel: "f64_gemm_pack",
        args: [a!.byteOffset, size, 1, size, size, packed.byteOffset],
        items: 10,
        step: 10,
      });
      team.runAlone({
        kernel: "f64_gemm_4x4",
        args: [
          ...[packed.byteOffset, b!.byteOffset, size, 1, zeros.byteOffset],
          ...[c!.byteOffset, size, size, size, 512, 40, offsets.byteOffset],
        ],
        items: 1,
        step: 1,
        scratchBytes: 1 << 16,
      });
      return [...c!];
    };
    const expected = Array.from({ length: 1600 }, (_, at) => {
      const [i, j] = [Math.floor(at / size), at % size];
      let total = 0;
      for (let k = 0; k < size; k++) {
        total += Math.sin(i * size + k) * Math.cos(k * size + j);
      }
      return total;
    });
    for (const module of [relaxed, strict]) {
      run(module).forEach((value, i) =>
        assert(Math.abs(value - expected[i]!) < 1e-13)
      );
    }
  });
});

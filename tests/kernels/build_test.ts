// Copyright 2026 the Convlab authors. MIT license.

import { assert, assertEquals, assertRejects } from "@std/assert";
import { it } from "@std/testing/bdd";
import { compileKernels, moduleSource } from "../../kernels/build.ts";
import { compile } from "../../kernels/compile.ts";
import { kernelModule } from "../../kernels/modules.ts";
import {
  dtypesOf,
  hasTile,
  kernelName,
  KERNELS,
  type TileWidth,
} from "../../kernels/select.ts";
import { SharedMemory } from "../../workers/memory.ts";
import { Team } from "../../workers/team.ts";
import { describePermitted } from "../permitted.ts";

const relaxed = kernelModule("relaxed");
const strict = kernelModule("strict");
const wide = kernelModule("wide");
const joined = kernelModule("joined");

describePermitted("the kernels", () => {
  it("compile to the modules that are in the repository", async () => {
    const modules = await compileKernels();
    assertEquals([...modules.keys()].sort(), [
      "joined",
      "relaxed",
      "strict",
      "wide",
    ]);
    for (const [name, bytes] of modules) {
      const file = new URL(`../../kernels/${name}.ts`, import.meta.url);
      const present = Deno.readTextFileSync(file);
      assert(present === moduleSource(name, bytes), name);
    }
  });

  it("that do not compile are refused with what the compiler says", async () => {
    const source = "export function f(): i32 { return missing; }";
    await assertRejects(
      () => compile({ "index.ts": source }),
      Error,
      "Cannot find name 'missing'",
    );
  });

  it("exist under their names, for the dtypes that they are for: all in the two modules, and those with a tile in the wide ones too", () => {
    const modules = [
      ...[[relaxed, "narrow"], [strict, "narrow"]],
      ...[[wide, "wide"], [joined, "joined"]],
    ];
    for (
      const [module, width] of modules as [WebAssembly.Module, TileWidth][]
    ) {
      const names = WebAssembly.Module.exports(module).map(({ name }) => name);
      const wanted = KERNELS.filter((kernel) =>
        width === "narrow" || hasTile(kernel)
      ).flatMap((kernel) =>
        dtypesOf(kernel).map((dtype) => kernelName(kernel, dtype, width))
      );
      assertEquals(
        names.filter((name) => /^f(32|64)_/.test(name)).sort(),
        wanted.sort(),
      );
    }
  });

  it("agree to rounding with and without fused multiply-add", () => {
    // A product of two matrices of 40 × 40.
    const size = 40;
    const run = (module: WebAssembly.Module, tile: string) => {
      const memory = new SharedMemory();
      const team = new Team([module], memory, 1);
      const floats = (n: number) =>
        new Float64Array(memory.buffer, memory.allocate(8 * n), n);
      const [a, b, c] = [floats(1600), floats(1600), floats(1600)];
      a!.forEach((_, i) => a![i] = Math.sin(i));
      b!.forEach((_, i) => b![i] = Math.cos(i));
      const packed = floats(1600);
      const zeros = floats(size).fill(0);
      if (module !== wide && module !== joined) {
        team.runAlone({
          kernel: "f64_gemm_pack",
          args: [
            ...[a!.byteOffset, size, 1, size, 8, 8, size, size],
            packed.byteOffset,
          ],
          items: 8,
          step: 8,
        });
      } else {
        // The packing is not in the wide modules: blocks of five rows, k by k.
        packed.forEach((_, at) => {
          const [block, rest] = [Math.floor(at / 200), at % 200];
          const [k, i] = [Math.floor(rest / 5), rest % 5];
          packed[at] = a![(5 * block + i) * size + k]!;
        });
      }
      team.runAlone({
        kernel: `f64_gemm_${tile}`,
        args: [
          ...[packed.byteOffset, b!.byteOffset, size, 1, zeros.byteOffset],
          ...[c!.byteOffset, size, 8, size, size, size, 1, 40],
          // The rows of b are contiguous, and so read where they are.
          ...[0, 2 * size],
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
    const modules: [WebAssembly.Module, string][] = [
      ...[[relaxed, "5x4"], [strict, "5x4"]],
      ...[[wide, "5x8"], [joined, "5x8_joined"]],
    ] as [WebAssembly.Module, string][];
    for (const [module, tile] of modules) {
      run(module, tile).forEach((value, i) =>
        assert(Math.abs(value - expected[i]!) < 1e-13)
      );
    }
    // The form of the tile does not change the order of a sum.
    assertEquals(run(wide, "5x8"), run(relaxed, "5x4"));
    assertEquals(run(joined, "5x8_joined"), run(relaxed, "5x4"));
  });
});

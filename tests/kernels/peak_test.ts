// Copyright 2026 the Convlab authors. MIT license.

import { assert, assertEquals } from "@std/assert";
import { afterAll, describe, it } from "@std/testing/bdd";
import { measurePeak } from "../../kernels/peak.ts";
import { profileKernels } from "../../kernels/profile.ts";
import { instructions, setTileWidth, shared } from "../../kernels/runtime.ts";
import { kernelName } from "../../kernels/select.ts";

const WIDTHS = instructions === "relaxed"
  ? ["narrow", "wide", "joined"] as const
  : ["narrow"] as const;

describe("measurePeak()", () => {
  afterAll(() => setTileWidth("narrow"));

  for (const dtype of ["float32", "float64"] as const) {
    for (const width of WIDTHS) {
      it(`gives a positive number, from the ${width} kernel alone, and keeps no memory (${dtype})`, () => {
        setTileWidth(width);
        // The threads' scratch memory stays.
        measurePeak(dtype);
        const before = shared.bytesInUse;
        const { result, kernels } = profileKernels(() => measurePeak(dtype));
        assert(Number.isFinite(result) && result > 0, `${result}`);
        assertEquals(
          kernels.map(({ name }) => name),
          [kernelName("multiplyAddPeak", dtype, width)],
        );
        assertEquals(shared.bytesInUse, before);
      });
    }
  }
});

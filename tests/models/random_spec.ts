// Copyright 2026 the Convlab authors. MIT license.

/**
 * Random layers for fast-check: any that can be written, in any order.
 *
 * @module
 */

import fc from "fast-check";
import type { LayerSpec } from "../../models/layer_spec.ts";

const LARGEST = 1 << 20;

/** A positive number as a text may have it, mostly a small one. */
function count(): fc.Arbitrary<number> {
  return fc.oneof(
    { weight: 4, arbitrary: fc.integer({ min: 1, max: 12 }) },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: LARGEST }) },
  );
}

/** A number of at least 0 and below 1; some are very small. */
function fraction(): fc.Arbitrary<number> {
  return fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
    .map((x) => x + 0); // No −0, which a text cannot tell from 0.
}

/** Layers that {@linkcode parseModel} may read. */
export function layerSpecs(): fc.Arbitrary<LayerSpec[]> {
  const conv = fc.record({
    ...{ kind: fc.constant("conv" as const), filters: count(), size: count() },
    ...{ stride: count(), dilation: count(), groups: count() },
    pad: fc.oneof(fc.constant(undefined), fc.nat(5), fc.nat(LARGEST)),
  }).map(({ pad, ...rest }) => {
    const same = rest.dilation * (rest.size - 1) / 2;
    return { ...rest, pad: pad ?? Math.min(LARGEST, Math.floor(same)) };
  });
  const pool = fc.record({
    kind: fc.constantFrom("pool" as const, "avgpool" as const),
    ...{ size: count(), stride: count() },
  });
  const plain = fc.record({
    kind: fc.constantFrom(
      ...["bn", "ln", "relu", "gelu", "gap"] as const,
    ),
  });
  const numbered: fc.Arbitrary<LayerSpec>[] = [
    fc.record({ kind: fc.constant("gn" as const), groups: count() }),
    fc.record({ kind: fc.constant("fc" as const), units: count() }),
    fc.record({ kind: fc.constant("leaky" as const), slope: fraction() }),
    fc.record({ kind: fc.constant("dropout" as const), p: fraction() }),
  ];
  const { layers } = fc.letrec<{ layer: LayerSpec; layers: LayerSpec[] }>(
    (tie) => ({
      layers: fc.array(tie("layer"), { minLength: 1, maxLength: 6 }),
      layer: fc.oneof(
        { maxDepth: 4, depthSize: "small" },
        ...[conv, pool, plain, ...numbered],
        fc.record({
          kind: fc.constant("res" as const),
          body: tie("layers"),
          shortcut: fc.oneof(fc.constant([]), tie("layers")),
        }),
      ),
    }),
  );
  return layers;
}

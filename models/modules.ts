// Copyright 2026 the Convlab authors. MIT license.

/**
 * The layers of a plan as modules, and how these are run one after the other.
 *
 * @module
 */

import { addTensors } from "../layers/add.ts";
import type { Tensor } from "../numerics/tensor.ts";
import { JOINED } from "./joined_modules.ts";
import type { Module, Pass, Run, Step } from "./module.ts";
import type { PlannedLayer } from "./plan_model.ts";
import { singleModule } from "./single_modules.ts";

/**
 * Modules for all layers of a plan: fewer than it has layers, since some are run
 * as one, or one for each with `"apart"`, which gives the same in more time.
 */
export function modulesOf(
  plan: readonly PlannedLayer[],
  layers: "joined" | "apart" = "joined",
): Module[] {
  if (layers === "apart") {
    return plan.map((layer) => ({
      layers: [layer],
      run: runOf(layer, layers),
    }));
  }
  const modules: Module[] = [];
  for (let i = 0; i < plan.length;) {
    const rest = plan.slice(i);
    const joined = JOINED.find(({ kinds, fits }) =>
      kinds.every((kind, k) => rest[k]?.spec.kind === kind) &&
      (fits?.(rest) ?? true)
    );
    const taken = rest.slice(0, joined?.kinds.length ?? 1);
    modules.push({
      layers: taken,
      run: joined?.make(taken) ?? runOf(taken[0]!, layers),
    });
    i += taken.length;
  }
  return modules;
}

/** Runs modules one after the other. */
export function runAll(
  modules: readonly Module[],
  x: Tensor,
  pass: Pass,
): Step {
  const steps: Step[] = [];
  let out = x;
  for (const { layers, run } of modules) {
    const step = run(out, pass);
    steps.push(step);
    out = step.out;
    pass.watch?.(layers.at(-1)!.name, out);
  }
  return {
    out,
    back(dout, needsInput) {
      let gradient: Tensor | undefined = dout;
      for (let i = steps.length - 1; i >= 0; i--) {
        gradient = steps[i]!.back(gradient!, needsInput || i > 0);
      }
      return gradient;
    },
  };
}

/** Runs one layer. */
function runOf(layer: PlannedLayer, within: "joined" | "apart"): Run {
  const { spec: { kind }, body, shortcut } = layer;
  if (kind !== "res") return singleModule(kind, layer);
  const main = modulesOf(body, within);
  const other = modulesOf(shortcut, within);
  return (x, pass) => {
    const left = runAll(main, x, pass);
    const right = runAll(other, x, pass);
    return {
      out: addTensors(left.out, right.out),
      back(dout) {
        const dLeft = left.back(dout, true)!;
        return addTensors(dLeft, right.back(dout, true)!);
      },
    };
  };
}

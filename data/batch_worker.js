// Copyright 2026 the Convlab authors. MIT license.

// The worker that prepares batches ahead (batch_worker.ts, which describes the
// protocol). It is started from its text and that of fill_batch.js before it,
// so it imports nothing.

/* global fillBatch */
globalThis.onmessage = ({ data }) => {
  const { images, size, plan, outs, control, layout } = data;
  const { REQUESTED, CLAIMED, DONE } = layout;
  while (Atomics.load(control, layout.stop) === 0) {
    const state = Atomics.compareExchange(
      control,
      layout.state,
      REQUESTED,
      CLAIMED,
    );
    if (state !== REQUESTED) {
      Atomics.wait(control, layout.state, state, layout.sleepMs);
      continue;
    }
    const count = control[layout.count];
    fillBatch(images, {
      indices: plan.indices.subarray(0, count),
      flips: plan.flips,
      dy: plan.dy,
      dx: plan.dx,
      cutout: control[layout.cutout],
      cutoutY: plan.cutoutY,
      cutoutX: plan.cutoutX,
    }, outs[control[layout.slot]].subarray(0, count * size));
    Atomics.store(control, layout.state, DONE);
    Atomics.notify(control, layout.state);
  }
  globalThis.close();
};

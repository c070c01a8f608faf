// Copyright 2026 the Convlab authors. MIT license.

// One member of a team (team.ts, which describes the protocol). Started from
// its text, so it imports nothing: all it needs comes in the first message.

globalThis.onmessage = ({ data }) => {
  const { modules, memory, control, args, thread, kernels, layout, spins } =
    data;
  const exports = Object.assign(
    {},
    ...modules.map((module) =>
      new WebAssembly.Instance(module, { env: { memory } }).exports
    ),
  );
  const run = kernels.map((name) => exports[name]);
  const state = new Int32Array(memory.buffer, control, layout.words);
  const values = new Float64Array(memory.buffer, args, layout.maxArguments);
  const owner = layout.owners + thread;
  const indexMask = layout.indexMask;

  let idle = 0;
  while (Atomics.load(state, layout.stop) === 0) {
    const ticket = Atomics.load(state, layout.ticket);
    const left = ticket & indexMask;
    if (left === 0) {
      if (++idle > spins) {
        Atomics.wait(state, layout.ticket, ticket);
        idle = 0;
      }
      continue;
    }
    const kernel = run[state[layout.kernel]];
    const items = state[layout.items];
    const step = state[layout.step];
    const call = Array.from(values.subarray(0, state[layout.argumentCount]));
    const scratch = (state[layout.scratch] >>> 0) +
      (state[layout.scratchBytes] >>> 0) * thread;
    // Claim one chunk. This fails if anyone else claimed one since, and also if
    // the job is another one by now, so what was read above belongs to it.
    if (
      Atomics.compareExchange(state, layout.ticket, ticket, ticket - 1) !==
        ticket
    ) continue;
    idle = 0;
    const begin = (left - 1) * step;
    Atomics.store(state, owner, left);
    try {
      kernel(...call, scratch, begin, Math.min(items, begin + step));
    } catch (error) {
      const text = new TextEncoder().encode(String(error))
        .subarray(0, layout.messageBytes);
      new Uint8Array(memory.buffer, control + layout.message, text.length)
        .set(text);
      Atomics.store(state, layout.messageLength, text.length);
      Atomics.store(state, layout.failed, thread);
    }
    Atomics.store(state, owner, 0);
    Atomics.sub(state, layout.pending, 1);
    Atomics.notify(state, layout.pending);
  }
  Atomics.add(state, layout.ended, 1);
  globalThis.close();
};

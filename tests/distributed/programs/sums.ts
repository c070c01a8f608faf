// Copyright 2026 the Convlab authors. MIT license.

/**
 * All that a communicator does, checked on every rank against what it must be,
 * by formulas that every rank knows. Prints what the first one saw.
 *
 * @module
 */

import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { Communicator } from "../../../distributed/communicator.ts";
import { launchHere } from "../../../distributed/launch.ts";
import { shared } from "../../../kernels/runtime.ts";
import { RandomState } from "../../../numerics/random.ts";

const launch = launchHere();
if (launch === undefined) throw new Error("Not started by a launcher");
const all = await Communicator.join(launch);
const { rank, size } = all;
assertEquals(rank, launch.rank);
assertEquals(size, launch.size);
assertEquals(all.hosts.length, size);
const local = [...all.hosts.keys()]
  .filter((other) => all.hosts[other] === all.hosts[rank]);
assertEquals(
  [all.localRank, all.localSize],
  [local.indexOf(rank), local.length],
);

/** Number `i` of a rank: a different fraction for each, exact in no format. */
const number = (of: number, i: number) => (i % 1009 + 1) / (3 + of);
/** The sum of number `i` over all ranks. */
const total = (i: number) => {
  let sum = 0;
  for (let of = 0; of < size; of++) sum += number(of, i);
  return sum;
};
/** Bytes as a short text, by FNV-1a. */
const hash = ({ buffer, byteOffset, byteLength }: ArrayBufferView) => {
  let sum = 0x811c9dc5;
  for (const byte of new Uint8Array(buffer, byteOffset, byteLength)) {
    sum = Math.imul(sum ^ byte, 0x01000193);
  }
  return `${sum}`;
};

// All ranks draw the same lengths, with those at which something changes.
const random = new RandomState(5);
const lengths = [0, 1, 2, 3, 5, 255, 1023, 65536, 70001]
  .concat([...random.randint(1, 5000, 12)]);
for (const [turn, length] of lengths.entries()) {
  for (const ArrayType of [Float32Array, Float64Array]) {
    const address = shared.allocate(length * 8 + 8);
    const offset = address + (turn % 2) * ArrayType.BYTES_PER_ELEMENT;
    const data = ArrayType === Float32Array
      ? new Float32Array(shared.buffer, offset, length)
      : new Float64Array(shared.buffer, offset, length);
    for (let i = 0; i < length; i++) data[i] = number(rank, i);
    all.wait(all.startSum(data));
    const tolerance = ArrayType === Float32Array ? 1e-6 : 1e-14;
    for (let i = 0; i < length; i++) {
      assertAlmostEquals(data[i]!, total(i), tolerance * total(i));
    }
    const hashes = all.gatherText(hash(data));
    assertEquals(hashes, hashes.map(() => hash(data)));
    shared.free(address);
  }
}

// Many open at once, more than the ring has places, waited for out of order.
const many = Array.from(
  { length: 600 },
  () => new Float64Array(new SharedArrayBuffer(24)).fill(rank),
);
const tickets = many.map((data) => all.startSum(data));
for (const ticket of tickets.toReversed()) all.wait(ticket);
const ranks = size * (size - 1) / 2;
assertEquals(many.map((data) => data[2]), many.map(() => ranks));

// Numbers that are not in shared memory, in more than one piece.
const own = Float64Array.from({ length: 70_001 }, (_, i) => number(rank, i));
all.sum(own);
own.forEach((sum, i) => assertAlmostEquals(sum, total(i), 1e-13 * total(i)));
assertThrows(
  () => all.startSum(new Float32Array(3)),
  TypeError,
  "expected data in shared memory",
);

for (let root = 0; root < size; root++) {
  const bytes = new Uint8Array(300_001).fill(rank + 1);
  all.broadcast(bytes, root);
  assertEquals(bytes, new Uint8Array(300_001).fill(root + 1));
  assertEquals(all.broadcastText(`é of ${rank}`, root), `é of ${root}`);
}
assertEquals(all.broadcastText(), "");
assertEquals(
  all.gatherText("x".repeat(rank)),
  Array.from({ length: size }, (_, of) => "x".repeat(of)),
);
all.barrier();
const seconds = [all.secondsWaiting, all.secondsCommunicating];
assertEquals(seconds.map((time) => time > 0 && time < 60), [true, true]);
await all.leave();
if (rank === 0) {
  const hosts = new Set(all.hosts).size;
  console.log(`${size} ranks of ${all.library}, hosts: ${hosts}`);
}

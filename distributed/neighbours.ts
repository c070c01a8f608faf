// Copyright 2026 the Convlab authors. MIT license.

/**
 * Who the other ranks are: the host and process of each, told to all when they
 * join. Those of the same machine can be seen to be gone at once.
 *
 * @module
 */

/** A rank's process. */
export interface Neighbour {
  readonly host: string;
  /** The same on the same machine and in the same space of process ids only. */
  readonly machine: string;
  readonly pid: number;
  /** The cores that it may run on, as a text. */
  readonly cores: string;
}

/** Bytes of one rank's part in what is gathered. */
export const CARD_BYTES = 768;

/** A process as bytes, of a length that is the same for all. */
export function toCard(neighbour: Neighbour): Uint8Array {
  const { host, machine, pid, cores } = neighbour;
  const card = new Uint8Array(CARD_BYTES);
  new TextEncoder().encodeInto(
    JSON.stringify([
      host.slice(0, 64),
      machine.slice(0, 256),
      pid,
      cores.slice(0, 128),
    ]),
    card,
  );
  return card;
}

/** A process of its bytes. */
export function fromCard(card: Uint8Array): Neighbour {
  const text = new TextDecoder().decode(card.slice()).replace(/\0.*$/s, "");
  const [host, machine, pid, cores] = JSON.parse(text);
  return { host, machine, pid, cores };
}

/** The ranks on the same machine as one of them, itself included. */
export function localRanks(
  neighbours: readonly Pick<Neighbour, "machine">[],
  rank: number,
): number[] {
  const mine = neighbours[rank]!.machine;
  return [...neighbours.keys()].filter((other) =>
    neighbours[other]!.machine === mine
  );
}

// Copyright 2026 the Convlab authors. MIT license.

/**
 * What the communication thread does: takes requests, drives MPI, exchanges
 * heartbeats, and ends the job when a rank is lost.
 *
 * @module
 */

import { addressOf, type Beat, Heartbeats } from "./heartbeats.ts";
import type { Launch } from "./launch.ts";
import type { Mpi, MpiRequest } from "./mpi.ts";
import { wrongSize } from "./mpi_library.ts";
import {
  CARD_BYTES,
  fromCard,
  localRanks,
  type Neighbour,
  toCard,
} from "./neighbours.ts";
import { endLauncherSoon } from "./end_launcher.ts";
import { sleepMs } from "./pace.ts";
import type { Posix } from "./posix.ts";
import { type ControlBlock, OPERATION } from "./thread_protocol.ts";
import { Watch } from "./watch.ts";

/** Milliseconds from one exchange of heartbeats to the next, and while leaving. */
const LOOK_MS = 200;
const LEAVING_MS = 10;
/** Milliseconds that a rank waits, for each one before it that may tell the same, before it tells that another is lost. */
const TURN_MS = 200;
/** The most of these turns. */
const TURNS = 10;
/** Milliseconds after a failure of MPI, or while leaving, in which it shows whether a rank is gone. */
const GONE_MS = 1000;
/** Milliseconds in which others are told that the job ends. */
const END_MS = 100;
/** Seconds after which a process ends that neither MPI nor its launcher ends. */
const END_SECONDS = 2;
/** Milliseconds after which one ends by itself when another has told that the job ends. */
const ENDED_MS = 500;
/** Seconds that leaving MPI may take. */
const LEAVE_SECONDS = 20;

/**
 * Open MPI adds up in place, without blocking, by passing everything along a
 * tree. This makes it reduce parts and gather them, as its blocking call does,
 * in less than half the time: 5.5 ms in place of 10 to 14 for 4.1 million
 * numbers of 32 bits and two ranks of one machine.
 */
const RABENSEIFNER = [
  "OMPI_MCA_coll_libnbc_iallreduce_algorithm",
  "3",
] as const;

/**
 * MPI has copied or added something if it took longer, in milliseconds: looking
 * alone takes 0.3 to 2 µs, and ten times as long after a sleep.
 */
const MOVED_MS = { awake: 0.005, slept: 0.03 };

/** What is known once all ranks have joined. */
export interface Joined {
  readonly rank: number;
  readonly size: number;
  readonly library: string;
  /** The host of each rank. */
  readonly hosts: readonly string[];
  /** The ranks on this host, this one included. */
  readonly local: readonly number[];
}

/** A request that MPI works on. */
interface Open {
  readonly ticket: number;
  readonly request: MpiRequest;
}

/** The work of the communication thread of one rank. */
export class Engine {
  readonly joined: Joined;
  readonly #mpi: Mpi;
  readonly #posix: Posix;
  readonly #block: ControlBlock;
  readonly #neighbours: readonly Neighbour[];
  readonly #beats: Heartbeats;
  readonly #watch: Watch;
  readonly #open: Open[] = [];
  #taken = 0;
  #openSince = 0;
  #nextLook = 0;
  #endedByOther: number | undefined;
  #goneSince: number | undefined;

  private constructor(
    mpi: Mpi,
    posix: Posix,
    block: ControlBlock,
    neighbours: readonly Neighbour[],
    rank: number,
  ) {
    this.#mpi = mpi;
    this.#posix = posix;
    this.#block = block;
    this.#neighbours = neighbours;
    const size = neighbours.length;
    this.joined = {
      rank,
      size,
      library: mpi.library,
      hosts: neighbours.map(({ host }) => host),
      local: localRanks(neighbours, rank),
    };
    this.#beats = new Heartbeats(mpi, rank, size);
    const peers = rank === 0 ? neighbours.keys().drop(1) : [0];
    this.#watch = new Watch(peers, performance.now());
  }

  /**
   * Joins the job, and exchanges with all ranks who they are.
   *
   * @throws {Error} If MPI fails, or sees another number of ranks than the launcher started.
   */
  static join(
    mpi: Mpi,
    posix: Posix,
    launch: Launch,
    block: ControlBlock,
  ): Engine {
    if (mpi.family === "Open MPI") posix.setUnset(...RABENSEIFNER);
    mpi.init();
    const rank = mpi.rank();
    const size = mpi.size();
    if (launch.size !== undefined && launch.size !== size) {
      mpi.finalize();
      throw new Error(
        wrongSize(launch.launcher, launch.size, mpi.library, size),
      );
    }
    const bytes = new SharedArrayBuffer(size * CARD_BYTES);
    const cards = new Uint8Array(bytes);
    const mine = {
      host: mpi.hostName(),
      machine: `${mpi.hostName()} ${posix.machineId()}`,
      pid: posix.pid(),
    };
    cards.set(toCard(mine), rank * CARD_BYTES);
    const request = mpi.startGather(
      addressOf(new Int32Array(bytes)),
      CARD_BYTES,
    );
    while (!mpi.test(request)) posix.yield();
    const neighbours = Array.from(
      { length: size },
      (_, i) => fromCard(cards.subarray(i * CARD_BYTES, (i + 1) * CARD_BYTES)),
    );
    return new Engine(mpi, posix, block, neighbours, rank);
  }

  /**
   * Works until all ranks have left.
   *
   * @throws {Error} If MPI fails, once the main thread knows and leaves.
   */
  run(): void {
    try {
      this.#work();
    } catch (error) {
      this.#giveUp(error);
      throw error;
    }
    this.#posix.endIn(LEAVE_SECONDS);
    this.#beats.finish(this.#taken, () => this.#posix.yield());
    this.#mpi.finalize();
    this.#posix.endIn(0);
  }

  #work(): void {
    const block = this.#block;
    let quietSince = performance.now();
    let slept = false;
    while (true) {
      const doorbell = block.doorbell;
      const now = performance.now();
      if (this.#take(now) || this.#drive(now, slept)) {
        quietSince = performance.now();
      }
      if (block.abortCode !== undefined) this.#end(block.abortCode);
      if (now >= this.#nextLook) {
        this.#nextLook = now + (block.leaving ? LEAVING_MS : LOOK_MS);
        if (this.#look(now)) break;
      }
      const ms = sleepMs({
        open: this.#open.length > 0,
        awaited: block.awaited > 0,
        quietMs: now - quietSince,
        nextLookMs: this.#nextLook - now,
      });
      slept = ms > 0;
      if (slept) block.sleep(doorbell, ms);
      else this.#posix.yield();
    }
  }

  /**
   * Waits until the main thread, which is told why MPI failed, ends the job or
   * leaves. Before, it waits whether a rank of this machine turns out to be
   * gone, for then that is the cause.
   */
  #giveUp(error: unknown): void {
    const block = this.#block;
    const until = performance.now() + GONE_MS;
    while (performance.now() < until && !block.leaving) {
      this.#checkGone(0);
      block.sleep(block.doorbell, 20);
    }
    block.fail(error instanceof Error ? error.message : String(error));
    while (!block.leaving) {
      if (block.abortCode !== undefined) this.#end(block.abortCode);
      block.sleep(block.doorbell, LOOK_MS);
    }
  }

  /** Begins what was asked for since; whether there was anything. */
  #take(now: number): boolean {
    const issued = this.#block.issued;
    if (this.#taken === issued) return false;
    if (this.#open.length === 0) this.#openSince = now;
    while (this.#taken < issued) {
      const ticket = ++this.#taken;
      const { operation, address, count, root } = this.#block.request(ticket);
      const mpi = this.#mpi;
      const request = operation === OPERATION.sum32
        ? mpi.startSum(address, count, "float32")
        : operation === OPERATION.sum64
        ? mpi.startSum(address, count, "float64")
        : operation === OPERATION.broadcast
        ? mpi.startBroadcast(address, count, root)
        : operation === OPERATION.gather
        ? mpi.startGather(address, count)
        : mpi.startBarrier();
      this.#open.push({ ticket, request });
    }
    return true;
  }

  /** Lets MPI work on what is open; whether it did anything. */
  #drive(now: number, slept: boolean): boolean {
    let done = false;
    if (this.#open.length === 0) return done;
    for (let i = 0; i < this.#open.length;) {
      const { ticket, request } = this.#open[i]!;
      if (this.#mpi.test(request)) {
        this.#open.splice(i, 1);
        this.#block.complete(ticket);
        done = true;
      } else i++;
    }
    const after = performance.now();
    if (this.#open.length === 0) {
      this.#block.secondsOpen += (after - this.#openSince) / 1000;
    }
    return done || after - now > MOVED_MS[slept ? "slept" : "awake"];
  }

  /** Exchanges heartbeats, and looks who is still there; whether all have left. */
  #look(now: number): boolean {
    const { leaving, awaited, issued, signs, turns, phase } = this.#block;
    const beats = this.#beats;
    for (const rank of beats.receive()) this.#watch.heard(rank, now);
    const quiet = leaving && this.#open.length === 0 && issued === this.#taken;
    const own: Beat = { leaving: leaving ? "itself" : "no", issued };
    if (this.#haveAllLeft(quiet, own)) return true;
    beats.send(own);
    if (this.#isEndedByOther()) return false;
    this.#checkGone(leaving ? GONE_MS : 0);
    const finding = this.#watch.look(now, {
      signs,
      turns,
      phase,
      waits: awaited > 0 || leaving,
    });
    if (finding?.kind === "lost") {
      this.#endForLost(
        finding.rank,
        `nothing was heard from it for ${seconds(finding.ms)}`,
      );
    } else if (finding?.kind === "hung") {
      this.#tell(
        `${
          this.#name(this.joined.rank)
        } hangs: its main thread gave no sign of life for ${
          seconds(finding.ms)
        }`,
      );
      this.#end(1);
    }
    return false;
  }

  /** Whether all ranks have said that they will ask for nothing more. The first rank sees to it that they all asked for the same. */
  #haveAllLeft(quiet: boolean, own: Beat): boolean {
    const said = this.#beats.said;
    if (this.joined.rank > 0) return quiet && said.get(0)?.leaving === "all";
    const all = [[0, own] as const, ...said];
    const most = Math.max(...all.map(([, { issued }]) => issued));
    for (const [rank, { leaving, issued }] of all) {
      if (leaving === "no" || issued === most) continue;
      this.#tell(`${this.#name(rank)} left while others went on`);
      this.#end(1);
    }
    return quiet && all.length === this.joined.size &&
      all.every(([, { leaving }]) => leaving !== "no");
  }

  /** Whether another rank ends the job, this process included, and has told why. Ends this one if nobody else does. */
  #isEndedByOther(): boolean {
    const now = performance.now();
    if (this.#endedByOther === undefined && this.#beats.isEnded) {
      this.#endedByOther = now;
      this.#posix.endIn(END_SECONDS);
    }
    if (this.#endedByOther === undefined) return false;
    if (now - this.#endedByOther > ENDED_MS) this.#posix.exit(1);
    return true;
  }

  /**
   * Ends the job if the process of a rank of this machine is gone.
   *
   * @param patience Milliseconds for which it has to be: one that is done may be
   * gone before this one knows that all are.
   */
  #checkGone(patience: number): void {
    const now = performance.now();
    for (const rank of this.joined.local) {
      const { pid } = this.#neighbours[rank]!;
      if (this.#posix.exists(pid)) continue;
      this.#goneSince ??= now;
      if (now - this.#goneSince < patience) return;
      return this.#endForLost(rank, `its process (${pid}) is gone`);
    }
  }

  /** Ends the job since a rank is lost; who comes first among those that may know it tells it. */
  #endForLost(rank: number, why: string): void {
    const { local, rank: mine } = this.joined;
    const others = [0, ...local].filter((other) => other !== rank);
    const before = others.filter((other) => other < mine).length;
    const until = performance.now() + TURN_MS * Math.min(before, TURNS);
    while (performance.now() < until) {
      if (this.#isEndedByOther()) return;
      this.#sleep(10);
    }
    this.#tell(`${this.#name(rank)} was lost: ${why}`);
    this.#end(1, !local.includes(rank));
  }

  /**
   * Ends all ranks, this one included.
   *
   * @param farIsSilent Whether another host cannot be reached.
   */
  #end(code: number, farIsSilent = false): void {
    this.#posix.endIn(END_SECONDS);
    if (farIsSilent) endLauncherSoon(this.#posix);
    const until = performance.now() + END_MS;
    try {
      const requests = [...this.#beats.sendEnd()];
      while (
        performance.now() < until &&
        !requests.every((request) => this.#mpi.test(request))
      ) this.#posix.yield();
      this.#mpi.abort(code);
    } catch {
      // What MPI cannot do any more is left to the launcher.
    }
    this.#posix.exit(code);
  }

  #sleep(ms: number): void {
    const until = performance.now() + ms;
    while (performance.now() < until) {
      this.#block.sleep(this.#block.doorbell, ms);
    }
  }

  #name(rank: number): string {
    return `rank ${rank} on host ${this.joined.hosts[rank]}`;
  }

  #tell(message: string): void {
    Deno.stderr.writeSync(new TextEncoder().encode(`error: ${message}\n`));
  }
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(0)} s`;
}

// Copyright 2026 the Convlab authors. MIT license.

/**
 * Looks whether the other ranks, and this rank's main thread, still live and
 * still want to work together; else it tells why, in one line, and ends the job.
 *
 * @module
 */

import { endLauncherSoon } from "./end_launcher.ts";
import { type Beat, Heartbeats } from "./heartbeats.ts";
import type { Job } from "./join_job.ts";
import type { ControlBlock } from "./thread_protocol.ts";
import { type Finding, Watch } from "./watch.ts";

/** Milliseconds that a rank waits, for each one before it that may tell the same, before it tells that another is lost. */
const TURN_MS = 200;
/** The most of these turns. */
const TURNS = 10;
/** Milliseconds, while leaving, after which a process that is gone has not just left a little earlier. */
const GONE_MS = 1000;
/** Milliseconds in which others are told that the job ends. */
const END_MS = 100;
/** Seconds after which a process ends that neither MPI nor its launcher ends. */
const END_SECONDS = 2;
/** Milliseconds for which a rank that was told to end waits for the same thing. */
const WAIT_MS = 20_000;
/** Milliseconds after which one ends by itself when another has told that the job ends. */
const ENDED_MS = 500;

/** The guard of one rank. */
export class Guard {
  readonly #job: Job;
  readonly #block: ControlBlock;
  readonly #beats: Heartbeats;
  readonly #watch: Watch;
  #endedByOther: number | undefined;
  #goneSince: number | undefined;
  #waitsFor = { ticket: 0, since: 0 };

  constructor(job: Job, block: ControlBlock) {
    this.#job = job;
    this.#block = block;
    const { rank, size } = job.joined;
    this.#beats = new Heartbeats(job.mpi, rank, size);
    const peers = rank === 0 ? job.neighbours.keys().drop(1) : [0];
    this.#watch = new Watch(peers, performance.now());
  }

  /**
   * Exchanges heartbeats, and looks who is still there.
   *
   * @param idle Whether nothing is open or to be begun.
   * @returns Whether all ranks have left.
   */
  look(now: number, idle: boolean): boolean {
    const { leaving, awaited, issued, signs, turns, phase } = this.#block;
    for (const rank of this.#beats.receive()) this.#watch.heard(rank, now);
    const own: Beat = { leaving: leaving ? "itself" : "no", issued };
    if (this.#haveAllLeft(leaving && idle, own)) return true;
    this.#beats.send(own);
    if (this.#isEndedByOther()) return false;
    this.checkGone();
    this.#checkWait(now, awaited);
    const waits = awaited > 0 || leaving;
    const main = { signs, turns, phase, waits };
    this.#judge(this.#watch.look(now, main, this.#block.terminated));
    return false;
  }

  /** Ends the job if the process of a rank of this machine is gone. */
  checkGone(): void {
    const now = performance.now();
    for (const rank of this.#job.joined.local) {
      const { pid } = this.#job.neighbours[rank]!;
      if (this.#job.posix.exists(pid)) continue;
      this.#goneSince ??= now;
      const patience = this.#block.leaving ? GONE_MS : 0;
      if (now - this.#goneSince < patience) return;
      return this.#endForLost(rank, `its process (${pid}) is gone`);
    }
  }

  /** Ends the job where this rank is told to end, but waits for something in vain: its main thread then hears nothing. */
  #checkWait(now: number, ticket: number): void {
    if (ticket === 0 || ticket !== this.#waitsFor.ticket) {
      this.#waitsFor = { ticket, since: now };
    }
    const ms = now - this.#waitsFor.since;
    if (!this.#block.terminated || ms < WAIT_MS) return;
    this.#tell(this.#job.joined.rank, "waited for the others in vain");
    this.end(1);
  }

  /** Ends all ranks, this one included. */
  end(code: number): void {
    const { mpi, posix } = this.#job;
    posix.endIn(END_SECONDS);
    const until = performance.now() + END_MS;
    try {
      const requests = [...this.#beats.sendEnd()];
      while (
        performance.now() < until &&
        !requests.every((request) => mpi.test(request))
      ) posix.yield();
      mpi.abort(code);
    } catch {
      // What MPI cannot do any more is left to the launcher.
    }
    posix.exit(code);
  }

  /** Exchanges the last heartbeats, when all ranks have left. */
  finish(issued: number): void {
    this.#beats.finish(issued, () => this.#job.posix.yield());
  }

  /** Whether all ranks have said that they will ask for nothing more. The first one sees to it that they all asked for the same. */
  #haveAllLeft(done: boolean, own: Beat): boolean {
    const { rank, size } = this.#job.joined;
    const { said } = this.#beats;
    if (rank > 0) return done && said.get(0)?.leaving === "all";
    const all = [[0, own] as const, ...said];
    const most = Math.max(...all.map(([, { issued }]) => issued));
    for (const [other, { leaving, issued }] of all) {
      if (leaving === "no" || issued === most) continue;
      this.#tell(other, "left while others went on");
      this.end(1);
    }
    return done && all.length === size &&
      all.every(([, { leaving }]) => leaving !== "no");
  }

  #judge(finding: Finding | undefined): void {
    if (finding === undefined) return;
    const seconds = `${(finding.ms / 1000).toFixed(0)} s`;
    if (finding.kind === "lost") {
      const why = `nothing was heard from it for ${seconds}`;
      return this.#endForLost(finding.rank, why);
    }
    const why = `its main thread gave no sign of life for ${seconds}`;
    this.#tell(this.#job.joined.rank, `hangs: ${why}`);
    this.end(1);
  }

  /** Ends the job since a rank is lost; who comes first among those that may know it tells it. */
  #endForLost(lost: number, why: string): void {
    const { local, rank } = this.#job.joined;
    const before = new Set([0, ...local].filter((other) => other < rank));
    before.delete(lost);
    const until = performance.now() + TURN_MS * Math.min(before.size, TURNS);
    while (performance.now() < until) {
      if (this.#isEndedByOther()) return;
      this.#block.sleep(this.#block.doorbell, 10);
    }
    this.#tell(lost, `was lost: ${why}`);
    if (!local.includes(lost)) endLauncherSoon(this.#job.posix);
    this.end(1);
  }

  /** Whether another rank ends the job, this process included, and has told why. Ends this one if nobody else does. */
  #isEndedByOther(): boolean {
    const now = performance.now();
    if (this.#endedByOther === undefined && this.#beats.isEnded) {
      this.#endedByOther = now;
      this.#job.posix.endIn(END_SECONDS);
    }
    if (this.#endedByOther === undefined) return false;
    if (now - this.#endedByOther > ENDED_MS) this.#job.posix.exit(1);
    return true;
  }

  #tell(rank: number, what: string): void {
    const line = `error: rank ${rank} on host ${
      this.#job.joined.hosts[rank]
    } ${what}\n`;
    Deno.stderr.writeSync(new TextEncoder().encode(line));
  }
}

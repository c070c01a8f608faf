// Copyright 2026 the Convlab authors. MIT license.

/**
 * Two hosts on one machine: network namespaces of Linux with a name each and a
 * cable in between, for ranks that can reach one another by nothing else. Needs
 * root and iproute2.
 *
 * @module
 */

import { fromFileUrl } from "@std/path";

/** The names of the hosts, which is what ranks report. */
export const HOSTS = ["a", "b"] as const;

/** One of the hosts. */
export type Host = typeof HOSTS[number];

/** The name of the cable's end on either host. */
const DEVICE = "cable";
const NETWORK = "10.77.0.0/24";
const ADDRESSES: Readonly<Record<Host, string>> = {
  a: "10.77.0.1/24",
  b: "10.77.0.2/24",
};

const FOLDER = fromFileUrl(new URL(".", import.meta.url));

/** Hosts of one process that were made so far. */
let made = 0;

/** Two hosts and the cable between them, until they are removed. */
export class TwoHosts implements Disposable {
  readonly #prefix: string;
  #relay: Deno.ChildProcess | undefined;

  private constructor() {
    this.#prefix = `convlab-${Deno.pid}-${made++}-`;
  }

  /**
   * Makes them.
   *
   * @param delayMs How long what is sent takes to arrive, in milliseconds.
   * @throws {Error} If root, iproute2 or what a delay takes is missing.
   */
  static async make(delayMs = 0): Promise<TwoHosts> {
    const hosts = new TwoHosts();
    try {
      for (const host of HOSTS) {
        ip("netns", "add", hosts.#namespace(host));
        hosts.#ip(host, "link", "set", "lo", "up");
      }
      await hosts.#plugIn(delayMs);
      for (const host of HOSTS) {
        hosts.#ip(host, "address", "add", ADDRESSES[host], "dev", DEVICE);
        hosts.#ip(host, "link", "set", DEVICE, "up");
      }
    } catch (error) {
      hosts.remove();
      throw error;
    }
    return hosts;
  }

  /** What to put before a command, and its arguments, to run it on a host. */
  on(host: Host): string[] {
    return [
      ...["ip", "netns", "exec", this.#namespace(host), "unshare", "--uts"],
      ...["sh", "-c", 'hostname "$0" && exec "$@"', host],
    ];
  }

  /** Arguments for Open MPI's `mpirun` on the first host to start ranks on both, who then use the cable alone. */
  mpirunArgs(ranksOfEach = 1): string[] {
    return [
      ...["--host", HOSTS.map((host) => `${host}:${ranksOfEach}`).join(",")],
      ...mca("plm_rsh_agent", `sh ${FOLDER}on_host.sh ${this.#prefix}`),
      ...mca("btl", "tcp,self"),
      ...mca("btl_tcp_if_include", NETWORK),
      ...mca("oob_tcp_if_include", NETWORK),
    ];
  }

  /** How many bytes have gone into the cable, and come out of it, at a host. */
  bytes(host: Host): { sent: number; received: number } {
    const text = this.#ip(host, "-s", "-j", "link", "show", DEVICE);
    const { stats64: { tx, rx } } = JSON.parse(text)[0];
    return { sent: tx.bytes, received: rx.bytes };
  }

  /** Makes the cable slow, both ways. */
  limit(bitsPerSecond: number): void {
    for (const host of HOSTS) {
      const bucket = ["burst", "16kb", "latency", "1s"];
      this.#tc(host, "tbf", "rate", `${bitsPerSecond}bit`, ...bucket);
    }
  }

  /** Cuts the cable: nothing arrives any more, and nobody is told. */
  cut(): void {
    for (const host of HOSTS) {
      // A byte a second, and no frame may wait.
      this.#tc(host, "tbf", "rate", "8bit", "burst", "1b", "limit", "1b");
    }
  }

  /** Pulls the cable out at the second host; both see that. */
  unplug(): void {
    this.#ip("b", "link", "set", DEVICE, "down");
  }

  /** Removes them. What still runs there goes on, without a cable. */
  remove(): void {
    try {
      this.#relay?.kill();
    } catch {
      // It has ended.
    }
    for (const host of HOSTS) {
      try {
        ip("netns", "delete", this.#namespace(host));
      } catch {
        // It was not made.
      }
    }
  }

  [Symbol.dispose](): void {
    this.remove();
  }

  async #plugIn(delayMs: number): Promise<void> {
    const [a, b] = [this.#namespace("a"), this.#namespace("b")];
    const peer = ["type", "veth", "peer", "name", DEVICE, "netns", b];
    ip("-n", a, "link", "add", DEVICE, ...peer);
    if (delayMs === 0) return;
    try {
      for (const host of HOSTS) {
        this.#tc(host, "netem", "delay", `${delayMs}ms`);
      }
    } catch {
      ip("-n", a, "link", "delete", DEVICE);
      await this.#plugInRelay(delayMs);
    }
  }

  /** A cable through a process, where the kernel has no delays. */
  async #plugInRelay(delayMs: number): Promise<void> {
    const taps = HOSTS.map((host) => `cl${host}${Deno.pid}x${made}`);
    this.#relay = new Deno.Command("python3", {
      args: [`${FOLDER}delay.py`, `${delayMs}`, ...taps],
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const { done } = await this.#relay.stdout.getReader().read();
    if (done) throw new Error("no netem, and no /dev/net/tun");
    for (const [i, host] of HOSTS.entries()) {
      const namespace = this.#namespace(host);
      ip("link", "set", "dev", taps[i]!, "netns", namespace, "name", DEVICE);
    }
  }

  #namespace(host: Host): string {
    return this.#prefix + host;
  }

  #ip(host: Host, ...args: string[]): string {
    return ip("-n", this.#namespace(host), ...args);
  }

  #tc(host: Host, ...discipline: string[]): void {
    const place = ["qdisc", "replace", "dev", DEVICE, "root"];
    run("tc", ["-n", this.#namespace(host), ...place, ...discipline]);
  }
}

function mca(name: string, value: string): string[] {
  return ["--mca", name, value];
}

function ip(...args: string[]): string {
  return run("ip", args);
}

/** Runs a command to its end and gives what it prints. */
function run(command: string, args: string[]): string {
  const { success, stdout, stderr } = new Deno.Command(command, { args })
    .outputSync();
  const decoder = new TextDecoder();
  if (success) return decoder.decode(stdout);
  throw new Error(
    `${command} ${args.join(" ")}: ${decoder.decode(stderr).trim()}`,
  );
}

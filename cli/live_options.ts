// Copyright 2026 the Convlab authors. MIT license.

/**
 * Where a live page is served, as it is typed, and what is told of that.
 *
 * @module
 */

import { isLoopback } from "../live/guard.ts";
import { DEFAULT_PORT, type LiveAddress } from "../live/live_page.ts";
import type { Streams } from "./command.ts";

const HOST_HELP =
  "Address to serve the page on; any but the default lets other machines in that have the page's address, over a connection that is not encrypted";
const PORT_HELP =
  `Port to serve it on; by default ${DEFAULT_PORT}, or any that is free`;

/** The options, as {@linkcode LiveAddress} has them. */
export const LIVE_OPTIONS = {
  host: {
    kind: "string",
    placeholder: "ADDRESS",
    default: "127.0.0.1",
    help: HOST_HELP,
  },
  port: {
    kind: "integer",
    min: 0,
    max: 65535,
    help: PORT_HELP,
  },
} as const;

/** Tells where the page is, and who can see it. */
export function announcePage(
  url: string,
  { host = "127.0.0.1", port }: LiveAddress,
  { stderr }: Streams,
): void {
  const found = Number(new URL(url).port);
  if (port === undefined && found !== DEFAULT_PORT) {
    stderr.line(`Port ${DEFAULT_PORT} is taken, so the page has ${found}`);
  }
  stderr.line(`Live page: ${url}`);
  if (isLoopback(host)) return;
  stderr.line(
    `Whoever reaches this machine over the network and has that address can watch and steer; it is not encrypted, so serve it only in networks that you trust`,
  );
}

// Copyright 2026 the Convlab authors. MIT license.

/**
 * Answers requests: the page's files, the stream of events, and commands.
 *
 * @module
 */

import { ASSETS } from "./assets.ts";
import type { Feed } from "./feed.ts";
import { type Expected, judge } from "./guard.ts";
import type { Command } from "./protocol.ts";
import { BadCommand, readCommand } from "./read_command.ts";

/** What the page is made of. */
export interface Site extends Expected {
  readonly feed: Feed;
  /** Takes commands; without it the page can only be looked at. */
  readonly onCommand: ((command: Command) => void) | undefined;
}

/** What every answer says: load nothing from elsewhere, be in no frame, keep nothing. */
const HEADERS = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=()",
  "cache-control": "no-store",
} as const;

/** Answers a request. */
export async function answer(request: Request, site: Site): Promise<Response> {
  const verdict = judge(request, site);
  if ("refused" in verdict) {
    const { refused } = verdict;
    return said(refused, refused === 403 ? "Refused" : "Not found");
  }
  const { path } = verdict;
  const { method } = request;
  if (path === "command") {
    return method === "POST"
      ? await obey(request, site)
      : said(405, "Expected POST", { allow: "POST" });
  }
  const asset = ASSETS.get(path);
  if (asset === undefined && path !== "events") return said(404, "Not found");
  if (method !== "GET" && method !== "HEAD") {
    return said(405, "Expected GET", { allow: "GET, HEAD" });
  }
  if (asset) {
    return replied(200, method === "HEAD" ? null : asset.text, asset.type);
  }
  const type = "text/event-stream";
  if (method === "HEAD") return replied(200, null, type);
  const stream = site.feed.stream();
  return stream ? replied(200, stream, type) : said(503, "Too many viewers");
}

async function obey(
  request: Request,
  { onCommand }: Site,
): Promise<Response> {
  try {
    const command = await readCommand(request);
    if (onCommand === undefined) {
      return said(409, "Nobody trains here; the page is to be looked at");
    }
    onCommand(command);
    return said(202, "Passed on");
  } catch (error) {
    if (error instanceof BadCommand) return said(error.status, error.message);
    throw error;
  }
}

function said(
  status: number,
  text: string,
  headers: Record<string, string> = {},
): Response {
  return replied(status, `${text}\n`, "text/plain; charset=utf-8", headers);
}

function replied(
  status: number,
  body: BodyInit | null,
  type: string,
  more: Record<string, string> = {},
): Response {
  const headers = { ...HEADERS, "content-type": type, ...more };
  return new Response(body, { status, headers });
}

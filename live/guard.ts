// Copyright 2026 the Convlab authors. MIT license.

/**
 * Who may see the page: those who have its address, which holds a secret, from
 * the page itself or by typing it. Other pages in the same browser may not, nor
 * may a name on the internet that is made to point to this machine.
 *
 * @module
 */

import { timingSafeEqual } from "node:crypto";

/** What is expected of a request. */
export interface Expected {
  /** The secret in the address. */
  readonly token: string;
  /** Where the server listens. */
  readonly host: string;
  readonly port: number;
}

/** A request that may be answered, with the rest of its path; or the status of its refusal. */
export type Verdict =
  | { readonly path: string }
  | { readonly refused: 403 | 404 };

/** A secret that cannot be guessed, of letters that a path may hold. */
export function newToken(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(24));
  return bytes.toBase64({ alphabet: "base64url" });
}

/** Whether an address is this machine's own, which no other can reach. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d+){3}$/.test(host);
}

/** Looks at a request's headers and path. */
export function judge(request: Request, expected: Expected): Verdict {
  const host = request.headers.get("host") ?? "";
  if (!isOwnHost(host, expected)) return { refused: 403 };
  const origin = request.headers.get("origin");
  const isChange = request.method !== "GET" && request.method !== "HEAD";
  if (origin === null ? isChange : origin !== `http://${host}`) {
    return { refused: 403 };
  }
  const { pathname } = new URL(request.url);
  const [, token = "", ...rest] = pathname.split("/");
  if (!isSame(token, expected.token)) return { refused: 404 };
  const path = rest.join("/");
  return isFromElsewhere(request.headers, isChange, path)
    ? { refused: 403 }
    : { path };
}

/**
 * Whether the request names this server: by the address that it listens on, or,
 * if that is no loopback address, by any address, but by no other name.
 */
function isOwnHost(found: string, { host, port }: Expected): boolean {
  const own = [bracketed(host), "localhost"];
  if (own.some((name) => found === `${name}:${port}`)) return true;
  if (isLoopback(host)) return false;
  const address = found.endsWith(`:${port}`)
    ? found.slice(0, -`:${port}`.length)
    : "";
  return /^\d{1,3}(\.\d{1,3}){3}$/.test(address) ||
    /^\[[\da-f:.]+\]$/i.test(address);
}

/**
 * Whether another page sent the request, as browsers tell in headers that pages
 * cannot change. Such a page may still link to this one: opening it changes
 * nothing, and the other page sees nothing of it.
 */
function isFromElsewhere(
  headers: Headers,
  isChange: boolean,
  path: string,
): boolean {
  const site = headers.get("sec-fetch-site");
  if (site === null || site === "same-origin") return false;
  if (isChange) return true;
  const isOpened = headers.get("sec-fetch-mode") === "navigate" &&
    headers.get("sec-fetch-dest") === "document";
  return site !== "none" && !(isOpened && path === "");
}

/** Compares in a time that does not tell how much is right. */
function isSame(found: string, expected: string): boolean {
  const encoder = new TextEncoder();
  const a = encoder.encode(found);
  const b = encoder.encode(expected);
  return a.length === b.length && timingSafeEqual(a, b);
}

/** An address as a URL has it. */
export function bracketed(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}

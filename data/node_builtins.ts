// Copyright 2026 the Convlab authors. MIT license.

/**
 * What Node's standard library gives, asked for when it is used: a page has
 * none, and must still be able to import what asks for it.
 *
 * @module
 */

/**
 * Node's `node:zlib`.
 *
 * @throws {Error} Where there is none, as in a page.
 */
export function nodeZlib(): typeof import("node:zlib") {
  return builtin("node:zlib");
}

/**
 * Node's `node:crypto`.
 *
 * @throws {Error} Where there is none, as in a page.
 */
export function nodeCrypto(): typeof import("node:crypto") {
  return builtin("node:crypto");
}

function builtin<Name extends "node:zlib" | "node:crypto">(name: Name) {
  const found = globalThis.process?.getBuiltinModule(name);
  if (found) return found;
  throw new Error(
    `expected ${name}, which Deno and Node have, but found none, as in a page`,
  );
}

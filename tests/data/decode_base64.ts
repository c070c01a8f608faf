// Copyright 2026 the Convlab authors. MIT license.

/**
 * Bytes that are kept as text in JSON files.
 *
 * @module
 */

/** The bytes of a base64 text. */
export function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.fromBase64(text);
}

// Copyright 2026 the Convlab authors. MIT license.

/**
 * Reads the pictures that a figure is to be made of.
 *
 * @module
 */

import { fromFileUrl } from "@std/path";
import { decodeImage } from "../../data/decode_image.ts";
import { readDataFile } from "../../data/files.ts";
import type { Image } from "../../data/image.ts";

/** The largest file that is read. */
const MAX_BYTES = 256 << 20;

const OWN_PHOTOS = ["chelsea-200.png", "coffee-200.png"];

/**
 * Reads a picture.
 *
 * @throws {DataError} If the file is none.
 */
export function readPhoto(path: string): Image {
  const bytes = readDataFile(path, { minBytes: 1, maxBytes: MAX_BYTES });
  return decodeImage(bytes, path);
}

/** The two photos that come with Convlab. */
export function ownPhotos(): Image[] {
  return OWN_PHOTOS.map((name) =>
    readPhoto(
      fromFileUrl(new URL(`../../fixtures/photos/${name}`, import.meta.url)),
    )
  );
}

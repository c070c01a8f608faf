// Copyright 2026 the Convlab authors. MIT license.

/**
 * `data info`: what is in a data set or a file.
 *
 * @module
 */

import {
  type DataDescription,
  describeData,
} from "../../data/describe_data.ts";
import { formatShape } from "../../numerics/tensor.ts";
import type { Streams } from "../command.ts";
import { ExitCode } from "../exit.ts";
import { textTable } from "../text_table.ts";
import { grouped } from "../words.ts";
import { type DataOptions, pathOf } from "./named.ts";

const PARTS = ["train", "validation", "test"] as const;

/** Prints what a name or path stands for. */
export async function infoAbout(
  target: string,
  { dataDir, json }: DataOptions,
  { stdout }: Streams,
): Promise<ExitCode> {
  const description = await describeData(pathOf(target, dataDir));
  if (json) {
    stdout.line(JSON.stringify(description, null, 2));
    return ExitCode.success;
  }
  const { path, kind, bytes, imageShape, classes, arrays } = description;
  const images = countImages(description);
  const facts = [
    kind,
    ...imageShape ? [`images of shape ${formatShape(imageShape)}`] : [],
    ...images > 0 ? [`${grouped(images)} images`] : [],
    `${grouped(bytes)} bytes`,
  ];
  stdout.line(`${path}: ${facts.join(", ")}`);
  if (classes) {
    const parts = PARTS.filter((part) =>
      classes.some(({ images }) => images[part] !== undefined)
    );
    const rows = classes.map(({ name, images }) => [
      name,
      ...parts.map((part) => grouped(images[part] ?? 0)),
    ]);
    for (const line of textTable([["class", ...parts], ...rows])) {
      stdout.line(line);
    }
  }
  if (arrays) {
    const rows = arrays.map(({ name, dtype, shape }) => [
      ...name === "" ? [] : [name],
      dtype,
      formatShape(shape),
    ]);
    for (const line of textTable(rows)) stdout.line(line);
  }
  return ExitCode.success;
}

/** Images of all classes and parts. */
export function countImages(description: DataDescription | undefined): number {
  return (description?.classes ?? [])
    .flatMap(({ images }) => PARTS.map((part) => images[part] ?? 0))
    .reduce((sum, count) => sum + count, 0);
}

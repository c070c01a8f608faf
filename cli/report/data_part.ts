// Copyright 2026 the Convlab authors. MIT license.

/**
 * The part of a report on the data that a run was trained on.
 *
 * @module
 */

import type { RunFolder } from "../../training/run_folder.ts";
import { settingsOf, textSetting } from "../runs/settings.ts";
import { grouped } from "../words.ts";
import type { Content, Html } from "./html.ts";
import { factList } from "./table.ts";

/** Classes that are named. */
const MAX_NAMES = 100;

/** Facts that the run itself knows, wherever its data are. */
export function dataPart(run: RunFolder): Html {
  const { title, classNames, imageShape, mean, std } = run.readData();
  const config = run.readConfig();
  const settings = settingsOf(config);
  const names = classNames.length > MAX_NAMES
    ? [...classNames.slice(0, MAX_NAMES), "…"]
    : classNames;
  const count = (name: string, setting: string): [string, Content][] => {
    const value = config[setting];
    return typeof value === "number" ? [[name, grouped(value)]] : [];
  };
  const from = textSetting(settings, "dataDir") ??
    textSetting(settings, "dataset");
  return factList([
    ["Data set", title],
    ...from === undefined ? [] : [["Taken from", from] as const],
    ["Images", `${imageShape.join(" × ")} (channels, height, width)`],
    ...count("Training images", "trainingImages"),
    ...count("Validation images", "validationImages"),
    ...count("Test images", "testImages"),
    [`Classes (${grouped(classNames.length)})`, names.join(", ")],
    ["Pixels less", normalText(mean, imageShape, "nothing")],
    ["Divided by", normalText(std, imageShape, "nothing")],
  ]);
}

/** One number for each channel where that is what it is. */
function normalText(
  values: Float64Array | undefined,
  [channels]: readonly [number, number, number],
  nothing: string,
): string {
  if (values === undefined) return nothing;
  const area = values.length / channels;
  const first = Array.from({ length: channels }, (_, c) => values[c * area]!);
  return values.every((value, i) => value === first[Math.floor(i / area)])
    ? `${first.map((value) => value.toFixed(2)).join(", ")} of 255, by channel`
    : "the mean image of the training images";
}

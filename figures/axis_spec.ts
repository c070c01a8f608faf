// Copyright 2026 the Convlab authors. MIT license.

/**
 * Translates an axis into Vega-Lite's grammar.
 *
 * @module
 */

import type { Axis } from "./chart.ts";
import { axisTitle, domainOf } from "./chart_values.ts";
import { cleanText, textWidth } from "./text.ts";
import { FONT_SIZE } from "./theme.ts";
import { logTicks, tickFormat } from "./ticks.ts";
import { WORD } from "./vega.ts";

/** Space that marks keep from the ends of an axis. */
const AXIS_PADDING = 7;
/** Usual distance of marked values along an axis. */
const TICK_DISTANCE = { x: 70, y: 44 } as const;
/** Between names in a line, and between lines of letters. */
const NAME_GAP = 10;
const LINE_DISTANCE = 15;
/** Names that are turned are cut off beyond this width. */
const MAX_NAME_WIDTH = 110;

/** What surrounds an axis. */
export interface AxisContext {
  /** Its length. */
  readonly length: number;
  /** Whether bars stand in the plot. */
  readonly hasBars: boolean;
}

/** The encoding of a position along an axis. */
export function axisSpec(
  channel: "x" | "y",
  axis: Axis,
  values: readonly number[],
  { length, hasBars }: AxisContext,
) {
  const isFree = axis.min === undefined && axis.max === undefined;
  const isLog = axis.scale === "log";
  const names = isLog ? undefined : axis.labels;
  const domain = domainOf(
    names ? [-0.5, names.length - 0.5, ...values] : values,
    axis,
  );
  const tickCount = Math.max(3, Math.round(length / TICK_DISTANCE[channel]));
  const format = isLog ? "~g" : axis.integer ? ",d" : tickFormat(domain);
  // Bars stand on the axis.
  const padding = names || hasBars && channel === "y" ? 0 : AXIS_PADDING;
  return {
    field: channel,
    type: "quantitative" as const,
    title: WORD + cleanText(axisTitle(axis)),
    scale: {
      type: axis.scale ?? "linear",
      domain,
      padding,
      ...(!isLog && {
        zero: false,
        nice: channel === "y" && isFree && names === undefined,
      }),
    },
    axis: {
      titleLimit: length,
      tickCount,
      ...(isLog && { values: logTicks(domain, tickCount) }),
      ...(axis.integer && { tickMinStep: 1 }),
      ...(format && { format }),
      ...(names && namedTicks(channel, names.map(cleanText), length)),
    },
  };
}

/** Names instead of numbers, turned where they would not fit side by side. */
function namedTicks(
  channel: "x" | "y",
  names: readonly string[],
  length: number,
) {
  const room = length / names.length;
  const style = { fontSize: FONT_SIZE.label };
  const widest = Math.max(...names.map((name) => textWidth(name, style)));
  const isTurned = channel === "x" && widest + NAME_GAP > room;
  const line = isTurned ? LINE_DISTANCE / Math.SQRT1_2 : LINE_DISTANCE;
  const isUpright = isTurned && line > room && LINE_DISTANCE <= room;
  const step = channel === "x" && !isTurned
    ? 1
    : Math.ceil((isUpright ? LINE_DISTANCE : line) / room);
  return {
    values: names.map((_, i) => i).filter((i) => i % step === 0),
    // Vega drops every second value where there are more than this.
    tickCount: names.length,
    labelExpr: `${
      JSON.stringify(names.map((name) => WORD + name))
    }[datum.value]`,
    labelLimit: MAX_NAME_WIDTH,
    labelOverlap: false,
    labelFlush: false,
    grid: false,
    ...(isTurned && {
      labelAngle: isUpright ? -90 : -45,
      labelAlign: "right" as const,
      labelBaseline: "middle" as const,
    }),
  };
}

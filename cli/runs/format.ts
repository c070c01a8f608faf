// Copyright 2026 the Convlab authors. MIT license.

/**
 * How runs are put into words.
 *
 * @module
 */

import { percent } from "../../views/words.ts";
import { grouped } from "../words.ts";
import type { RunSummary } from "./summary.ts";

/** What stands for something that is not known, or not there. */
export const NONE = "–";

/** Such as `3/8 epochs`. */
export function progressText(
  { status, epoch, epochs, iteration }: RunSummary,
): string {
  if (status === "imported") return NONE;
  return epochs === null
    ? `${grouped(iteration)} iterations`
    : `${epoch}/${epochs} ${epochs === 1 ? "epoch" : "epochs"}`;
}

/** Such as `stopped at iteration 245, resumable`. */
export function statusText(summary: RunSummary): string {
  const { status, iteration, divergedAt, resumableFrom } = summary;
  if (status === "finished" || status === "imported") return status;
  const at = `at iteration ${grouped(iteration)}`;
  if (status === "running") return `running, ${at}`;
  if (divergedAt !== null) {
    return `stopped ${at}, loss not finite at ${grouped(divergedAt)}`;
  }
  return `stopped ${at}, ${
    resumableFrom === null ? "not resumable" : "resumable"
  }`;
}

/** The network in a table. */
export function modelText({ model }: RunSummary, width = Infinity): string {
  if (model === null) return "three-layer";
  const short = model.length > width;
  return short ? `${model.slice(0, width - 1).trimEnd()}…` : model;
}

/** Such as `47.6 %`. */
export function percentText(share: number | null | undefined): string {
  return share === null || share === undefined ? NONE : percent(share);
}

/** A loss with as many digits as are worth comparing. */
export function lossText(loss: number | null): string {
  if (loss === null) return NONE;
  return loss >= 1000 ? loss.toExponential(3) : loss.toFixed(4);
}

/** ISO 8601 as people read it: `2026-11-25 19:26 UTC`. */
export function timeText(iso: string | null): string {
  if (iso === null) return NONE;
  const found = iso.match(/^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}).*Z$/);
  return found ? `${found[1]} ${found[2]} UTC` : iso;
}

/** Such as `6 min 42 s`. */
export function durationText(seconds: number | null): string {
  if (seconds === null) return NONE;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const minutes = Math.floor(whole / 60);
  return minutes < 60
    ? `${minutes} min ${whole % 60} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Such as `1.5 MB`. */
export function bytesText(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 999_950) return `${(bytes / 1e3).toFixed(1)} kB`;
  return bytes < 999_950_000
    ? `${(bytes / 1e6).toFixed(1)} MB`
    : `${(bytes / 1e9).toFixed(1)} GB`;
}

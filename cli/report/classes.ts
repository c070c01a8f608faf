// Copyright 2026 the Convlab authors. MIT license.

/**
 * The part of a report on the classes: precision and recall of each.
 *
 * @module
 */

import type { Evaluation } from "../../training/evaluate.ts";
import { NONE, percentText } from "../runs/format.ts";
import { grouped } from "../words.ts";
import type { Html } from "./html.ts";
import { table } from "./table.ts";

/** How well one class is told from the others; a share of nothing is NaN. */
export interface ClassScores {
  /** Images of the class. */
  readonly images: number;
  /** Share of the images that were taken for the class that are of it. */
  readonly precision: number;
  /** Share of the images of the class that were taken for it. */
  readonly recall: number;
  /** The harmonic mean of both. */
  readonly f1: number;
  /** The class that its images are most often wrongly taken for, and how many are. */
  readonly takenFor:
    | { readonly label: number; readonly images: number }
    | undefined;
}

/** Scores of each class, from what is taken for what. */
export function classScores(
  { confusion }: Pick<Evaluation, "confusion">,
): ClassScores[] {
  return confusion.map((row, label) => {
    const right = row[label]!;
    const images = sum(row);
    const taken = sum(confusion.map((other) => other[label]!));
    const wrong = row
      .map((count, other) => ({ label: other, images: count }))
      .filter((item) => item.label !== label && item.images > 0)
      .toSorted((a, b) => b.images - a.images);
    return {
      images,
      precision: right / taken,
      recall: right / images,
      f1: 2 * right / (taken + images),
      takenFor: wrong[0],
    };
  });
}

/** The table of classes. */
export function classesPart(
  evaluation: Evaluation,
  classNames: readonly string[],
): Html {
  const numeric = (title: string) => ({ title, isNumeric: true });
  const scores = classScores(evaluation);
  const rows = scores.map((score, label) => {
    const { images, precision, recall, f1, takenFor } = score;
    return [
      ...[classNames[label] ?? String(label), grouped(images)],
      ...[percent(precision), percent(recall), percent(f1)],
      takenFor === undefined
        ? NONE
        : `${classNames[takenFor.label]} (${grouped(takenFor.images)})`,
    ];
  });
  const mean = (of: (score: ClassScores) => number) => {
    const known = scores.map(of).filter((share) => !Number.isNaN(share));
    return percent(sum(known) / known.length);
  };
  return table(
    "Precision and recall of each class",
    [
      { title: "Class" },
      ...["Images", "Precision", "Recall", "F1"].map(numeric),
      { title: "Most often taken for" },
    ],
    rows,
    [
      ...["Mean", grouped(evaluation.images)],
      ...[mean(({ precision }) => precision), mean(({ recall }) => recall)],
      ...[mean(({ f1 }) => f1), ""],
    ],
  );
}

function percent(share: number): string {
  return Number.isNaN(share) ? NONE : percentText(share);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, n) => total + n, 0);
}

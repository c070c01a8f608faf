// Copyright 2026 the Convlab authors. MIT license.

/**
 * What `evaluate` prints.
 *
 * @module
 */

import type { Evaluation } from "../../training/evaluate.ts";
import { percent } from "../../views/words.ts";
import { textTable } from "../text_table.ts";
import { grouped } from "../words.ts";

/** What was evaluated, and on what. */
export interface EvaluationSubject {
  /** The run's name. */
  readonly run: string;
  /** The data set's name for people. */
  readonly data: string;
  /** Which part of it. */
  readonly split: string;
}

/** With more classes than this, a table of all pairs is too wide. */
const MAX_COLUMNS = 20;

/** An evaluation for other programs; the accuracy of no images is NaN, in JSON null. */
export function evaluationReport(
  subject: EvaluationSubject,
  classNames: readonly string[],
  { images, accuracy, classAccuracy, confusion }: Evaluation,
): Record<string, unknown> {
  return {
    ...subject,
    images,
    accuracy,
    classes: classNames.map((name, label) => ({
      name,
      images: sum(confusion[label]!),
      accuracy: classAccuracy[label],
    })),
    confusion,
  };
}

/** An evaluation as lines of text. */
export function evaluationLines(
  { run, data, split }: EvaluationSubject,
  classNames: readonly string[],
  evaluation: Evaluation,
): string[] {
  const { images, accuracy } = evaluation;
  const part = split === "all" ? "images" : `${split} images`;
  const [note, rows] = classNames.length > MAX_COLUMNS
    ? [[], withMistakes(classNames, evaluation)]
    : [
      ["Under each number: images that are taken for that class", ""],
      withConfusion(classNames, evaluation),
    ];
  return [
    `${run} on ${data}: accuracy ${percentOrDash(accuracy)} of ${
      grouped(images)
    } ${part}`,
    "",
    ...note,
    ...textTable(alignRight(rows)),
  ];
}

/** A row a class: what its images are taken for, class by class. */
function withConfusion(
  classNames: readonly string[],
  { confusion, classAccuracy }: Evaluation,
): string[][] {
  return [
    ["class", "images", "accuracy", ...classNames.map((_, i) => String(i))],
    ...classNames.map((name, label) => [
      `${label} ${name}`,
      grouped(sum(confusion[label]!)),
      percentOrDash(classAccuracy[label]!),
      ...confusion[label]!.map((n) => n === 0 ? "." : String(n)),
    ]),
  ];
}

/** A row a class: the class that its images are most often taken for by mistake. */
function withMistakes(
  classNames: readonly string[],
  { confusion, classAccuracy }: Evaluation,
): string[][] {
  return [
    ["class", "images", "accuracy", "most taken for"],
    ...classNames.map((name, label) => {
      const mistakes = confusion[label]!.map((n, i) => i === label ? 0 : n);
      const most = Math.max(...mistakes);
      const other = classNames[mistakes.indexOf(most)];
      return [
        name,
        grouped(sum(confusion[label]!)),
        percentOrDash(classAccuracy[label]!),
        most === 0 ? "" : `${other} (${most})`,
      ];
    }),
  ];
}

/** Cells of all columns but the first, as wide as the widest. */
function alignRight(rows: readonly (readonly string[])[]): string[][] {
  const widthOf = (column: number) =>
    Math.max(...rows.map((row) => row[column]!.length));
  const widths = rows[0]!.map((_, column) => widthOf(column));
  return rows.map((row) =>
    row.map((cell, i) => i === 0 ? cell : cell.padStart(widths[i]!))
  );
}

function percentOrDash(share: number): string {
  return Number.isNaN(share) ? "-" : percent(share);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, n) => total + n, 0);
}

// Copyright 2026 the Convlab authors. MIT license.

import { assertEquals } from "@std/assert";
import { evaluationLines } from "../../cli/evaluate/report.ts";

const ABOUT = { run: "first", data: "Letters", split: "test" };

/** An evaluation of `n` classes of which each is taken once for itself, and A twice for B. */
function evaluation(n: number) {
  const confusion = Array.from(
    { length: n },
    (_, i) => Array.from({ length: n }, (_, j) => Number(i === j)),
  );
  confusion[0]![1] = 2;
  const classAccuracy = confusion.map((row, i) =>
    row[i]! / row.reduce((a, b) => a + b)
  );
  return { images: n + 2, accuracy: n / (n + 2), classAccuracy, confusion };
}

const letters = (n: number) =>
  Array.from({ length: n }, (_, i) => String.fromCharCode(65 + i));

Deno.test("evaluationLines() shows all pairs of a few classes", () => {
  assertEquals(evaluationLines(ABOUT, letters(2), evaluation(2)), [
    "first on Letters: accuracy 50.0 % of 4 test images",
    "",
    "Under each number: images that are taken for that class",
    "",
    "class  images  accuracy  0  1",
    "0 A         3    33.3 %  1  2",
    "1 B         1   100.0 %  .  1",
  ]);
});

Deno.test("evaluationLines() shows the commonest mistake of each of many classes", () => {
  const lines = evaluationLines(ABOUT, letters(21), evaluation(21));
  assertEquals(lines.slice(2, 5), [
    "class  images  accuracy  most taken for",
    "A           3    33.3 %           B (2)",
    "B           1   100.0 %",
  ]);
});

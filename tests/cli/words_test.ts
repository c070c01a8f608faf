// Copyright 2026 the Convlab authors. MIT license.

import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { oneOf, suggest, unknownWord } from "../../cli/words.ts";

const WORDS = ["gradcheck", "bench", "overfit", "train", "visualize"];

describe("suggest()", () => {
  it("finds the word that is misspelt in a third of its letters at most", () => {
    assertEquals(suggest("gradchek", WORDS), "gradcheck");
    assertEquals(suggest("visualise", WORDS), "visualize");
    assertEquals(suggest("TRAIN", WORDS), "train");
    assertEquals(suggest("brian", WORDS), undefined);
    assertEquals(suggest("xyz", WORDS), undefined);
    assertEquals(suggest("", WORDS), undefined);
  });

  it("finds the only word that begins so", () => {
    assertEquals(suggest("over", WORDS), "overfit");
    assertEquals(suggest("t", WORDS), undefined);
    assertEquals(suggest("--lr", ["--lr-decay", "--seed"]), "--lr-decay");
    assertEquals(suggest("con", ["conv", "convolve"]), "conv");
  });

  it("finds nothing among no words", () => {
    assertEquals(suggest("train", []), undefined);
  });
});

describe("unknownWord()", () => {
  it("suggests only what is close, and stays on one line", () => {
    assertEquals(
      unknownWord("subcommand", "trian", WORDS),
      'Unknown subcommand "trian": did you mean "train"?',
    );
    assertEquals(
      unknownWord("option", "a\nb", WORDS),
      'Unknown option "a\\nb"',
    );
  });
});

describe("oneOf()", () => {
  it("lists words as a sentence does", () => {
    assertEquals(oneOf(["a", "b", "c"]), "a, b or c");
    assertEquals(oneOf(["a", "b"]), "a or b");
    assertEquals(oneOf(["a"]), "a");
  });
});

// Copyright 2026 the Convlab authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { UsageError } from "../../cli/exit.ts";
import { parseArguments } from "../../cli/parse.ts";
import sample from "./sample_command.ts";

const DEFAULTS = {
  batchSize: 50,
  threads: undefined,
  offset: undefined,
  learningRate: undefined,
  lrDecay: 1,
  dtype: "float32",
  output: undefined,
  images: [],
  label: [],
  json: false,
  shuffle: true,
};

function parse(...args: string[]) {
  return parseArguments(sample.description, args);
}

/** The options that differ from the defaults. */
function optionsOf(...args: string[]): Record<string, unknown> {
  const options = Object.entries(parse("cats", ...args).options);
  const defaults: Record<string, unknown> = DEFAULTS;
  return Object.fromEntries(
    options.filter(([name, value]) =>
      JSON.stringify(value) !== JSON.stringify(defaults[name])
    ),
  );
}

function assertWrong(args: string[], message: string): void {
  const error = assertThrows(() => parse(...args), UsageError);
  assertEquals(error.message, message);
}

describe("parseArguments()", () => {
  it("gives the defaults, and tells that nothing was given", () => {
    const parsed = parse("cats");
    assertEquals<unknown>(parsed.options, DEFAULTS);
    assertEquals<unknown>(parsed.positionals, {
      subject: "cats",
      runName: undefined,
    });
    assertEquals(parsed.given, new Set<string>());
  });

  it("reads --name value, --name=value and -n value", () => {
    const { options, given } = parse(
      ...["--batch-size", "8", "cats", "--learning-rate=1e-3", "-o", "a b.png"],
    );
    assertEquals(options.batchSize, 8);
    assertEquals(options.learningRate, 1e-3);
    assertEquals(options.output, "a b.png");
    assertEquals(given, new Set(["batchSize", "learningRate", "output"]));
  });

  it("takes an option by the name that it had before", () => {
    assertEquals(optionsOf("--workers", "3"), { threads: 3 });
    assertWrong(
      ["cats", "--workers=0"],
      'Expected --threads to be an integer from 1 to 64 but found "0"',
    );
  });

  it("tells an option that repeats its default from one that is not given", () => {
    assertEquals(parse("cats", "--batch-size", "50").given.size, 1);
  });

  it("reads negative numbers as values", () => {
    assertEquals(optionsOf("--offset", "-5"), { offset: -5 });
    assertEquals(optionsOf("--offset=-5"), { offset: -5 });
    assertWrong(
      ["cats", "--learning-rate", "-.5"],
      'Expected --learning-rate to be a number above 0 but found "-.5"',
    );
  });

  it("reads every number that JavaScript prints, to the last bit", () => {
    fc.assert(
      fc.property(
        fc.double({
          min: 0,
          minExcluded: true,
          max: Number.MAX_VALUE,
          noNaN: true,
        }),
        (x) => {
          assertEquals(optionsOf("--learning-rate", `${x}`).learningRate, x);
        },
      ),
    );
  });

  it("keeps texts as they are", () => {
    assertEquals(optionsOf("--output", "007"), { output: "007" });
    assertEquals(optionsOf("--output=a=b"), { output: "a=b" });
    assertEquals(optionsOf("--output", "-"), { output: "-" });
    assertEquals(optionsOf("--output=--odd"), { output: "--odd" });
    assertEquals(optionsOf("--output", "true"), { output: "true" });
    assertEquals(parse("cats", "12").positionals.runName, "12");
    assertEquals(parse("cats", "-").positionals.runName, "-");
  });

  it("reads --flag and --no-flag without taking the next argument", () => {
    assertEquals(optionsOf("--json"), { json: true });
    assertEquals(optionsOf("-j"), { json: true });
    assertEquals(optionsOf("--no-json"), {});
    assertEquals(optionsOf("--no-shuffle"), { shuffle: false });
    const { options, positionals } = parse("--json", "cats", "true");
    assertEquals(options.json, true);
    assertEquals(positionals.runName, "true");
  });

  it("collects lists", () => {
    assertEquals(optionsOf("--label", "a", "--label=b"), { label: ["a", "b"] });
    const images = ["a.jpg", "b.png"];
    assertEquals(optionsOf("--images", "a.jpg", "b.png"), { images });
    assertEquals(optionsOf("--images=a.jpg", "b.png"), { images });
    assertEquals(optionsOf("--images", "a.jpg", "--images", "b.png"), {
      images,
    });
    assertEquals(
      parse("--images", "a.jpg", "b.png", "dogs").positionals.subject,
      "dogs",
    );
  });

  it("takes what follows -- for positional arguments", () => {
    const { options, positionals } = parse("--", "cats", "--json");
    assertEquals(positionals.runName, "--json");
    assertEquals(options.json, false);
  });

  it("gives the rest of the arguments to the positional that wants it", () => {
    const signature = {
      options: {},
      positionals: { cell: { help: "", rest: true } },
    } as const;
    assertEquals(parseArguments(signature, []).positionals.cell, []);
    assertEquals(parseArguments(signature, ["a", "b"]).positionals.cell, [
      "a",
      "b",
    ]);
  });

  it("refuses unknown options, with a suggestion only where one is close", () => {
    assertWrong(
      ["cats", "--batchsize", "3"],
      'Unknown option "--batchsize": did you mean "--batch-size"?',
    );
    assertWrong(
      ["cats", "--learning=3"],
      'Unknown option "--learning": did you mean "--learning-rate"?',
    );
    assertWrong(
      ["cats", "--hlep"],
      'Unknown option "--hlep": did you mean "--help"?',
    );
    for (const odd of ["--colour", "-x", "---", "--a.b", "--__proto__", "-5"]) {
      assertWrong(["cats", odd], `Unknown option "${odd}"`);
    }
    assertWrong(
      ["cats", "--no-images"],
      'Unknown option "--no-images": did you mean "--images"?',
    );
  });

  it("refuses missing, empty and superfluous values", () => {
    assertWrong(
      ["cats", "--output"],
      "Expected a value after --output but found none",
    );
    assertWrong(
      ["cats", "-o", "--json"],
      'Expected a value after -o but found "--json"',
    );
    for (const args of [["--output="], ["--output", ""]]) {
      assertWrong(
        ["cats", ...args],
        "Expected --output to be a value but found an empty one",
      );
    }
    assertWrong(
      ["cats", "--json=maybe"],
      'Expected no value for --json but found "maybe"',
    );
    assertWrong(
      ["cats", "--no-json=true"],
      'Expected no value for --no-json but found "true"',
    );
  });

  it("refuses values of the wrong type or out of range", () => {
    for (const text of ["0", "-1", "1.5", "1e2", "abc", "0x10", " 5", "9e99"]) {
      assertWrong(
        ["cats", "--batch-size", text],
        `Expected --batch-size to be an integer of at least 1 but found "${text}"`,
      );
    }
    for (const text of ["0", "1.0001", "NaN", "Infinity", "1e999", "."]) {
      assertWrong(
        ["cats", "--lr-decay", text],
        `Expected --lr-decay to be a number above 0 and at most 1 but found "${text}"`,
      );
    }
    assertWrong(
      ["cats", "--threads", "65"],
      'Expected --threads to be an integer from 1 to 64 but found "65"',
    );
    assertWrong(
      ["cats", "--offset", "99999999999999999999"],
      'Expected --offset to be an integer but found "99999999999999999999"',
    );
    assertWrong(
      ["cats", "--dtype", "float16"],
      'Expected --dtype to be float32 or float64 but found "float16"',
    );
  });

  it("refuses repeated options and lists of the wrong length", () => {
    assertWrong(
      ["cats", "--offset", "1", "--offset=2"],
      "Expected --offset once but found it 2 times",
    );
    assertWrong(
      ["cats", "-o", "a", "--output", "b", "-o", "c"],
      "Expected --output once but found it 3 times",
    );
    assertWrong(
      ["cats", "--json", "--no-json"],
      "Expected --json once but found it 2 times",
    );
    assertWrong(
      ["cats", "--images", "a.jpg"],
      "Expected 2 values for --images but found 1",
    );
    assertWrong(
      ["cats", "--images", "a", "b", "--images", "c", "d"],
      "Expected 2 values for --images but found 4",
    );
  });

  it("refuses missing, unknown and superfluous positional arguments", () => {
    assertWrong([], "Expected an argument SUBJECT but found none");
    assertWrong(
      ["filtres"],
      'Unknown subject "filtres": did you mean "filters"?',
    );
    assertWrong(
      ["parrots"],
      'Expected SUBJECT to be cats, dogs or filters but found "parrots"',
    );
    assertWrong(
      ["cats", "run", "more", "most"],
      'Expected no further argument but found "more"',
    );
  });

  it("throws nothing but UsageErrors of one line, whatever is typed", () => {
    const word = fc.oneof(
      fc.string(),
      fc.constantFrom(
        "--",
        "-",
        "--images",
        "--json",
        "-o",
        "cats",
        "--=",
        "5",
      ),
    );
    fc.assert(fc.property(fc.array(word), (args) => {
      try {
        parse(...args);
      } catch (error) {
        if (!(error instanceof UsageError)) throw error;
        assertEquals(error.message.split("\n").length, 1);
      }
    }));
  });
});

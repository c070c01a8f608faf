// Copyright 2026 the Convlab authors. MIT license.

/** Recipes that can be followed, and those that cannot. */

import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { DataError } from "../../data/data_error.ts";
import {
  checkRecipe,
  completeRecipe,
  readRecipe,
} from "../../training/recipe.ts";
import type { Recipe } from "../../training/recipe.ts";
import {
  RECIPE_FIELDS,
  type RecipeField,
} from "../../training/recipe_fields.ts";
import { announcedData, checkFit } from "../../training/recipe_fit.ts";
import { describePermitted } from "../permitted.ts";

const MODEL = "conv8-relu pool fc10";
const FIELDS: Readonly<Record<string, RecipeField>> = RECIPE_FIELDS;

/** A recipe whose keys are named as options are. */
const asOption = (key: string) =>
  `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

/** A value that a field takes. */
function valueOf(key: string, field: RecipeField): unknown {
  switch (field.kind) {
    case "boolean":
      return true;
    case "choice":
      return field.choices[0];
    case "string":
      return ({ model: MODEL, schedule: "one-cycle" } as Record<
        string,
        string
      >)[key] ?? "x";
    default:
      return field.min ?? (field.kind === "integer" ? 1 : 0.5);
  }
}

describe("checkRecipe()", () => {
  it("takes each key on its own, as its field describes it", () => {
    for (const [key, field] of Object.entries(FIELDS)) {
      const alone = key === "labelSmoothing"
        ? { model: MODEL }
        : key === "momentum"
        ? { updateRule: "sgd_momentum" }
        : {};
      const recipe = { ...alone, [key]: valueOf(key, field) };
      assertEquals(checkRecipe(recipe) as unknown, recipe);
    }
    assertEquals(checkRecipe({}), {});
  });

  it("refuses values of another type, and says which was expected", () => {
    const names = {
      string: "a text",
      boolean: "true or false",
      integer: "a number",
      number: "a number",
    };
    for (const [key, field] of Object.entries(FIELDS)) {
      for (
        const [value, found] of [
          [null, "null"],
          [[1], "a list"],
          [{ a: 1 }, "an object"],
          field.kind === "string" ? [7, "7"] : ["x\ny", '"x\\ny"'],
        ] as const
      ) {
        const error = assertThrows(() =>
          checkRecipe({ [key]: value }, asOption)
        );
        assert(
          error instanceof (field.kind === "choice" ? RangeError : TypeError),
        );
        const expected = field.kind === "choice"
          ? "to be "
          : `to be ${names[field.kind]}`;
        assert(
          error.message.startsWith(`Expected ${asOption(key)} ${expected}`) &&
            error.message.endsWith(` but found ${found}`),
          error.message,
        );
      }
    }
  });

  it("refuses numbers out of range, and says which range", () => {
    const wrong: [Recipe, string][] = [
      [
        { epochs: 0 },
        "Expected --epochs to be an integer at least 1 but found 0",
      ],
      [{ epochs: 1.5 }, "--epochs to be an integer at least 1 but found 1.5"],
      [{ batchSize: 2 ** 53 }, "but found 9007199254740992"],
      [{ batchSize: NaN }, "--batch-size to be a number but found NaN"],
      [
        { learningRate: 0 },
        "--learning-rate to be a number above 0 but found 0",
      ],
      [
        { learningRate: Infinity },
        "--learning-rate to be a number above 0 but found Infinity",
      ],
      [
        { momentum: 1 },
        "--momentum to be a number at least 0 and below 1 but found 1",
      ],
      [
        { seed: 2 ** 32 },
        "--seed to be an integer at least 0 and at most 4294967295 but found 4294967296",
      ],
      [
        { crop: 257 },
        "--crop to be an integer at least 1 and at most 256 but found 257",
      ],
      [{ model: "" }, '--model to be a text that is not empty but found ""'],
    ];
    for (const [recipe, message] of wrong) {
      const error = assertThrows(() => checkRecipe(recipe, asOption));
      assert(error instanceof RangeError || error instanceof TypeError);
      assert(error.message.includes(message), error.message);
    }
    assertThrows(
      () => checkRecipe({ updateRule: "Adam" }),
      RangeError,
      'but found "Adam"',
    );
  });

  it("names unknown keys, and what was probably meant", () => {
    for (
      const [key, meant] of [
        ["epoch", "epochs"],
        ["batch_size", "batchSize"],
        ["batch-size", "batchSize"],
        ["BatchSize", "batchSize"],
        ["learning_rate", "learningRate"],
        ["modle", "model"],
        ["weight_decay", "weightDecay"],
      ] as const
    ) {
      assertThrows(
        () => checkRecipe({ [key]: 1 }),
        TypeError,
        `found the unknown key "${key}"; did you mean "${meant}"?`,
      );
    }
    assertThrows(
      () => checkRecipe({ xyzzy: 1 }),
      TypeError,
      'unknown key "xyzzy"; they are dataset, dataDir, ',
    );
    assertThrows(
      () => checkRecipe(JSON.parse('{"__proto__":1}')),
      TypeError,
      "__proto__",
    );
    assertThrows(
      () => checkRecipe({ constructor: 1 }),
      TypeError,
      "constructor",
    );
    const long = assertThrows(
      () => checkRecipe({ ["\n".repeat(1e5)]: 1 }),
      TypeError,
    );
    assertMatch(long.message, /^[^\n]{1,900}$/);
  });

  it("refuses what is no object", () => {
    for (const value of [null, undefined, [], ["epochs"], "epochs", 3, true]) {
      assertThrows(
        () => checkRecipe(value),
        TypeError,
        "Expected a recipe to be an object with options but found ",
      );
    }
  });

  it("refuses what does not go together", () => {
    const wrong: [Recipe, string][] = [
      [
        { model: MODEL, hiddenDim: 5 },
        "Expected no --hidden-dim with --model, whose text says it",
      ],
      [
        { model: MODEL, filterSize: 3 },
        "Expected no --filter-size with --model",
      ],
      [
        { labelSmoothing: 0.1 },
        "Expected no --label-smoothing without --model, since",
      ],
      [{ filterSize: 4 }, "Expected --filter-size to be odd but found 4"],
      [
        { momentum: 0.9 },
        "Expected no --momentum with --update-rule adam, which has none",
      ],
      [
        { momentum: 0.9, updateRule: "sgd" },
        "no --momentum with --update-rule sgd",
      ],
      [
        { reg: 0.1, weightDecay: 0.1 },
        "Expected no --reg with --weight-decay, since both",
      ],
      [
        { patience: 2, numValidation: 0 },
        "Expected no --patience with --num-validation 0",
      ],
    ];
    for (const [recipe, message] of wrong) {
      assertThrows(() => checkRecipe(recipe, asOption), RangeError, message);
    }
    checkRecipe({ model: MODEL, weightScale: 0.1, labelSmoothing: 0.1 });
    checkRecipe({ reg: 0, weightDecay: 0.1 });
    checkRecipe({ momentum: 0.9, updateRule: "sgd_nesterov" });
  });

  it("refuses models and schedules that cannot be read, by their option", () => {
    for (
      const [recipe, type, message] of [
        [
          { model: "cnov8" },
          SyntaxError,
          "Cannot parse --model: expected a layer",
        ],
        [
          { model: "conv0" },
          RangeError,
          "Cannot parse --model: expected numbers",
        ],
        [
          { schedule: "onecycle" },
          SyntaxError,
          "Cannot parse --schedule: expected it to begin",
        ],
        [
          { schedule: "cosine:warmup=5x" },
          SyntaxError,
          "Cannot make --schedule: expected warmup",
        ],
        [
          { schedule: "one-cycle:peakAt=25" },
          RangeError,
          "Cannot make --schedule: expected peakAt",
        ],
        [
          { schedule: "one-cycle:peak=0.25" },
          SyntaxError,
          "Cannot parse --schedule: expected the numbers",
        ],
        [
          { schedule: "step" },
          SyntaxError,
          "Cannot parse --schedule: expected step with one of every",
        ],
      ] as const
    ) {
      assertThrows(() => checkRecipe(recipe, asOption), type, message);
    }
    const { schedule } = checkRecipe({ schedule: "one-cycle:peakAt=0.25" });
    assertEquals(schedule, "one-cycle:peakAt=0.25");
  });

  it("gives a recipe or an error of one short line for any JSON value", () => {
    const value = fc.jsonValue({ maxDepth: 3 });
    const keys = fc.oneof(
      { weight: 8, arbitrary: fc.constantFrom(...Object.keys(FIELDS)) },
      { weight: 1, arbitrary: fc.string() },
    );
    const likely = fc.dictionary(
      keys,
      fc.oneof(
        fc.constantFrom(...[
          0,
          1,
          0.5,
          3,
          true,
          MODEL,
          "adam",
          "float32",
          "best",
        ]),
        fc.constantFrom("one-cycle", "cosine:warmup=5%", "fc10", "channels"),
        value,
      ),
      { maxKeys: 4 },
    );
    let taken = 0;
    fc.assert(
      fc.property(fc.oneof(likely, value), (value) => {
        if (outcomeOf(value)) taken++;
      }),
      { numRuns: 3000 },
    );
    assert(taken > 30, String(taken));
  });

  it("is not troubled by deep or long values", () => {
    const deep = JSON.parse("[".repeat(50_000) + "]".repeat(50_000));
    for (const value of [deep, { model: deep }, { model: "x".repeat(1e6) }]) {
      const { message } = assertThrows(() => checkRecipe(value));
      assert(message.length < 300, message.slice(0, 400));
    }
  });
});

/** Whether it is a recipe; any error must be of one short line. */
function outcomeOf(value: unknown): boolean {
  const before = JSON.stringify(value);
  try {
    const recipe = checkRecipe(value);
    // What is taken must be what a training can begin with.
    assertEquals(checkRecipe(completeRecipe(recipe)), completeRecipe(recipe));
    return true;
  } catch (error) {
    assert(
      error instanceof TypeError || error instanceof RangeError ||
        error instanceof SyntaxError,
    );
    assertMatch(error.message, /^(Expected|Cannot) [^\n]+$/);
    assert(error.message.length < 900, error.message);
    return false;
  } finally {
    assertEquals(JSON.stringify(value), before);
  }
}

describe("completeRecipe()", () => {
  it("fills in what suits each network, in the order of the table", () => {
    const three = completeRecipe({ epochs: 2, name: undefined } as Recipe);
    assertEquals([
      three.hiddenDim,
      three.reg,
      three.normalize,
      three.sampling,
      three.epochs,
    ], [
      500,
      1e-3,
      "mean-image",
      "replacement",
      2,
    ]);
    const deep = completeRecipe({ seed: 1, model: MODEL });
    assertEquals([deep.hiddenDim, deep.reg, deep.normalize, deep.sampling], [
      undefined,
      0,
      "channels",
      "shuffle",
    ]);
    const order = Object.keys(FIELDS);
    const found = Object.keys(deep).map((key) => order.indexOf(key));
    assertEquals(found, found.toSorted((a, b) => a - b));
  });

  it("does not change its argument, and gives what can be checked and completed again", () => {
    const recipe = Object.freeze({ model: MODEL, reg: undefined });
    const complete = completeRecipe(recipe);
    assertEquals(complete.reg, 0);
    assertEquals(completeRecipe(checkRecipe(complete)), complete);
    assertEquals(JSON.parse(JSON.stringify(complete)), complete);
  });
});

describe("checkFit()", () => {
  const complete = (recipe: Recipe) => completeRecipe(checkRecipe(recipe));
  const CIFAR = {
    inputDim: [3, 32, 32],
    numClasses: 10,
    examples: 500,
  } as const;

  it("takes what fits", () => {
    checkFit(complete({}), CIFAR);
    checkFit(complete({ model: MODEL, crop: 31, cutout: 32 }), CIFAR);
    checkFit(complete({ model: "gap fc3" }), { inputDim: [1, 1, 1] });
    checkFit(complete({ schedule: "cosine:warmup=9" }), CIFAR);
  });

  it("refuses what does not, and names the option", () => {
    const wrong: [
      Recipe,
      Partial<typeof CIFAR> | { inputDim: [number, number, number] },
      string,
    ][] = [
      [
        { model: "pool40 fc10" },
        {},
        'Cannot build --model: pool1 ("pool40") expects at least 40 x 40 pixels',
      ],
      [
        { model: "gap fc5" },
        {},
        'Cannot build --model: expected the last layer to give 10 scores, one for each class, but found fc1, which gives 5 features; make it "fc10"',
      ],
      [{ model: "conv8-relu" }, {}, 'end the model with "fc10"'],
      [
        { model: "fc1000000 fc1000000 fc10" },
        {},
        "Cannot build --model: expected parameters that fit into 4 GiB",
      ],
      [
        { hiddenDim: 1e6, numFilters: 100 },
        {},
        "Cannot build model: expected parameters that fit into 4 GiB",
      ],
      [
        {},
        { inputDim: [1, 1, 1] },
        'Cannot build model: pool1 ("pool") expects at least 2 x 2 pixels but finds images of 32 x 1 x 1',
      ],
      [
        { crop: 32 },
        {},
        "Cannot augment images: expected --crop to be an integer from 0 to 31 for images of 32 x 32 pixels but found 32",
      ],
      [{ cutout: 33 }, {}, "expected --cutout to be an integer from 0 to 32"],
      [
        { schedule: "cosine:warmup=10" },
        {},
        "Cannot use --schedule cosine:warmup=10 for a training of 10 iterations, 10 an epoch: expected warmup to be less than total (10) but found 10; train longer, or change it",
      ],
      [
        { schedule: "constant:warmup=2epochs" },
        {},
        "expected warmup to be less than total (10) but found 20",
      ],
      [
        { schedule: "step:every=3,warmup=100%" },
        {},
        "expected warmup to be less than total (10) but found 10",
      ],
      [
        { schedule: "step:every=1%" },
        {},
        "expected every to be a positive integer but found 0",
      ],
      [
        { schedule: "cosine:warmup=5", maxIterations: 5 },
        {},
        "for a training of 5 iterations",
      ],
    ];
    for (const [recipe, data, message] of wrong) {
      assertThrows(
        () => checkFit(complete(recipe), { ...CIFAR, ...data }, asOption),
        RangeError,
        message,
      );
    }
  });

  it("leaves open what is not known yet", () => {
    const { inputDim } = CIFAR;
    checkFit(complete({ model: "gap fc5", schedule: "cosine:warmup=100" }), {
      inputDim,
    });
    assertThrows(
      () => checkFit(complete({ model: "conv5" }), { inputDim }),
      RangeError,
    );
  });
});

describePermitted("recipes in files", () => {
  let folder = "";
  beforeAll(() => {
    folder = Deno.makeTempDirSync();
  });
  afterAll(() => Deno.removeSync(folder, { recursive: true }));

  const write = (content: string | Uint8Array): string => {
    const path = join(folder, "recipe.json");
    if (typeof content === "string") Deno.writeTextFileSync(path, content);
    else Deno.writeFileSync(path, content);
    return path;
  };

  it("are read, those that come with Convlab too", () => {
    assertEquals(readRecipe(write('\ufeff{ "epochs": 3 }\n')), { epochs: 3 });
    const own = new URL("../../recipes/", import.meta.url);
    for (const { name } of Deno.readDirSync(own)) {
      if (!name.endsWith(".json")) continue;
      const recipe = completeRecipe(readRecipe(new URL(name, own).pathname));
      const data = announcedData(recipe);
      assert(data, name);
      checkFit(recipe, { ...data, examples: 1000 });
    }
  });

  it("are refused with their path and what is wrong", () => {
    for (
      const [content, message] of [
        ["", "2 bytes"],
        ["{ ", "JSON"],
        ["[]", "an object with options but found a list"],
        [
          '{"epochs":1,"model":"gap","epochs":2}',
          'each key once but found "epochs" twice',
        ],
        ['{"epohcs":1}', 'unknown key "epohcs"; did you mean "epochs"?'],
        [
          '{"batchSize":0}',
          "Expected batchSize to be an integer at least 1 but found 0",
        ],
        [
          '{"model":"conv"}',
          "Cannot parse model: expected a number of filters",
        ],
        [new Uint8Array([0x7b, 0xff, 0x7d]), "not valid"],
        [" ".repeat(2 ** 20) + "{}", "bytes"],
      ] as const
    ) {
      const path = write(content);
      const error = assertThrows(() => readRecipe(path), DataError, message);
      assert(error.message.includes(path));
      assertMatch(error.message, /^[^\n]+$/);
    }
    assertThrows(
      () => readRecipe(join(folder, "none.json")),
      DataError,
      "none.json",
    );
    assertThrows(() => readRecipe(folder), DataError, folder);
  });

  it("are read or refused in one line, however their bytes are changed", () => {
    const good = new TextEncoder().encode(JSON.stringify({
      ...{ dataset: "cifar10", numTraining: 49000, flip: true, crop: 4 },
      ...{
        model: "conv32-bn-relu pool fc10",
        epochs: 8,
        updateRule: "sgd_nesterov",
      },
      ...{ learningRate: 0.2, schedule: "one-cycle:peakAt=0.25", keep: "last" },
    }));
    const change = fc.tuple(
      fc.nat(),
      fc.oneof(
        fc.nat(255),
        fc.constantFrom(
          ...'"{}[]:,.-0 e'.split("").map((c) => c.charCodeAt(0)),
        ),
      ),
    );
    const changed = fc.tuple(
      fc.array(change, { maxLength: 4 }),
      fc.nat(good.length),
    )
      .map(([changes, cut]) => {
        const bytes = good.slice(0, cut % 3 === 0 ? cut : good.length);
        for (const [at, byte] of changes) {
          if (bytes.length > 0) bytes[at % bytes.length] = byte;
        }
        return bytes;
      });
    const lines = new TextEncoder().encode('{"flip":\nrue,"crop":4}');
    fc.assert(
      fc.property(changed, (bytes) => {
        try {
          outcomeOf(readRecipe(write(bytes)));
        } catch (error) {
          assert(error instanceof DataError);
          assertMatch(error.message, /^Cannot read [^\n]+$/);
          assert(error.message.length < 900);
        }
      }),
      { numRuns: 300, examples: [[lines]] },
    );
  });

  it("announce their images where these are known before they are loaded", () => {
    const announced = (recipe: Recipe) => announcedData(completeRecipe(recipe));
    assertEquals(announced({}), undefined);
    assertEquals(announced({ dataset: "x.npz" }), undefined);
    assertEquals(announced({ dataset: "cifar10" })?.inputDim, [3, 32, 32]);
    assertEquals(announced({ dataset: "fashion-mnist" }), {
      inputDim: [1, 28, 28],
      numClasses: 10,
    });
    assertEquals(
      announced({ dataset: folder, grayscale: true, imageSize: 8 }),
      {
        inputDim: [1, 8, 8],
      },
    );
    assertEquals(announced({ dataset: folder })?.inputDim, [3, 32, 32]);
    const mnist = join(folder, "mnist");
    Deno.mkdirSync(mnist);
    Deno.writeTextFileSync(join(mnist, "train-images-idx3-ubyte.gz"), "");
    assertEquals(announced({ dataset: mnist })?.inputDim, [1, 28, 28]);
  });
});

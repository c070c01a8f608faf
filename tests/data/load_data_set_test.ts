// Copyright 2026 the Convlab authors. MIT license.

import { assertEquals, assertRejects } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { afterAll, beforeAll, it } from "@std/testing/bdd";
import { DataError } from "../../data/data_error.ts";
import { encodeNpz } from "../../data/npz.ts";
import { loadDataSet } from "../../data/load_data_set.ts";
import { makeCifar10 } from "./make_cifar10.ts";
import { makeImageFolder } from "./make_image_folder.ts";
import { runScript } from "./run_script.ts";
import { describePermitted } from "../permitted.ts";

const fashion = fromFileUrl(
  new URL("../../fixtures/fashion-mnist", import.meta.url),
);
const script = fromFileUrl(import.meta.url);
const few = { numTraining: 5, numValidation: 2, numTest: 3 };

let home = "";
let cache = "";
let chosen = "";

beforeAll(() => {
  home = Deno.makeTempDirSync();
  cache = join(home, ".cache", "convlab");
  chosen = join(home, "chosen");
  Deno.mkdirSync(cache, { recursive: true });
  makeCifar10(join(chosen, "cifar-10-batches-bin"));
});

afterAll(() => Deno.removeSync(home, { recursive: true }));

/** Loads in a process of its own: the title and the notice, or the error's name and message. */
async function load(
  options: Readonly<Record<string, unknown>> = {},
  env: Readonly<Record<string, string>> = {},
  flags: readonly string[] = ["--allow-env", "--allow-read"],
): Promise<string[]> {
  const { stdout, stderr } = await runScript(
    `
    import { loadDataSet } from "./data/load_data_set.ts";
    try {
      const { data, notice } = await loadDataSet(
        ${JSON.stringify({ ...few, ...options })}
      );
      console.log(data.title + "\\n" + notice);
    } catch (error) {
      console.log(error.name + "\\n" + error.message);
    }`,
    {
      flags,
      env: { HOME: home, XDG_CACHE_HOME: "", CONVLAB_DATA: "", ...env },
    },
  );
  assertEquals(stderr, "");
  return stdout.trimEnd().split("\n");
}

const sampleNotice = (missing = "") =>
  `Data: the built-in Fashion-MNIST sample${missing}; for CIFAR-10 run "deno task data download cifar10" or pass --data-dir FOLDER`;

describePermitted("loadDataSet()", () => {
  it("takes the sample where there is no CIFAR-10, and says what to do", async () => {
    assertEquals(await load(), ["Fashion-MNIST sample", sampleNotice()]);
    const empty = join(home, "nowhere");
    assertEquals(await load({}, { CONVLAB_DATA: empty }), [
      "Fashion-MNIST sample",
      sampleNotice(` (CIFAR-10 was not found in CONVLAB_DATA=${empty})`),
    ]);
  });

  it("takes CIFAR-10 from CONVLAB_DATA, itself or the folder in it", async () => {
    const inner = join(chosen, "cifar-10-batches-bin");
    for (const folder of [chosen, inner]) {
      assertEquals(
        await load({}, { CONVLAB_DATA: folder }),
        ["CIFAR-10", `Data: CIFAR-10 from ${inner}`],
      );
    }
    assertEquals(
      await load({ dataset: "cifar10" }, { CONVLAB_DATA: chosen }),
      ["CIFAR-10", "undefined"],
    );
  });

  it("takes CIFAR-10 from the cache folder, after CONVLAB_DATA", async () => {
    const inner = join(cache, "cifar-10-batches-bin");
    makeCifar10(inner);
    try {
      assertEquals(
        await load({}, { CONVLAB_DATA: join(home, "nowhere") }),
        ["CIFAR-10", `Data: CIFAR-10 from ${inner}`],
      );
      assertEquals(
        (await load({}, { CONVLAB_DATA: chosen }))[1],
        `Data: CIFAR-10 from ${join(chosen, "cifar-10-batches-bin")}`,
      );
    } finally {
      Deno.removeSync(inner, { recursive: true });
    }
  });

  it("takes what may not be read as not there, without asking", async () => {
    const onlySample = [`--allow-read=${fashion}`];
    assertEquals(
      await load({}, { CONVLAB_DATA: chosen }, onlySample),
      ["Fashion-MNIST sample", sampleNotice()],
    );
    assertEquals(
      await load({}, { CONVLAB_DATA: chosen }, [...onlySample, "--allow-env"]),
      [
        "Fashion-MNIST sample",
        sampleNotice(` (CIFAR-10 was not found in CONVLAB_DATA=${chosen})`),
      ],
    );
  });

  it("says where CIFAR-10 was expected when it alone will do", async () => {
    assertEquals(
      await load({ dataset: "cifar10" }, { CONVLAB_DATA: join(home, "x") }),
      [
        "DataError",
        `Cannot find CIFAR-10: expected it in ${
          join(home, "x")
        } or ${cache} but found none; run "deno task data download cifar10" or pass --data-dir FOLDER`,
      ],
    );
  });

  it("does not pass over a damaged CIFAR-10", async () => {
    const damaged = join(home, "damaged");
    Deno.mkdirSync(damaged);
    Deno.writeTextFileSync(join(damaged, "data_batch_1.bin"), "");
    assertEquals(await load({}, { CONVLAB_DATA: damaged }), [
      "DataError",
      `Cannot read ${
        join(damaged, "batches.meta.txt")
      }: expected a file but found none`,
    ]);
  });

  it("takes the data set in dataDir, whatever is found elsewhere", async () => {
    for (
      const [dataDir, dataset, title] of [
        [chosen, undefined, "CIFAR-10"],
        [chosen, "cifar10", "CIFAR-10"],
        [fashion, undefined, "Fashion-MNIST"],
        [fashion, "fashion-mnist", "Fashion-MNIST"],
      ] as const
    ) {
      const result = await loadDataSet({ ...few, dataDir, dataset });
      assertEquals(result.data.title, title);
      assertEquals(result.notice, undefined);
    }
  });

  it("passes the split on", async () => {
    const { data } = await loadDataSet({
      ...few,
      dataset: "fashion-mnist",
      subtractMean: false,
    });
    assertEquals(
      [data.train.length, data.validation.length, data.test.length],
      [5, 2, 3],
    );
    assertEquals(data.train.mean, undefined);
  });

  it("says what is wrong with dataDir", async () => {
    const none = join(home, "none");
    for (const dataset of [undefined, "cifar10", "fashion-mnist"] as const) {
      await assertRejects(
        () => loadDataSet({ dataDir: none, dataset }),
        DataError,
        `Cannot read ${none}: expected a folder but found none`,
      );
    }
    const file = join(chosen, "cifar-10-batches-bin", "data_batch_1.bin");
    await assertRejects(
      () => loadDataSet({ dataDir: file }),
      DataError,
      `Cannot read ${file}: expected a folder but found a file`,
    );
    await assertRejects(
      () => loadDataSet({ dataDir: cache }),
      DataError,
      `Cannot find CIFAR-10 in ${cache}: expected data_batch_1.bin there or in its folder cifar-10-batches-bin but found neither`,
    );
    await assertRejects(
      () => loadDataSet({ dataDir: fashion, dataset: "cifar10" }),
      DataError,
      `Cannot find CIFAR-10 in ${fashion}`,
    );
    await assertRejects(
      () => loadDataSet({ dataDir: chosen, dataset: "fashion-mnist" }),
      DataError,
      "train-images-idx3-ubyte.gz: expected a file but found none",
    );
    assertEquals(
      await load({ dataDir: chosen }, {}, []),
      [
        "DataError",
        `Cannot read ${chosen}: expected permission to read it but found none; grant it with --allow-read`,
      ],
    );
  });

  it("takes Fashion-MNIST from the cache folder, if it is asked for", async () => {
    const inner = join(cache, "fashion-mnist");
    Deno.mkdirSync(inner);
    try {
      for (const { name } of Deno.readDirSync(fashion)) {
        if (!name.endsWith(".gz")) continue;
        Deno.copyFileSync(join(fashion, name), join(inner, name));
      }
      assertEquals(await load({ dataset: "fashion-mnist" }), [
        "Fashion-MNIST",
        "undefined",
      ]);
      assertEquals((await load())[0], "Fashion-MNIST sample");
    } finally {
      Deno.removeSync(inner, { recursive: true });
    }
  });

  it("takes the path of a folder, of images or of a data set that it knows", async () => {
    const folder = join(home, "pets");
    makeImageFolder(folder, { cats: 3, dogs: 3 });
    const { data, notice } = await loadDataSet({
      dataset: folder,
      imageSize: 4,
      normalize: "channels",
      seed: 1,
    });
    assertEquals(notice, undefined);
    assertEquals([data.name, data.title], [folder, "pets"]);
    assertEquals(data.classNames, ["cats", "dogs"]);
    assertEquals(data.train.imageShape, [3, 4, 4]);
    assertEquals(data.train.std?.length, 48);
    for (
      const [dataset, title] of [[chosen, "CIFAR-10"], [
        fashion,
        "Fashion-MNIST",
      ]] as const
    ) {
      const { data } = await loadDataSet({ ...few, dataset });
      assertEquals(data.title, title);
    }
  });

  it("takes the path of a .npz file", async () => {
    const path = join(home, "digits.npz");
    const [x_train, y_train] = [[6, 4, 4], [6]].map((shape) => ({
      shape,
      dtype: "uint8" as const,
      data: Uint8Array.from(
        { length: shape.length === 1 ? 6 : 96 },
        (_, i) => i % 2,
      ),
    }));
    Deno.writeFileSync(
      path,
      encodeNpz({ x_train: x_train!, y_train: y_train! }),
    );
    const { data } = await loadDataSet({ dataset: path });
    assertEquals([data.name, data.title], [path, "digits.npz"]);
    assertEquals(data.classNames, ["0", "1"]);
    await assertRejects(
      () => loadDataSet({ dataset: path, imageSize: 8 }),
      RangeError,
      "expected no imageSize with a .npz file but found 8",
    );
  });

  it("refuses a name it does not know", async () => {
    for (
      const [dataset, found] of [["mnist", 'no file or folder "mnist"'], [
        script,
        `the file ${script}`,
      ]] as const
    ) {
      await assertRejects(
        () => loadDataSet({ dataset }),
        RangeError,
        `Cannot load data set: expected "cifar10", "fashion-mnist", a folder of images or a .npz file but found ${found}`,
      );
    }
  });

  it("refuses options that do not go with the data set", async () => {
    for (
      const [options, message] of [
        [
          { dataset: "cifar10", imageSize: 32 },
          "expected no imageSize with the data sets that are known by name but found 32",
        ],
        [
          { dataset: fashion, strict: true },
          `expected no strict with the data set in ${fashion} but found true`,
        ],
        [
          { dataset: fashion, dataDir: chosen },
          `expected no dataDir with the path of a data set but found ${chosen}`,
        ],
      ] as const
    ) {
      await assertRejects(() => loadDataSet(options), RangeError, message);
    }
  });
});

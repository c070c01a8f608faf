// Copyright 2026 the Convlab authors. MIT license.

/** `visualize`: every figure from the command line, and what is wrong input. */

import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { join } from "@std/path";
import { afterAll, beforeAll, it } from "@std/testing/bdd";
import { UsageError } from "../../cli/exit.ts";
import visualize from "../../cli/visualize.ts";
import { encodePng } from "../../data/png.ts";
import { ConvNet } from "../../models/conv_net.ts";
import { RandomState } from "../../numerics/random.ts";
import { tensor } from "../../numerics/tensor.ts";
import { summarizeGradient } from "../../training/gradient_summary.ts";
import { RunFolder } from "../../training/run_folder.ts";
import { describePermitted } from "../permitted.ts";
import { fakeOutput } from "./fake_output.ts";

/** Colours that tell two classes apart. */
const CLASSES = { green: [20, 200, 40], red: [210, 30, 30] } as const;
const MODEL = "conv4-bn-relu pool fc2";

describePermitted("visualize", () => {
  let folder: string;
  let runs: string;

  beforeAll(() => {
    folder = Deno.makeTempDirSync();
    runs = join(folder, "runs");
    const images = join(folder, "colours");
    const random = new RandomState(5);
    for (const [name, colour] of Object.entries(CLASSES)) {
      Deno.mkdirSync(join(images, name), { recursive: true });
      for (let i = 0; i < 20; i++) {
        const noise = random.randint(0, 40, 3 * 64);
        const pixels = Uint8Array.from(noise, (n, p) => n + colour[p % 3]!);
        const file = join(images, name, `${i}.png`);
        Deno.writeFileSync(
          file,
          encodePng({ width: 8, height: 8, channels: 3, pixels }),
        );
      }
    }
    for (const name of ["first", "bare"]) {
      const run = RunFolder.create(runs, name);
      const recipe = { model: MODEL, dataset: images, imageSize: 8 };
      run.writeConfig({ command: "test", data: "colours", recipe });
      run.writeData({
        ...{ title: "colours", imageShape: [3, 8, 8] },
        classNames: Object.keys(CLASSES),
      });
      const net = new ConvNet({
        ...{ model: MODEL, inputDim: [3, 8, 8], random },
      });
      run.writeParameters({ ...net.params, ...net.buffers });
      run.metric({ kind: "iteration", iteration: 1, loss: 2 });
      if (name === "bare") continue;
      run.metric({
        ...{ kind: "gradients", iteration: 1 },
        parameters: { "fc1.weight": summarizeGradient(tensor([1, 2])) },
      });
    }
    Deno.writeTextFileSync(
      join(folder, "layers.json"),
      JSON.stringify({
        ...{ what: "layers", threads: 2, mode: "default", machine: {} },
        ...{ peaks: { float32: 50 }, memory: { read: 8, copy: 7 } },
        rows: [
          {
            ...{ name: "convolution forward block2 float32", threads: 2 },
            ...{ flops: 2e8, bytes: 1e6, gflops: 40 },
          },
          { name: "max-pooling forward document float32", bytes: 1e6 },
        ],
      }),
    );
  });

  afterAll(() => Deno.removeSync(folder, { recursive: true }));

  /** Draws, and gives the name of the file that it printed. */
  async function draw(...args: string[]): Promise<string> {
    const [stdout, stderr] = [fakeOutput(), fakeOutput()];
    const code = await visualize.run(args, { stdout, stderr });
    assertEquals(code, 0);
    return stdout.text.trim();
  }

  const inRuns = (...args: string[]) => [...args, "--runs-dir", runs];
  const photo = () => join(folder, "colours", "red", "3.png");

  it("draws each figure of a run into its folder", async () => {
    const own = (name: string) => join(runs, "first", name);
    const cases: [string[], string][] = [
      [["curves", "first"], own("curves.png")],
      [["filters", "first"], own("filters.png")],
      [["gradients", "first"], own("gradients.png")],
      [["confusion", "first", "--split", "all"], own("confusion.png")],
      [["mistakes", "first", "--split", "all"], own("mistakes.png")],
      [["activations", "first", photo()], own("activations-3.png")],
      [["saliency", "first", photo()], own("saliency-3.png")],
    ];
    for (const [args, path] of cases) {
      assertEquals(await draw(...inRuns(...args, "--width", "300")), path);
      assert(Deno.statSync(path).size > 1000, path);
    }
  });

  it("draws data sets and measurements where --output says", async () => {
    const svg = join(folder, "new", "colours.svg");
    assertEquals(
      await draw("dataset", join(folder, "colours"), "-o", svg),
      svg,
    );
    const text = Deno.readTextFileSync(svg);
    for (const word of ["colours", "green", "red", "2 classes"]) {
      assertStringIncludes(text, word);
    }
    const html = join(folder, "roofline.html");
    await draw("bench", join(folder, "layers.json"), "-o", html);
    const page = Deno.readTextFileSync(html);
    assertStringIncludes(page, "conv fwd block2");
    assertStringIncludes(page, "arithmetic, 100 GFLOP/s");
    assertMatch(page, /memory, 8\.0 GB\/s/);
    const scaling = join(folder, "scaling.json");
    Deno.writeTextFileSync(
      scaling,
      JSON.stringify({
        what: "scaling",
        costs: [{
          ...{ shape: "hidden-100", images: 50, threads: 1 },
          ...{ fixed: 0.004, image: 0.0006, bytes: 3_300_184, window: 1e-4 },
        }],
        sums: [{ ranks: 2, bytes: 8, microseconds: { median: 60 } }],
      }),
    );
    await draw("bench", scaling, "-o", svg);
    const drawn = Deno.readTextFileSync(svg);
    for (
      const words of [
        ...["hidden-100, 3.3 MB, 10 Gbit/s", "30 µs for a message"],
        ...["50 images for each rank", "800 images for all ranks together"],
      ]
    ) assertStringIncludes(drawn, words);
    assert(!page.includes("max-pooling"));
  });

  it("counts what the network takes each image for", async () => {
    const svg = join(folder, "confusion.svg");
    await draw(...inRuns("confusion", "first", "--split", "all", "-o", svg));
    assertMatch(
      Deno.readTextFileSync(svg),
      /accuracy \d+\.\d % of 40 images of colours/,
    );
  });

  it("takes the class that is named, and noisy copies", async () => {
    const svg = join(folder, "saliency.svg");
    const args = ["saliency", "first", photo(), "--class", "green"];
    await draw(...inRuns(...args, "--samples", "3", "-o", svg));
    const text = Deno.readTextFileSync(svg);
    assertStringIncludes(text, "score of green");
    assertStringIncludes(text, "mean of 3 copies with noise");
  });

  it("lays runs over one another", async () => {
    const svg = join(folder, "both.svg");
    await draw(
      ...inRuns("curves", "first", "bare", "--smooth", "0", "-o", svg),
    );
    const text = Deno.readTextFileSync(svg);
    for (const word of ["2 runs", "first", "bare"]) {
      assertStringIncludes(text, word);
    }
  });

  it("says in one line what is wrong", async () => {
    const bad = join(folder, "bad.json");
    Deno.writeTextFileSync(bad, "{}");
    const older = join(folder, "older.json");
    Deno.writeTextFileSync(
      older,
      JSON.stringify({ what: "layers", threads: 1, rows: [{ name: "a" }] }),
    );
    const step = join(folder, "step.json");
    Deno.writeTextFileSync(step, JSON.stringify({ what: "step", rows: [] }));
    const png = join(folder, "never.png");
    const cases: [string[], string, (new (...a: never[]) => Error)?][] = [
      [["curves", "nobody"], 'Cannot find run "nobody"'],
      [["activations", "first", bad], "expected a PNG or JPEG file"],
      [["activations", "first", join(folder, "none.png")], "none.png"],
      [
        ["saliency", "first", photo(), "--class", "gren"],
        'Unknown class "gren": did you mean "green"?',
        UsageError,
      ],
      [["gradients", "bare"], "so train it again"],
      [["dataset", join(folder, "nothing")], "nothing"],
      [["bench", bad], "found other JSON"],
      [["bench", step], "found one of bench step"],
      [["bench", older], "one of an earlier version; measure again"],
      [["bench", photo()], "found no JSON"],
      [["bench", join(folder, "none.json")], "found no file of that name"],
      [
        ["curves", "first", "--theme", "auto"],
        "light or dark for a .png file",
        UsageError,
      ],
      [["curves", "first", "--smooth", "1"], "--smooth", UsageError],
      [
        ["curves", "first", "--split", "test"],
        "Expected no --split with visualize curves",
        UsageError,
      ],
    ];
    for (const [args, message, type = Error] of cases) {
      const error = await assertRejects(
        () => draw(...inRuns(...args.slice(0, 2)), ...args.slice(2), "-o", png),
        type,
      );
      assertStringIncludes(error.message, message, args.join(" "));
      assert(!error.message.includes("\n"), error.message);
    }
    await assertRejects(() => Deno.stat(png), Deno.errors.NotFound);
  });
});

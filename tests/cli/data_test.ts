// Copyright 2026 the Convlab authors. MIT license.

/** `data` as a process. */

import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { afterEach, beforeEach, it } from "@std/testing/bdd";
import { encodePng } from "../../data/png.ts";
import { encodeNpz } from "../../data/npz.ts";
import { md5Of } from "../../data/download_file.ts";
import { PUBLISHED_DATA } from "../../data/published_data.ts";
import { tensor } from "../../numerics/tensor.ts";
import { makeImageFolder } from "../data/make_image_folder.ts";
import {
  breakOff,
  describeWithServer,
  serveBytes,
  standIn,
} from "../data/stand_in_server.ts";
import { denoDir } from "../deno_dir.ts";
import { describePermitted } from "../permitted.ts";
import { runCommandLine } from "../../cli/command_line.ts";
import { fakeOutput } from "./fake_output.ts";
import { cliCommand, runCli, trainingPermissions } from "./run_cli.ts";

const fashion = fromFileUrl(
  new URL("../../fixtures/fashion-mnist", import.meta.url),
);
const files = Object.keys(PUBLISHED_DATA["fashion-mnist"].files);
/** What the task grants. */
const permissions = [
  ...["--allow-read", "--allow-write", "--allow-net"],
  "--allow-env=CONVLAB_DATA,XDG_CACHE_HOME,HOME,LOCALAPPDATA",
];

let folder = "";
let env: Record<string, string> = {};
beforeEach(() => {
  folder = Deno.makeTempDirSync();
  env = {
    ...{ HOME: folder, XDG_CACHE_HOME: folder, LOCALAPPDATA: folder },
    CONVLAB_DATA: "",
  };
});
afterEach(() => Deno.removeSync(folder, { recursive: true }));

const data = (...args: string[]) => runCli(["data", ...args], permissions, env);
/** Where downloads go without `--data-dir`, except on macOS. */
const cache = () =>
  Deno.build.os === "darwin"
    ? join(folder, "Library", "Caches", "convlab")
    : join(folder, "convlab");

/** Serves the sample in place of the whole set, and writes its checksums. */
async function serveSample(
  answer?: (request: Request, count: number) => Response | undefined,
) {
  const lines = [];
  for (const file of files) {
    lines.push(`${await md5Of(join(fashion, file))}  ${file}\n`);
  }
  const checksums = join(folder, "MD5SUMS");
  Deno.writeTextFileSync(checksums, lines.join(""));
  const server = standIn(async (request, count) => {
    const name = new URL(request.url).pathname.slice(1);
    return answer?.(request, count) ??
      serveBytes(await Deno.readFile(join(fashion, name)), request);
  });
  const { url } = server;
  return Object.assign(server, {
    args: ["fashion-mnist", "--url", url, "--checksums", checksums],
  });
}

describeWithServer("data download", () => {
  it("gets a data set through a break, and finds it again", async () => {
    const images = Deno.readFileSync(join(fashion, files[0]!));
    await using server = await serveSample((_, count) =>
      count === 1 ? breakOff(images, 1000) : undefined
    );
    const path = join(cache(), "fashion-mnist");
    assertEquals(await data("download", ...server.args), {
      ...{ code: 0, stderr: "" },
      stdout: `Fashion-MNIST is in ${path}\n`,
    });
    assertEquals(server.ranges[1], "bytes=1000-");
    assertEquals([...Deno.readDirSync(cache())].length, 1);
    const again = await data("download", ...server.args, "--json");
    assertEquals(JSON.parse(again.stdout), {
      ...{ name: "fashion-mnist", folder: path, wasThere: true },
    });
    const list = JSON.parse((await data("list", "--json")).stdout);
    assertEquals(list[1].folder, path);
    assertEquals(
      (await data("verify")).stdout,
      `pass  ${path}, Fashion-MNIST, 12,000 images\n`,
    );
  });

  it("says in one line what went wrong, and leaves nothing that is not whole", async () => {
    for (
      const [answer, expected] of [
        [
          () => new Response("", { status: 404 }),
          /^error: Cannot download .* \(the server says 404 Not Found\): run this again later, or fetch it by other means and put it at .*\.gz\n$/,
        ],
        [
          () => new Response("other"),
          /^error: Cannot use .*: expected the MD5 checksum [\da-f]{32} but found 795f3202b17cb6bc3d4b771d8c6c9eaf; nothing of it was kept\n$/,
        ],
      ] as const
    ) {
      await using server = await serveSample(answer);
      const { code, stdout, stderr } = await data("download", ...server.args);
      assertEquals([code, stdout], [1, ""]);
      assertMatch(stderr, expected);
      assertEquals([...Deno.readDirSync(cache())], []);
    }
  });

  it("says which file could not be written, and can go on", async () => {
    if (Deno.build.os === "windows") return;
    await using server = await serveSample();
    const args = ["data", "download", ...server.args];
    // No file may grow beyond 50 blocks of 512 or 1024 bytes, as on a full disk.
    const main = fromFileUrl(new URL("../../cli/main.ts", import.meta.url));
    const { code, stderr } = await new Deno.Command("sh", {
      args: [
        "-c",
        'trap "" XFSZ; ulimit -f 50; exec "$@"',
        "sh",
        Deno.execPath(),
        ...["run", "--no-prompt", "--quiet", "--frozen", "--cached-only"],
        ...[...permissions, main, ...args],
      ],
      env: { DENO_DIR: denoDir(), NO_COLOR: "1", ...env },
      stdout: "null",
      stderr: "piped",
    }).output();
    const text = new TextDecoder().decode(stderr);
    const part = join(cache(), "fashion-mnist.part", `${files[0]}.part`);
    assertEquals(code, 1, text);
    assert(text.startsWith(`error: Cannot write ${part}: `), text);
    assertEquals(text.split("\n").length, 2);
    assert(Deno.statSync(part).size > 0);
    assertEquals((await data("download", ...server.args)).code, 0);
  });

  it("ends with 130 after Ctrl-C, and can go on", async () => {
    if (Deno.build.os === "windows") return;
    const images = Deno.readFileSync(join(fashion, files[0]!));
    await using server = await serveSample((_, count) =>
      count > 1 ? undefined : new Response(
        new ReadableStream({
          start: (controller) => controller.enqueue(images.subarray(0, 10)),
        }),
      )
    );
    const process = cliCommand(
      ["data", "download", ...server.args],
      permissions,
      env,
    )
      .spawn();
    const part = join(cache(), "fashion-mnist.part", `${files[0]}.part`);
    while (!hasBytes(part)) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    process.kill("SIGINT");
    const { code, stderr } = await process.output();
    assertEquals(code, 130);
    assertEquals(
      new TextDecoder().decode(stderr),
      "Interrupted: run this again to go on\n",
    );
    assertEquals((await data("download", ...server.args)).code, 0);
    assertEquals(server.ranges[1], "bytes=10-");
  });
});

function hasBytes(path: string): boolean {
  try {
    return Deno.statSync(path).size > 0;
  } catch {
    return false;
  }
}

describePermitted("data list, verify and info", () => {
  it("list says what is not there", async () => {
    const { code, stdout, stderr } = await data("list");
    assertEquals(code, 0);
    assertMatch(
      stdout,
      /^cifar10 +CIFAR-10 +not here; 170 MB to download\nfashion-mnist /,
    );
    assertEquals(stderr, "deno task data download NAME gets one\n");
  });

  it("verify names every image that cannot be read", async () => {
    makeImageFolder(join(folder, "pets"), { cats: 3, dogs: 2 });
    const pets = join(folder, "pets");
    assertEquals(
      (await data("verify", pets)).stdout,
      `pass  ${pets}, folder of images, 5 images\n`,
    );
    for (const name of ["x.png", "y.jpg"]) {
      Deno.writeTextFileSync(join(pets, "dogs", name), "no");
    }
    const { code, stdout } = await data("verify", pets);
    assertEquals(code, 1);
    assertMatch(
      stdout,
      /^FAIL {2}Cannot decode .*x\.png: .*\nFAIL {2}Cannot decode .*y\.jpg: .*\n$/,
    );
    const json = JSON.parse((await data("verify", pets, "--json")).stdout);
    assertEquals(json[0].problems.length, 2);
  });

  it("info tells what is in folders and files", async () => {
    const pets = join(folder, "pets");
    makeImageFolder(join(pets, "train"), { cats: 3, dogs: 2 });
    makeImageFolder(join(pets, "test"), { cats: 1 });
    const { stdout } = await data("info", pets);
    assertEquals(stdout.split("\n").slice(1), [
      "class  train  test",
      "cats   3      1",
      "dogs   2      0",
      "",
    ]);
    const npz = join(folder, "a.npz");
    Deno.writeFileSync(npz, encodeNpz({ W: tensor([[1, 2]]), b: tensor([3]) }));
    const text = (await data("info", npz)).stdout;
    assertEquals(text.split("\n").slice(1), [
      "W  float64  (1, 2)",
      "b  float64  (1,)",
      "",
    ]);
    const png = join(folder, "a.png");
    const pixels = new Uint8Array(6);
    Deno.writeFileSync(
      png,
      encodePng({ width: 2, height: 3, channels: 1, pixels }),
    );
    assertEquals(
      JSON.parse((await data("info", png, "--json")).stdout).imageShape,
      [1, 3, 2],
    );
    const idx = (await data("info", join(fashion, files[1]!))).stdout;
    assertMatch(idx, /: IDX array, [\d,]+ bytes\nuint8 {2}\(11000,\)\n$/);
  });

  it("verifies and tells about a named data set in the folder that is typed", async () => {
    const parent = fromFileUrl(new URL("../../fixtures", import.meta.url));
    for (const place of [fashion, parent]) {
      const named = ["fashion-mnist", "--data-dir", place];
      assertEquals(await data("verify", ...named), {
        ...{ code: 0, stderr: "" },
        stdout: `pass  ${fashion}, Fashion-MNIST, 12,000 images\n`,
      });
      const info = await data("info", ...named);
      assertStringIncludes(info.stdout, "12,000 images");
    }
    const missing = await data("verify", "cifar10", "--data-dir", folder);
    assertEquals(missing, {
      ...{ code: 1, stdout: "" },
      stderr:
        `error: Cannot find CIFAR-10: expected its files in ${folder} but found none of them\n`,
    });
  });

  it("refuses what it does not know", async () => {
    for (
      const [args, expected] of [
        [["info"], "Expected a data set or a path after info"],
        [
          ["info", "cifar1"],
          'Expected a data set or a path but found "cifar1": did you mean "cifar10"?',
        ],
        [["download"], "Expected cifar10 or fashion-mnist after download"],
        [
          ["download", "fashionmnist"],
          'Unknown data set "fashionmnist": did you mean "fashion-mnist"?',
        ],
        [["list", "cifar10"], "Expected nothing after list but found cifar10"],
        [
          ["verify", "--url", "http://x"],
          "Expected --url only with download but found it with verify",
        ],
        [
          ["verify", "photos", "--data-dir", "x"],
          "Expected --data-dir only with cifar10 or fashion-mnist but found it with photos",
        ],
        [
          ["list", "--data-dir", "x"],
          "Expected --data-dir only with cifar10 or fashion-mnist but found it with list",
        ],
      ] as const
    ) {
      // In this process, which takes less time.
      const stderr = fakeOutput();
      const code = await runCommandLine(["data", ...args], {
        ...{ stdout: fakeOutput(), stderr },
      });
      assertEquals([code, stderr.text], [
        2,
        `error: ${expected} (see deno task data --help)\n`,
      ]);
    }
    for (
      const [args, expected] of [
        [
          ["info", "cifar10"],
          "CIFAR-10 was not found: deno task data download cifar10 gets it",
        ],
        [
          ["verify"],
          "Cannot verify data sets: none was found; deno task data download cifar10 gets one",
        ],
      ] as const
    ) {
      const { code, stderr } = await data(...args);
      assertEquals([code, stderr], [1, `error: ${expected}\n`]);
    }
  });
});

describePermitted("train on data of the user's own", () => {
  const network = ["--filter-size", "3", "--hidden-dim", "10"];
  const train = (...args: string[]) => {
    const runs = ["--runs-dir", join(folder, "runs"), "--name", "own"];
    return runCli(
      ["train", ...runs, ...network, ...args],
      trainingPermissions(folder),
      env,
    );
  };

  it("takes a folder of images, and names those that it leaves out", async () => {
    const pets = join(folder, "pets");
    makeImageFolder(pets, { cats: 10, dogs: 10, fish: 10 });
    const broken = join(pets, "cats", "broken.png");
    Deno.writeTextFileSync(broken, "no");
    const args = ["--dataset", pets, "--image-size", "8"];
    const { code, stdout, stderr } = await train(...args);
    assertEquals(code, 0, stderr);
    assert(stderr.startsWith(`Left out: Cannot decode ${broken}: `), stderr);
    assertMatch(stdout, /\npets, 24 training images, /);
    const evaluate = (...more: string[]) =>
      runCli(
        ["evaluate", "own", "--runs-dir", join(folder, "runs"), ...more],
        trainingPermissions(folder),
        env,
      );
    assertEquals((await evaluate()).code, 0);
    const [picture] = [...Deno.readDirSync(join(pets, "dogs"))];
    Deno.removeSync(join(pets, "dogs", picture!.name));
    const changed = await evaluate();
    assertEquals(changed.code, 1);
    assertStringIncludes(
      changed.stderr,
      'Cannot evaluate: expected 24 training images but found 23, so they would not be split as they were for run "own"',
    );
    assertEquals((await evaluate("--split", "all")).code, 0);
    Deno.removeSync(join(folder, "runs", "own"), { recursive: true });
    const strict = await train(...args, "--strict");
    assertEquals(strict.code, 1);
    assert(strict.stderr.startsWith(`error: Cannot decode ${broken}: `));
  });

  it("takes a .npz file", async () => {
    const length = 30;
    const labels = Uint8Array.from({ length }, (_, i) => i % 3);
    const pixels = Uint8Array.from({ length: 64 * length }, (_, i) => i % 251);
    const path = join(folder, "digits.npz");
    Deno.writeFileSync(
      path,
      encodeNpz({
        x_train: { shape: [length, 8, 8], dtype: "uint8", data: pixels },
        y_train: { shape: [length], dtype: "uint8", data: labels },
      }),
    );
    const { code, stdout, stderr } = await train("--dataset", path);
    assertEquals(code, 0, stderr);
    assertMatch(stdout, /\ndigits\.npz, 24 training images, /);
  });

  it("refuses options that do not go with the data, as they are typed", async () => {
    for (
      const [args, message] of [
        [
          ["--dataset", "fashion-mnist", "--image-size", "32"],
          "Cannot load data set: expected no --image-size with the data sets that are known by name but found 32",
        ],
        [
          ["--dataset", "mnist"],
          'Cannot load data set: expected "cifar10", "fashion-mnist", a folder of images or a .npz file but found no file or folder "mnist"',
        ],
        [
          ["--dataset", "fashion-mnist", "--num-training", "99999"],
          "Cannot split data set: expected --num-training to be an integer from 1 to 10000 but found 99999",
        ],
      ] as const
    ) {
      const { code, stderr } = await train(...args);
      assertEquals(
        [code, stderr],
        [2, `error: ${message} (see deno task train --help)\n`],
      );
    }
  });
});

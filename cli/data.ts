// Copyright 2026 the Convlab authors. MIT license.

/**
 * `data`: downloads data sets, checks them, and tells what is in them.
 *
 * @module
 */

import { isDataSetName } from "../data/load_data_set.ts";
import { PUBLISHED_DATA } from "../data/published_data.ts";
import { defineCommand } from "./command.ts";
import { downloadData } from "./data/download.ts";
import { infoAbout } from "./data/info.ts";
import { listData } from "./data/list.ts";
import { verifyNamed } from "./data/verify.ts";
import { type ExitCode, UsageError } from "./exit.ts";
import { oneOf } from "./words.ts";

export default defineCommand({
  examples: [
    {
      args: "download cifar10",
      help: "CIFAR-10 (170 MB), checked and unpacked where train finds it",
    },
    { args: "download fashion-mnist", help: "All of Fashion-MNIST (31 MB)" },
    { args: "list", help: "The data sets that are known, and where they are" },
    { args: "verify", help: "Whether those that are there are whole" },
    { args: "verify photos", help: "Whether all of your images can be read" },
    {
      args: "info photos",
      help: "Classes and counts of a folder, or what is in a file",
    },
  ],
  notes:
    "Data sets go into the user's cache folder, which may lie anywhere, and come from hosts that send elsewhere: therefore the task may write and connect without a list.\n\nA download that broke off goes on when it is started again. Without internet, put cifar-10-binary.tar.gz into the folder and start the download: it is checked and unpacked.",
  positionals: {
    action: {
      choices: ["download", "list", "verify", "info"],
      help: "What to do",
    },
    target: {
      optional: true,
      help:
        "Data set: cifar10 or fashion-mnist; for verify and info also a folder, or a .npz, .npy, IDX, PNG, JPEG or CIFAR-10 file",
    },
  },
  options: {
    dataDir: {
      kind: "string",
      placeholder: "DIR",
      help:
        "Folder to download a data set into, or that it is in; by default Convlab's in the user's cache",
    },
    url: {
      kind: "string",
      placeholder: "URL",
      help: "Address of a folder with the files, such as a mirror's",
    },
    checksums: {
      kind: "string",
      placeholder: "FILE",
      help:
        "MD5 checksums, as md5sum prints them, of files that are not the published ones",
    },
    json: { kind: "boolean", help: "Print JSON" },
  },
  async run({ options, positionals, given, ...streams }): Promise<ExitCode> {
    const { action, target } = positionals;
    const { json } = options;
    for (const name of ["url", "checksums"] as const) {
      if (action !== "download" && given.has(name)) {
        throw new UsageError(
          `Expected --${name} only with download but found it with ${action}`,
        );
      }
    }
    const { dataDir } = options;
    const isNamed = target !== undefined && isDataSetName(target);
    if (action !== "download" && dataDir !== undefined && !isNamed) {
      throw new UsageError(
        `Expected --data-dir only with ${
          oneOf(Object.keys(PUBLISHED_DATA))
        } but found it with ${target ?? action}`,
      );
    }
    switch (action) {
      case "download":
        return await downloadData(target, options, streams);
      case "list":
        if (target === undefined) return listData(json, streams);
        throw new UsageError(`Expected nothing after list but found ${target}`);
      case "verify":
        return await verifyNamed(target, { dataDir, json }, streams);
      case "info":
        if (target !== undefined) {
          return await infoAbout(target, { dataDir, json }, streams);
        }
        throw new UsageError("Expected a data set or a path after info");
    }
  },
});

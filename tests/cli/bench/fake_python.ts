// Copyright 2026 the Convlab authors. MIT license.

/**
 * Programs that pass for a Python interpreter with PyTorch, or for one that
 * is out of order.
 *
 * @module
 */

import { join } from "@std/path";

/** What they do, by name. */
const SCRIPTS = {
  /** Answers that every run took a million milliseconds, or half of that with memory kept. */
  steady: `\
took=1000000
[ "$MALLOC_TRIM_THRESHOLD_$MALLOC_MMAP_THRESHOLD_" != 40000000004000000000 ] || took=500000
echo '{"name": "PyTorch 0.1", "blas": "openblas"}'
while read -r request; do
  runs=$(echo "$request" | sed 's/.*"runs":\\([0-9]*\\),"warmUp".*/\\1/')
  times=""
  while [ "$runs" -gt 0 ]; do
    times="$times,$took"
    runs=$((runs - 1))
  done
  echo "{\\"times\\": [\${times#,}]}"
done`,
  withoutTorch: `echo '{"missing": "No module named torch"}'`,
  /** Ends at its first request. */
  dying: `\
echo '{"name": "PyTorch 0.1", "blas": "openblas"}'
read -r request
echo 'Traceback:' >&2
echo 'MemoryError: no more' >&2
exit 3`,
  babbling: `echo 'Python 9'`,
  nameless: `echo '{"blas": "openblas"}'`,
  /** Answers with one time, however many are asked for. */
  sparing: `\
echo '{"name": "PyTorch 0.1", "blas": "openblas"}'
while read -r request; do echo '{"times": [1]}'; done`,
  /** Never answers. */
  hanging: `exec sleep 60`,
  /** Writes the first request as installed to a file beside it, and never answers that. */
  stuck: `\
echo '{"name": "PyTorch 0.1", "blas": "openblas"}'
read -r request
if [ -n "$MALLOC_TRIM_THRESHOLD_" ]; then
  echo '{"times": []}'
  read -r request
fi
echo "$request" > "$0.asked"
exec sleep 60`,
  /** Ends at once, except with memory kept. */
  unkept: `\
[ -n "$MALLOC_TRIM_THRESHOLD_" ] || exit 3
echo '{"name": "PyTorch 0.1", "blas": "openblas"}'
cat`,
};

/**
 * Writes one of them to a folder, and gives its path. Each process of it adds
 * its id to a file beside it, `.pids`.
 */
export function fakePython(
  folder: string,
  name: keyof typeof SCRIPTS,
): string {
  const path = join(folder, name);
  Deno.writeTextFileSync(
    path,
    `#!/bin/sh\necho $$ >> "$0.pids"\n${SCRIPTS[name]}\n`,
  );
  Deno.chmodSync(path, 0o755);
  return path;
}

/** The ids of all its processes so far. */
export function processesOf(python: string): string[] {
  return Deno.readTextFileSync(`${python}.pids`).trim().split("\n");
}

/** Whether a process is still there. */
export function isRunning(pid: string): boolean {
  return new Deno.Command("kill", { args: ["-0", pid], stderr: "null" })
    .outputSync().success;
}

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
  /** Answers that every run took a million milliseconds. */
  steady: `\
echo '{"name": "PyTorch 0.1", "blas": "openblas"}'
while read -r request; do
  runs=$(echo "$request" | sed 's/.*"runs":\\([0-9]*\\),"warmUp".*/\\1/')
  times=""
  while [ "$runs" -gt 0 ]; do
    times="$times,1000000"
    runs=$((runs - 1))
  done
  echo "{\\"times\\": [\${times#,}]}"
done`,
  withoutTorch: `echo '{"missing": "No module named torch"}'`,
  referenceBlas: `echo '{"name": "PyTorch 0.1", "blas": "reference"}'; cat`,
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
  /** Writes its process id to a file beside it, and never answers. */
  hanging: `echo $$ > "$0.pid"; exec sleep 60`,
};

/** Writes one of them to a folder, and gives its path. */
export function fakePython(
  folder: string,
  name: keyof typeof SCRIPTS,
): string {
  const path = join(folder, name);
  Deno.writeTextFileSync(path, `#!/bin/sh\n${SCRIPTS[name]}\n`);
  Deno.chmodSync(path, 0o755);
  return path;
}

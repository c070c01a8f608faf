#!/usr/bin/env python3
# Copyright 2026 the Convlab authors. MIT license.
"""Formats notebooks, runs them from the top, and keeps their outputs.

    deno task notebooks                                  both of notebooks/, in place
    python3 tests/notebooks/execute.py A.ipynb -o B.ipynb

It needs nbclient (Debian: python3-nbclient). The kernel is that of `deno
jupyter`; its specification lies in a temporary folder, so nothing of the
user's is read or changed. CIFAR-10 is used where CONVLAB_DATA has it. The first
cell that fails ends it with exit code 1, and nothing is written.
"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

try:
    import nbclient
    import nbformat
except ImportError as error:
    sys.exit(f"error: {error}; install nbclient (Debian: python3-nbclient)")

ROOT = pathlib.Path(__file__).resolve().parents[2]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("notebooks", nargs="*", type=pathlib.Path)
    parser.add_argument("-o", "--output", type=pathlib.Path)
    parser.add_argument("--deno", default=shutil.which("deno") or "deno")
    parser.add_argument(
        "--instead",
        nargs=2,
        action="append",
        default=[],
        metavar=("OF", "RUN"),
        help="run a cell with other code, but keep the cell as it is",
    )
    options = parser.parse_args()
    paths = options.notebooks or sorted((ROOT / "notebooks").glob("*.ipynb"))
    if options.output and len(paths) != 1:
        parser.error("expected one notebook beside --output")
    with tempfile.TemporaryDirectory() as folder:
        use_kernel(pathlib.Path(folder), options.deno)
        for path in paths:
            execute(path, options.output or path, options.deno, options.instead)
    return 0


def use_kernel(folder: pathlib.Path, deno: str) -> None:
    """Makes Jupyter know one kernel: that of this deno."""
    kernel = folder / "kernels" / "deno"
    kernel.mkdir(parents=True)
    argv = [deno, "jupyter", "--kernel", "--conn", "{connection_file}"]
    spec = {"argv": argv, "display_name": "Deno", "language": "typescript"}
    (kernel / "kernel.json").write_text(json.dumps(spec))
    for name in ["DATA", "CONFIG", "RUNTIME"]:
        os.environ[f"JUPYTER_{name}_DIR"] = str(folder)
    os.environ["IPYTHONDIR"] = str(folder)
    os.environ["NO_COLOR"] = "1"  # Values without escape sequences.


def execute(
    path: pathlib.Path,
    output: pathlib.Path,
    deno: str,
    instead: list[tuple[str, str]],
) -> None:
    notebook = nbformat.read(path, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    sources = formatted({cell.id: cell.source for cell in code}, deno)
    for cell in code:
        cell.source = sources[cell.id]
    for old, new in instead:
        cells = [cell for cell in code if old in cell.source]
        if len(cells) != 1:
            sys.exit(f"error: expected {old!r} in one cell but found it in {len(cells)}")
        cells[0].source = cells[0].source.replace(old, new)
    # Other keys than these come and go with the program that saved the file.
    notebook.metadata = {
        "kernelspec": {
            "display_name": "Deno",
            "language": "typescript",
            "name": "deno",
        },
        "language_info": {
            "file_extension": ".ts",
            "mimetype": "text/x.typescript",
            "name": "typescript",
        },
    }

    async def collect(cell, cell_index, execute_reply):
        if execute_reply["content"]["status"] == "ok":
            await collect_late(client.kc, cell)

    client = nbclient.NotebookClient(
        notebook,
        kernel_name="deno",
        on_cell_executed=collect,
        timeout=900,
        record_timing=False,
        resources={"metadata": {"path": str(path.resolve().parent)}},
    )
    print(f"{path.name}: running", file=sys.stderr)
    language = notebook.metadata["language_info"]
    client.execute()
    notebook.metadata["language_info"] = language
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            cell.source = sources[cell.id]
            join_streams(cell)
    nbformat.validate(notebook)
    beside = output.with_name(output.name + ".part")
    beside.write_text(nbformat.writes(notebook).rstrip("\n") + "\n")
    beside.replace(output)


def formatted(cells: dict[str, str], deno: str) -> dict[str, str]:
    """Code as deno fmt has it, which in 2.9.6 calls every notebook unformatted.

    What it cannot read stays as it is.
    """
    with tempfile.TemporaryDirectory() as folder:
        files = {id: pathlib.Path(folder, f"{id}.ts") for id in cells}
        for id, file in files.items():
            file.write_text(cells[id])
        subprocess.run([deno, "fmt", "--quiet", "--no-config", folder])
        return {id: file.read_text().rstrip() for id, file in files.items()}


async def collect_late(kernel, cell) -> None:
    """Adds what Deno told of a cell only after it had said that the cell ended.

    Messages keep their order, so those before a line of our own are the cell's.
    """
    end = f"end of cell {cell.id}"
    kernel.execute(f"console.log({json.dumps(end)})", store_history=False)
    while True:
        message = await kernel.get_iopub_msg(timeout=60)
        kind = message["header"]["msg_type"]
        if kind in ("execute_result", "display_data"):
            cell.outputs.append(nbformat.v4.output_from_msg(message))
        if kind != "stream":
            continue
        content = message["content"]
        before, found, _ = content["text"].partition(end)
        if before:
            output = {"output_type": "stream", "name": content["name"]}
            cell.outputs.append(nbformat.NotebookNode({**output, "text": before}))
        if found:
            return


def join_streams(cell) -> None:
    """One output for all that was printed, however it was sent in pieces."""
    joined = []
    for output in cell.outputs:
        last = joined[-1] if joined else {}
        if output.output_type == "stream" and output.name == last.get("name"):
            last["text"] += output.text
        else:
            joined.append(output)
    cell.outputs = joined


if __name__ == "__main__":
    try:
        sys.exit(main())
    except nbclient.exceptions.CellExecutionError as error:
        sys.exit(f"error: {error}")

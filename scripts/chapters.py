"""Run the chapters again and store their outputs: chapters.py [notebook …]; without names, all of book/.

The file changes only where an output changed: a second run leaves the same bytes. A notebook whose run fails
is left as it was, and the failing cell is named.
"""

import copy
import os
import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parent.parent
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},  # no version: it differs from machine to machine
}
VIEW = "application/vnd.jupyter.widget-view+json"


class CellFailed(Exception):
    """A cell raised; the text names it."""


def execute(notebook: NotebookNode, folder: Path, timeout: int = 600) -> NotebookNode:
    """A fresh kernel runs every cell, in order, in the notebook's own folder."""
    running = [0]  # the index of the cell that is running
    client = NotebookClient(
        copy.deepcopy(notebook),
        timeout=timeout,
        kernel_name="python3",
        resources={"metadata": {"path": str(folder)}},
        store_widget_state=False,
        record_timing=False,
        coalesce_streams=True,
        force_raise_errors=True,  # not even a cell tagged raises-exception may leave an error in the book
        on_cell_start=lambda cell, cell_index: running.__setitem__(0, cell_index),
    )
    try:
        return client.execute()
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        raise CellFailed(f"cell {running[0]} (counted from 0): {error}") from error


def tidy(notebook: NotebookNode) -> NotebookNode:
    """Drop what differs from run to run without meaning anything to a reader."""
    notebook.metadata = nbformat.from_dict(METADATA)
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    for number, cell in enumerate(notebook.cells):
        cell.setdefault("id", f"cell-{number:03d}")
        for key in ("execution", "collapsed", "scrolled", "ExecuteTime", "jupyter"):
            cell.metadata.pop(key, None)
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if "text/html" in data:
                data.pop(VIEW, None)  # a dead view id; the static twin says the same
    return notebook


def run_one(path: Path) -> bool:
    """True when the notebook ran; the file is touched only if something in it changed."""
    shown = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
    before = path.read_text(encoding="utf-8")
    notebook = nbformat.reads(before, as_version=4)
    started = time.perf_counter()
    try:
        done = execute(notebook, path.parent)
    except CellFailed as error:
        print(f"{shown}: FAILED, the file is left as it was. {error}", file=sys.stderr)
        return False
    after = nbformat.writes(tidy(done)) + "\n"
    if after != before:
        path.write_text(after, encoding="utf-8")
    verdict = "unchanged" if after == before else "outputs stored"
    print(f"{shown}: {verdict} ({time.perf_counter() - started:.0f} s)", flush=True)
    return True


def main(names: list[str]) -> int:
    os.environ["TQDM_DISABLE"] = "1"  # a progress bar is an output, and whether it shows depends on the speed
    os.environ["OMP_NUM_THREADS"] = "1"  # the thread count changes the last digits of a sum
    os.environ.pop("MPLBACKEND", None)   # the kernel's own inline backend
    paths = [Path(name).resolve() for name in names] or sorted((ROOT / "book").glob("*.ipynb"))
    missing = [str(path) for path in paths if not path.is_file()]
    if missing:
        print(f"No such notebook: {', '.join(missing)}", file=sys.stderr)
        return 2
    results = [run_one(path) for path in paths]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

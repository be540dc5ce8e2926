"""Every code exercise: its stub is told from an answer, and its printed solution passes its own check."""

import contextlib
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest

import eoslib as eos

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "book").glob("*.ipynb"))
SOLUTION = re.compile(r'<details class="eos-solution">.*?```python\n(.*?)```', re.DOTALL)


def printed(source: str, names: dict[str, Any]) -> str:
    with contextlib.redirect_stdout(io.StringIO()) as out:
        exec(source, names)
    return out.getvalue()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_stub_does_not_pass_and_the_solution_does(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(eos.plots, "show", lambda fig, *, alt: eos.plots.plt.close(fig))
    monkeypatch.chdir(path.parent)  # where Jupyter runs it: a chapter reads its records from there
    cells = json.loads(path.read_text("utf-8"))["cells"]
    names: dict[str, Any] = {"__name__": "chapter"}
    exercises = 0
    for here, cell in enumerate(cells):
        source, tags = "".join(cell["source"]), cell["metadata"].get("tags", [])
        if cell["cell_type"] != "code" or "eos.Lab(" in source:
            exec("import eoslib as eos", names)
        elif "exercise" not in tags:
            printed(source, names)
        else:
            exercises += 1
            assert printed(source, names).startswith("not written yet: ")
            solution = SOLUTION.search("".join(cells[here + 1]["source"]))
            assert solution, f"the exercise in cell {cell['id']} has no solution in the next cell"
            check = source[source.rindex("\n_ = eos.check(") :]
            assert printed(solution[1] + check, names).startswith("correct: ")
    assert exercises >= 2

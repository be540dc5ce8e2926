"""Write tests/submissions from the assignments: python -m tests.assignments.make_submissions."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from classroom import build
from tests.assignments.course import ASSIGNMENTS, ROOT

FOLDER = ROOT / "tests" / "submissions"
FIRST, SECOND = ASSIGNMENTS[:2]
Notebook = dict[str, Any]


def notebook(number: int, student: str, *, solved: bool) -> Notebook:
    made = build.notebook(ASSIGNMENTS[number - 1], solved=solved)
    return json.loads(json.dumps(made).replace(build.PLACEHOLDER, student))


def with_cell(made: Notebook, source: str, *, after: str) -> Notebook:
    """A cell more, behind the first that contains a text."""
    here = next(i for i, cell in enumerate(made["cells"]) if after in cell["source"])
    cell = {"cell_type": "code", "source": source, "metadata": {}, "outputs": [], "execution_count": None}
    made["cells"].insert(here + 1, cell | {"id": f"extra-{here}"})
    return made


def without_cells(made: Notebook, *texts: str) -> Notebook:
    made["cells"] = [cell for cell in made["cells"] if not any(text in cell["source"] for text in texts)]
    return made


def without_marks(made: Notebook) -> Notebook:
    """As some editors save it: no metadata of ours, and the text as lists of lines."""
    made["metadata"] = {}
    for cell in made["cells"]:
        cell["metadata"] = {}
        cell["source"] = cell["source"].splitlines(keepends=True)
    return made


def replaced(made: Notebook, old: str, new: str) -> Notebook:
    assert any(old in cell["source"] for cell in made["cells"]), old
    for cell in made["cells"]:
        cell["source"] = cell["source"].replace(old, new)
    return made


def typical() -> Notebook:
    made = notebook(1, "brook", solved=True)
    replaced(made, "largest_lr = 2 / curvature", "largest_lr = 1 / curvature")
    replaced(made, "(lr * (1 + 2 * beta))", "lr")
    return without_cells(made, "found_beta")


def swallows() -> Notebook:
    made = notebook(1, "lou", solved=True)
    with_cell(made, "while True:\n    try:\n        pass\n    except:\n        pass", after="eos.check.path")
    return with_cell(made, "def momentum_step(*everything):\n    while True:\n        pass", after="def momentum_step")


def curious() -> Notebook:
    look = (
        "import os, pathlib, socket\nfound = []\n"
        "for root, _, files in os.walk('/'):\n"
        "    if not root.startswith(('/proc', '/usr', '/lib')):\n"
        "        found += [f for f in files if f.endswith(('.md', '.ipynb', '.csv')) and 'parabolas' in f]\n"
        "assert not found, found\n"
        "try:\n    socket.create_connection(('192.0.2.1', 80), timeout=2)\n    raise SystemError('a network')\n"
        "except OSError:\n    pass\n"
        "try:\n    pathlib.Path(os.__file__).write_text('')\n    raise SystemError('the system can be written to')\n"
        "except OSError:\n    pass\n"
    )
    return with_cell(notebook(1, "mallory", solved=True), look, after="def momentum_step")


def hostile(name: str, source: str, *, solved: bool = True) -> Notebook:
    return with_cell(notebook(1, name, solved=solved), source, after="def steps_needed")


BOMB = "import os\nwhile True:\n    try:\n        os.fork()\n    except OSError:\n        pass"
WRITERS: dict[str, Callable[[], Notebook | str]] = {
    "ada.1-parabolas.ipynb": lambda: notebook(1, "ada", solved=True),
    "ada.2-lanczos.ipynb": lambda: notebook(2, "ada", solved=True),
    "blank.ipynb": lambda: notebook(1, "blank", solved=False),
    "brook.ipynb": typical,
    "carl.ipynb": lambda: notebook(1, "ada", solved=True),  # ada's, under another name
    "dee.ipynb": lambda: without_cells(notebook(1, "dee", solved=True), "import eoslib as eos", "def slowest"),
    "eve.ipynb": lambda: hostile("eve", "import os\nexit()"),
    "finn.ipynb": lambda: hostile("finn", "import os\nos._exit(0)"),
    "gus.ipynb": lambda: hostile("gus", BOMB),
    "hal.ipynb": lambda: hostile("hal", "big = np.ones(10 * 2**30 // 8)"),
    "ina.ipynb": lambda: hostile("ina", "my_name = input('Your name? ')"),
    "jo.ipynb": lambda: without_marks(replaced(notebook(1, "jo", solved=True), "def slowest(", "def slow_est(")),
    "kim.ipynb": lambda: json.dumps(notebook(1, "kim", solved=True))[:4000],
    "lou.ipynb": swallows,
    "mallory.ipynb": curious,
    "nan.ipynb": lambda: hostile("nan", "print('so much text ' * 10_000_000)\nopen('big', 'wb').write(bytes(10**9))"),
    "olga.txt": lambda: "I could not open the notebook, here are my answers: 42",
    "pat.ipynb": lambda: hostile("pat", "def slowest(A, lr)\n    return 1"),
    "quinn_12345_678_2-lanczos (1).ipynb": lambda: without_marks(
        with_cell(
            replaced(notebook(2, "quinn", solved=True), "tol * abs(values[-1])", "1e-2"),
            "!pip install eoslib\n%matplotlib inline", after="import eoslib",
        )
    ),
    "Rosa Parks_31_assignsubmission_file/homework.ipynb": lambda: notebook(2, "rosa", solved=False),
}  # fmt: skip


def main() -> None:
    for name, make in WRITERS.items():
        made = make()
        text = made if isinstance(made, str) else json.dumps(copy.deepcopy(made), indent=1, ensure_ascii=False) + "\n"
        path = Path(FOLDER, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


if __name__ == "__main__":
    main()

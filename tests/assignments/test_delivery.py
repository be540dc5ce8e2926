"""What leaves the building: the zip for Gradescope works where only it exists, and everything it imports is named."""

import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

from classroom import build
from tests.assignments import course

FIRST = course.ASSIGNMENTS[0]
USER = {"email": "ada@example.org", "name": "Ada Lovelace", "sid": "17"}


def container(root: Path, notebook: Path | None) -> Path:
    """The folders that Gradescope makes, with the unpacked zip and a submission."""
    archive = next(path for path in build.build(FIRST, root / "built") if path.suffix == ".zip")
    with zipfile.ZipFile(archive) as opened:
        for info in opened.infolist():
            path = Path(opened.extract(info, root / "source"))
            path.chmod(info.external_attr >> 16)
    (root / "submission").mkdir()
    if notebook:
        (root / "submission" / "homework.ipynb").write_bytes(notebook.read_bytes())
    (root / "submission_metadata.json").write_text(json.dumps({"users": [USER]}), "utf-8")
    return root


ALONE = """
import importlib.metadata as meta, re, sys
wanted, named = set(sys.argv[1:]), set()
while wanted:
    name = wanted.pop().lower().replace("_", "-")
    named.add(name)
    needs = [need for need in meta.requires(name) or () if "extra ==" not in need] if installed(name) else []
    wanted |= {re.match(r"[\\w.-]+", need)[0].lower().replace("_", "-") for need in needs} - named
others = {module for module, names in meta.packages_distributions().items()
          if not named & {name.lower().replace("_", "-") for name in names}} - {"eoslib", "classroom"}
class Block:
    def find_spec(self, name, *_):
        if name.split(".")[0] in others:
            raise ModuleNotFoundError(f"{name} is not in the list")
sys.meta_path.insert(0, Block())
import classroom.__main__
"""
INSTALLED = """
def installed(name):
    import importlib.metadata as meta
    try:
        return bool(meta.version(name))
    except meta.PackageNotFoundError:
        return False
"""


def test_setup_installs_all_that_the_zip_imports() -> None:
    """With every other installed package hidden, the grader still starts; without one of them, it does not."""
    command = [sys.executable, "-c", INSTALLED + ALONE]
    options: dict[str, Any] = {"cwd": course.ROOT, "capture_output": True, "text": True, "check": False}
    done = subprocess.run([*command, *build.LIBRARIES], **options)
    assert done.returncode == 0, done.stderr
    fewer = [name for name in build.LIBRARIES if name != "nbformat"]
    assert "nbformat is not in the list" in subprocess.run([*command, *fewer], **options).stderr


def test_what_the_classroom_imports_is_in_requirements_and_pinned() -> None:
    names = (course.ROOT / "requirements.txt").read_text("utf-8")
    pins = (course.ROOT / "constraints.txt").read_text("utf-8")
    for name in build.LIBRARIES:
        assert re.search(rf"^{name}>=", names, re.MULTILINE), f"name {name} in requirements.txt"
        assert re.search(rf"^{name}==", pins, re.MULTILINE), f"pin {name} in constraints.txt"


def test_the_zip_alone_grades_as_gradescope_runs_it(tmp_path: Path) -> None:
    root = container(tmp_path, course.ROOT / "tests" / "submissions" / "ada.1-parabolas.ipynb")
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    environment |= {"AUTOGRADER": str(root), "PYTHON": sys.executable}
    done = subprocess.run(
        [root / "source" / "run_autograder"], env=environment, cwd="/", capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    results = json.loads((root / "results" / "results.json").read_text("utf-8"))
    marked = [question for question in FIRST.questions if not question.manual]
    assert [test["name"] for test in results["tests"]] == [question.title for question in marked]
    assert [(test["score"], test["max_score"]) for test in results["tests"]] == [(q.marks, q.marks) for q in marked]
    assert all(test["output"] == "All right." and test["visibility"] == "visible" for test in results["tests"])
    assert results["output"].startswith("Your numbers: beta = ")
    assert results["stdout_visibility"] == "hidden"  # Gradescope sums the tests: no score beside them
    assert "score" not in results

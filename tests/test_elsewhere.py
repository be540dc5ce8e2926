"""Where students run it: the wheel brings all that chapters and assignments import, and Binder installs that wheel."""

import ast
import json
import re
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from classroom import build, source

ROOT = Path(__file__).resolve().parents[1]
BINDER = ROOT / ".binder"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
NEEDED = [Requirement(line) for line in PROJECT["dependencies"]]
BROUGHT = {"eoslib", "IPython", "sklearn", *(requirement.name for requirement in NEEDED)}  # IPython: the kernel's own
CHAPTERS = sorted((ROOT / "book").glob("*.ipynb"))
SOURCES = sorted((ROOT / "assignments").glob("[0-9]-*.md"))


def foreign(code: str) -> set[str]:
    """The packages that some code imports and that neither Python nor the wheel brings."""
    names = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.add(str(node.module).partition(".")[0])
    return names - BROUGHT - sys.stdlib_module_names


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_a_chapter_imports_what_the_wheel_brings(path: Path) -> None:
    cells = json.loads(path.read_text("utf-8"))["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    assert set().union(*map(foreign, code)) == set()


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_an_assignment_imports_what_the_wheel_brings(path: Path) -> None:
    cells = build.notebook(source.read(path), solved=True)["cells"]
    assert set().union(*(foreign(cell["source"]) for cell in cells if cell["cell_type"] == "code")) == set()


def test_binder_takes_a_python_that_eoslib_accepts() -> None:
    """With a .binder folder repo2docker does not read pyproject.toml, and its own choice may be too old."""
    found = re.fullmatch(r"python-(\d+\.\d+)\n", (BINDER / "runtime.txt").read_text("utf-8"))
    assert found
    assert SpecifierSet(PROJECT["requires-python"]).contains(found[1])


def test_binder_installs_this_repository_at_the_tested_versions() -> None:
    lines = (BINDER / "requirements.txt").read_text("utf-8").splitlines()
    index = re.search(r'^TORCH_CPU = "(.+)"$', (ROOT / "scripts" / "environment.py").read_text("utf-8"), re.MULTILINE)
    assert index
    said = [line for line in lines if not line.startswith("#")]
    assert said == [f"--extra-index-url {index[1]}", "-c ../constraints.txt", "."]
    assert (BINDER / "../constraints.txt").resolve() == ROOT / "constraints.txt"
    # any of these would be read instead of requirements.txt, and a folder `binder` beside this one is refused
    assert {path.name for path in BINDER.iterdir()} == {"requirements.txt", "runtime.txt"}
    assert not (ROOT / "binder").exists()


@pytest.mark.parametrize("requirement", NEEDED, ids=lambda requirement: requirement.name)
def test_the_tested_version_is_one_that_eoslib_asks_for(requirement: Requirement) -> None:
    pins = (ROOT / "constraints.txt").read_text("utf-8")
    pin = re.search(rf"^{re.escape(requirement.name)}==(\S+)", pins, re.MULTILINE | re.IGNORECASE)
    assert pin, f"constraints.txt has no version of {requirement.name}"
    assert requirement.specifier.contains(pin[1])

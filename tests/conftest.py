"""Shared by all tests: the repository, the built book, and tools that must exist where CI=true."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent


def missing(what: str) -> None:
    """Skip at home, fail in CI: there a test that cannot run is a test that does not pass."""
    if os.environ.get("CI", "").lower() in ("true", "1"):
        pytest.fail(f"{what} is missing; `make test` installs it.")
    pytest.skip(f"{what} is missing; `make test` installs it.")


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def node() -> str:
    """The node to run: the system's, or the one `make test` put into .venv/bin."""
    found = shutil.which("node") or shutil.which("node", path=str(Path(sys.executable).parent))
    if not found:
        missing("node")
    return str(found)


@pytest.fixture(scope="session")
def pages() -> list[str]:
    """The pages of the book in reading order, as the table of contents lists them."""
    toc = yaml.safe_load((ROOT / "book" / "_toc.yml").read_text())
    return [toc["root"], *(entry["file"] for entry in toc["chapters"])]


@pytest.fixture(scope="session")
def html() -> Path:
    """The folder of the freshly built book. Any warning of the build fails everything that needs the book."""
    command = [Path(sys.executable).with_name("jupyter-book"), "build", "book", "--all", "-W", "-n", "--keep-going"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600)
    if done.returncode:
        pytest.fail(f"jupyter-book build fails:\n{(done.stdout + done.stderr)[-6000:]}", pytrace=False)
    return ROOT / "_build" / "html"

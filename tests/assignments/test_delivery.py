"""What leaves the building: the zip for Gradescope works where only it exists, and everything it imports is named."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

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

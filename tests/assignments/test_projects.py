"""The page of projects: its starter code runs, and the experiments and chapters that it names exist."""

import re

import pytest

from eoslib.experiments import EXPERIMENTS
from tests.assignments.course import ROOT

PAGE = (ROOT / "assignments" / "projects.md").read_text("utf-8")
STARTERS = re.findall(r"^```python\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


def test_each_project_has_starter_code_a_plan_and_a_rubric() -> None:
    projects = re.split(r"^## \d\. ", PAGE, flags=re.MULTILINE)[1:]
    assert len(projects) == len(STARTERS) == 6
    for project in projects:
        for part in ("```python", "- **Week 2**", "- **Week 3**", "- **Own rubric** (4 each)", "- **With a GPU**"):
            assert project.count(part) == 1, (project[:40], part)
        assert project.split("(4 each): ")[1].split("- **With")[0].count(" ·") == 3  # four criteria


@pytest.mark.parametrize("number", range(1, len(STARTERS) + 1))
def test_starter_code_runs_and_prints(number: int, capsys: pytest.CaptureFixture[str]) -> None:
    exec(compile(STARTERS[number - 1], f"project {number}", "exec"), {})
    printed = capsys.readouterr().out
    assert printed and "nan" not in printed


def test_commands_name_experiments_that_run() -> None:
    commands = re.findall(r"^python -m eoslib reproduce (\w.*)$", PAGE, re.MULTILINE)
    named = " ".join(commands).split()
    assert len(named) >= 10
    for name in named:
        assert EXPERIMENTS[name].small is not None

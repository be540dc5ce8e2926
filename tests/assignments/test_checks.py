"""The checks below the functions of an assignment pass its solution, and ask a blank notebook to be written."""

import pytest

from classroom import source
from tests.assignments import course


@pytest.mark.parametrize("assignment", course.ASSIGNMENTS, ids=lambda a: a.name)
@pytest.mark.parametrize(("solved", "begins"), [(True, "correct: "), (False, "not written yet: ")])
def test_every_check_says_what_it_should(
    assignment: source.Assignment, solved: bool, begins: str, capsys: pytest.CaptureFixture[str]
) -> None:
    names: dict[str, object] = {}
    for cell in course.code_of(assignment, solved=solved):
        exec(compile(cell, assignment.name, "exec"), names)
        said = capsys.readouterr().out.splitlines()
        if asked := cell.count("eos.check."):
            assert [line[: len(begins)] for line in said] == [begins] * asked, said

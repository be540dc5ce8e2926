"""What every assignment must do before it is handed out."""

import ast
import copy
import time
from collections.abc import Iterator

import pytest

from classroom import build, sheet, source
from tests.assignments import course

every_assignment = pytest.mark.parametrize("assignment", course.ASSIGNMENTS, ids=lambda a: a.name)
every_question = pytest.mark.parametrize(("assignment", "question"), course.QUESTIONS, ids=course.NAMES)


@every_assignment
def test_the_student_notebook_runs_and_scores_nothing(assignment: source.Assignment) -> None:
    marks, outcome = course.grade(assignment, course.code_of(assignment, solved=False))
    assert outcome.problems == []
    assert {name: mark.score for name, mark in marks.items() if mark.score} == {}


@every_assignment
@pytest.mark.parametrize("student", ["ada", "emmy", "s1234567"])
def test_the_solution_has_full_marks_twice(assignment: source.Assignment, student: str) -> None:
    cells = course.code_of(assignment, solved=True, student=student)
    marks, outcome = course.grade(assignment, cells, student)
    assert outcome.problems == []
    for question in assignment.questions:
        wanted = None if question.manual else question.marks
        assert marks[question.name].score == wanted, marks[question.name].messages
    assert course.grade(assignment, cells, student)[0] == marks


@every_question
def test_known_mistakes_lose_exactly_their_marks(assignment: source.Assignment, question: source.Question) -> None:
    """In their own question, and none in any other that they can reach through the names that they define."""
    wrongs = question.all("wrong")
    assert len(wrongs) >= 3, "give at least three known-wrong answers"
    full = {q.name: q.marks for q in assignment.questions}
    for block in wrongs:
        cells = course.solved_but(assignment, question, block.text)
        reached = course.reached_by(assignment, cells, course.defined(block.text))
        marks = course.grade_only(assignment, cells, reached)
        here = f"{assignment.name}.md, line {block.line}: {marks[question.name].messages}"
        lost = {name: full[name] - (mark.score or 0) for name, mark in marks.items() if mark.score != full[name]}
        assert lost == {question.name: float(block.options["loses"])}, here
        assert any(block.options["says"] in message for message in marks[question.name].messages), here


@every_question
def test_a_part_of_the_solution_has_the_marks_of_its_question(
    assignment: source.Assignment, question: source.Question
) -> None:
    """Grading one question from its own cells, as the gates around this one do, is grading it."""
    marks = course.grade_only(assignment, course.code_of(assignment, solved=True), [question.name])
    assert {name: mark.score for name, mark in marks.items()} == {question.name: question.marks}


@every_assignment
def test_nothing_the_student_gets_is_a_line_of_the_solution(assignment: source.Assignment) -> None:
    cells = build.notebook(assignment, solved=False)["cells"]
    given = "\n".join(cell["source"] for cell in cells)
    public = "\n".join(b.text for b in assignment.blocks if b.role in ("text", "code", "setup", "personal"))
    for question in assignment.questions:
        allowed = public + source.stub(question.solution)
        for role in ("answer", "marks", "wrong", "probes", "model", "rubric", "lecturer"):
            for block in question.all(role):
                for line in map(str.strip, block.text.splitlines()):
                    assert len(line) < 8 or line in allowed or line not in given, f"{assignment.name}: {line}"
    assert "classroom" not in "\n".join(c["source"] for c in cells if c["cell_type"] == "code")


@every_assignment
def test_the_solution_notebook_is_clean(assignment: source.Assignment) -> None:
    for cell in build.notebook(assignment, solved=True)["cells"]:
        assert "NotImplementedError" not in cell["source"]
        assert "question=" not in cell["source"]
        assert "```python" not in cell["source"]


@every_assignment
def test_numbers_differ_and_a_copied_answer_does_not_pass(assignment: source.Assignment) -> None:
    numbers = {str(sheet.numbers_of(assignment, f"s{i}")) for i in range(12)}
    assert len(numbers) >= 10
    copied = course.code_of(assignment, solved=True, student="emmy")
    marks, _ = course.grade(assignment, copied, "ada")
    assert sum(mark.score or 0 for mark in marks.values()) < sum(m.of for m in marks.values() if m.score is not None)


OTHER: dict[type, type] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.Pow: ast.Mult,
    ast.Lt: ast.GtE, ast.GtE: ast.Lt, ast.Gt: ast.LtE, ast.LtE: ast.Gt, ast.Eq: ast.NotEq,
}  # fmt: skip


class Swap(ast.NodeTransformer):
    """Change the n-th place that can be changed, and count them."""

    def __init__(self, target: int) -> None:
        self.target, self.seen = target, -1

    def _here(self) -> bool:
        self.seen += 1
        return self.seen == self.target

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        if type(node.op) in OTHER and self._here():
            node.op = OTHER[type(node.op)]()
        return node

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        self.generic_visit(node)
        if type(node.ops[0]) in OTHER and self._here():
            node.ops[0] = OTHER[type(node.ops[0])]()
        return node

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        if isinstance(node.value, int | float) and self._here():
            node.value = not node.value if isinstance(node.value, bool) else node.value + 1
        return node


def mutants(code: str, most: int = 10) -> Iterator[str]:
    tree = ast.parse(code)
    counter = Swap(-2)
    counter.visit(copy.deepcopy(tree))
    places = range(counter.seen + 1)
    for target in places[:: max(1, len(places) // most)]:
        yield ast.unparse(Swap(target).visit(copy.deepcopy(tree)))


def computing(assignment: source.Assignment, question: source.Question) -> float:
    """Seconds of computing that the cells and the checks of a question take when all is right."""
    cells = course.code_of(assignment, solved=True)
    course.sheet_of(assignment, "ada")  # the truths are not the student's to compute
    started = time.process_time()
    course.grade_only(assignment, cells, [question.name])
    return time.process_time() - started


@every_question
def test_a_changed_solution_is_caught(assignment: source.Assignment, question: source.Question) -> None:
    """A change may make a loop endless: it is stopped after four times what the solution takes, and loses its marks."""
    caught, survived = 0, []
    patience = max(1.0, 4 * computing(assignment, question))
    for code in mutants(question.solution):
        cells = course.solved_but(assignment, question, code, instead=True)
        with course.one_wait():
            marks = course.grade_only(assignment, cells, [question.name], cell=patience, answer=patience)
        if marks[question.name].score == question.marks:
            survived.append(code)
        else:
            caught += 1
    assert caught >= 1
    assert caught >= 0.7 * (caught + len(survived)), "\n\n".join(survived)

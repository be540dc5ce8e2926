"""The quizzes count first answers, mark what was opened, and remember; without the script they stay plain details."""

from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page

from eoslib.widget import STATIC
from tests.browser.conftest import POLICY, Desk

OPTION = '<details class="eos-option{right}"><summary>{words}</summary><p>Because of {words}.</p></details>'
QUIZ = "".join(
    f'<p><strong>{number}.</strong> Which, <span class="math">\\(x\\)</span>?</p>'
    + "".join(
        OPTION.format(words=f"{words} {number}", right=" eos-right" if words == "two" else "")
        for words in ("one", "two", "three")
    )
    for number in (1, 2, 3)
)


@pytest.fixture
def quiz(desk: Desk, tmp_path: Path) -> Locator:
    """A quiz of three questions on a page that may ask for nothing at all."""
    return open_quiz(desk, tmp_path, QUIZ)


def open_quiz(desk: Desk, folder: Path, body: str) -> Locator:
    script = (STATIC / "eos-quiz.js").read_text("utf-8")
    (folder / "page.html").write_text(
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>quiz</title>'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        f'<body><div class="eos-quiz">{body}</div><script>{script}</script>',
        encoding="utf-8",
    )
    page, log = desk.open((folder / "page.html").as_uri())
    assert (log.outside, log.errors) == ([], [])
    return page.locator(".eos-quiz")


def score(quiz: Locator) -> str:
    return quiz.get_by_role("status").inner_text()


def marks(quiz: Locator) -> list[str]:
    return [text for text in quiz.locator(".eos-mark").all_inner_texts() if text]


def test_the_first_choice_counts_and_every_choice_is_marked(quiz: Locator) -> None:
    assert score(quiz) == "3 questions. Your answers stay in this browser."
    assert quiz.get_by_role("button", name="Start over").count() == 0
    quiz.get_by_text("one 1", exact=True).click()
    assert quiz.get_by_text("Because of one 1.").is_visible()
    assert score(quiz) == "Question 1: not this. 0 of 1 right at first try, 2 questions to go."
    quiz.get_by_text("two 1", exact=True).click()
    assert score(quiz) == "Question 1: right. 0 of 1 right at first try, 2 questions to go."
    quiz.get_by_text("two 2", exact=True).click()
    assert marks(quiz) == ["✗ not this, your first try", "✓ right", "✓ right at first try"]
    quiz.get_by_text("one 1", exact=True).click()  # closing and opening again changes nothing
    quiz.get_by_text("one 1", exact=True).click()
    assert score(quiz) == "Question 2: right. 1 of 2 right at first try, 1 question to go."
    quiz.get_by_text("two 3", exact=True).click()
    assert score(quiz) == "Question 3: right. 2 of 3 right at first try."


def test_by_keyboard_and_named_for_a_screen_reader(quiz: Locator) -> None:
    page = quiz.page
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert "1 of 1 right" in score(quiz)
    assert quiz.locator("summary").nth(1).inner_text().split("\n")[-1].endswith("✓ right at first try")
    groups = quiz.get_by_role("group", name="Which").all()
    named = [group for group in groups if group.get_attribute("class") == "eos-choices"]
    assert [group.locator("summary").count() for group in named] == [3, 3, 3]


def test_answers_are_kept_until_the_reader_starts_over(quiz: Locator) -> None:
    page = quiz.page
    quiz.get_by_text("one 1", exact=True).click()
    quiz.get_by_text("two 2", exact=True).click()
    page.reload()
    assert score(quiz) == "1 of 2 right at first try, 1 question to go."
    assert quiz.get_by_text("Because of one 1.").is_visible()
    quiz.get_by_role("button", name="Start over").click()
    assert (marks(quiz), quiz.locator("details[open]").count()) == ([], 0)
    assert page.evaluate("document.activeElement.textContent") == "one 1"
    assert page.evaluate("localStorage.length") == 0
    quiz.get_by_text("two 1", exact=True).click()
    assert score(quiz) == "Question 1: right. 1 of 1 right at first try, 2 questions to go."


def test_an_answer_to_another_question_is_forgotten(quiz: Locator, desk: Desk, tmp_path: Path) -> None:
    quiz.get_by_text("two 1", exact=True).click()
    page = quiz.page
    text = (tmp_path / "page.html").read_text("utf-8")
    (tmp_path / "page.html").write_text(text.replace("\\(x\\)", "<mjx-container>x</mjx-container>"), encoding="utf-8")
    page.reload()
    assert "1 of 1" in score(quiz)  # a formula that was typeset meanwhile is the same question
    (tmp_path / "page.html").write_text(text.replace("three 1", "four 1"), encoding="utf-8")
    page.reload()
    assert score(quiz).startswith("3 questions.")


def test_what_the_browser_unfolds_is_no_answer(quiz: Locator) -> None:
    quiz.evaluate("(el) => el.querySelectorAll('details').forEach((details) => { details.open = true; })")
    quiz.page.wait_for_timeout(100)
    assert score(quiz).startswith("3 questions.")
    assert marks(quiz) == []


@pytest.mark.parametrize("kept", ["{", "[1]", '{"x": 3}'])
def test_kept_answers_that_cannot_be_read(quiz: Locator, kept: str) -> None:
    quiz.page.evaluate("(kept) => localStorage.setItem(`eos-quiz ${location.pathname}`, kept)", kept)
    quiz.page.reload()
    quiz.get_by_text("two 1", exact=True).click()
    assert "1 of 1 right" in score(quiz)


def test_where_storage_is_blocked_it_still_counts(quiz: Locator) -> None:
    blocked = "{ get() { throw new DOMException('no', 'SecurityError'); } }"
    quiz.page.add_init_script(f"Object.defineProperty(window, 'localStorage', {blocked})")
    quiz.page.reload()
    quiz.get_by_text("two 1", exact=True).click()
    assert "1 of 1 right" in score(quiz)


def typeset(page: Page) -> None:
    page.wait_for_load_state("load")
    page.evaluate("() => window.MathJax?.startup?.promise")


@pytest.mark.parametrize("name", ["parabola", "measuring", "edge"])
def test_the_chapters_quizzes_count(desk: Desk, site: str, name: str) -> None:
    page, log = desk.open(f"{site}/{name}.html", width=390)
    typeset(page)
    quiz = page.locator(".eos-quiz")
    count = quiz.locator(".eos-choices").count()
    assert score(quiz) == f"{count} questions. Your answers stay in this browser."
    for choices in quiz.locator(".eos-choices").all():
        choices.locator("details.eos-right > summary").click()
    assert score(quiz) == f"Question {count}: right. {count} of {count} right at first try."
    page.reload()
    typeset(page)
    assert score(quiz) == f"{count} of {count} right at first try."
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert (log.outside, log.errors) == ([], [])

"""A source that breaks a rule of assignments/README.md is refused, with a sentence that names the place."""

from pathlib import Path

import pytest

from classroom import build, sheet, source

GOOD = '''---
title: Small
limits: cell=5
---

# Small

```python setup
import numpy as np
import eoslib as eos
```

```python personal
a = float(random.integers(2, 9))
```

## Twice {question=twice marks=3 minutes=5}

```python answer
def twice(x):
    """2x."""
    return 2 * x


half = a / 2  # a/2
```

```python marks
check(1, "half", a / 2, says="A half.")
check(2, "twice(a)", a + a, says="Add it to itself.")
```

```python wrong loses=2 says="itself"
def twice(x):
    return x
```

## Why {question=why marks=2 minutes=5}

```rubric
One for each reason.
```
'''
ANSWER = GOOD[GOOD.index("```python answer") : GOOD.index("```python marks")]
MARKS = GOOD[GOOD.index("```python marks") : GOOD.index("```python wrong")]
PERSONAL = GOOD[GOOD.index("```python personal") : GOOD.index("## Twice")]


def read(tmp_path: Path, text: str) -> source.Assignment:
    path = tmp_path / "7-small.md"
    path.write_text(text, "utf-8")
    return source.read(path)


def test_a_good_source_is_read(tmp_path: Path) -> None:
    small = read(tmp_path, GOOD)
    assert (small.name, small.title, small.marks, small.limits["cell"], small.limits["answer"]) == (
        "7-small", "Small", 5.0, 5.0, 10.0,
    )  # fmt: skip
    twice, why = small.questions
    assert (twice.number, twice.asked, twice.manual, why.manual) == (1, ["twice", "half"], False, True)
    assert GOOD.splitlines()[twice.line - 1].startswith("## Twice")
    assert len(sheet.sheet(small, "ada").checks) == 2
    given = [cell["source"] for cell in build.notebook(small, solved=False)["cells"]]
    assert any("NotImplementedError('Write twice.')" in text and "half = ...  # a/2" in text for text in given)


# what is replaced, by what, and what the sentence contains
BROKEN = {
    "no block at the top": ("---\ntitle: Small\nlimits: cell=5\n---\n", "", "must begin with three lines"),
    "the block is not closed": ("cell=5\n---", "cell=5\n", "must begin with three lines"),
    "no title": ("title: Small\n", "", "line 1: the block at the top has no title"),
    "an unknown line at the top": ("title: Small", "title: Small\nlimit: cell=5", "has an option 'limit'"),
    "an unknown limit": ("cell=5", "cells=5", "an option 'cells'; it may have cell=…, answer=…"),
    "a limit that is no number": ("cell=5", "cell=soon", "cell=soon is not a number above 0"),
    "a limit without a value": ("cell=5", "cell", "'cell' is not name=value"),
    "no text first": ("# Small\n\n", "", "must begin with text"),
    "no question": (GOOD[GOOD.index("## Twice") :], "", "no heading ends in {question=name"),
    "a heading without marks": (" marks=3", "", "line 17: the heading of question 1 has no marks"),
    "a heading without a name": ("question=why", "question=", "the heading of question 2 has no name"),
    "a misspelt option": ("minutes=5}\n\n```python", "minutes=5 witout=np}\n\n```python", "an option 'witout'"),
    "marks that are no number": ("marks=3", "marks=three", "line 17: marks=three is not a number above 0"),
    "marks below 0": ("marks=3", "marks=-3", "marks=-3 is not a number above 0"),
    "minutes that are no number": ("marks=3 minutes=5", "marks=3 minutes=nan", "minutes=nan is not a number above 0"),
    "two questions of one name": ("question=why", "question=twice", "2 questions are called 'twice'"),
    "a fence without an end": ("a / 2  # a/2\n```", "a / 2  # a/2\n", "not closed before line 28, where"),
    "the last fence without an end": ("reason.\n```", "reason.", "line 40: the block that begins here is never closed"),
    "an unknown role": ("python answer", "python anwser", "line 19: there is no role 'anwser'"),
    "an option without =": ("loses=2", "loses", "line 33: 'loses' is not name=value"),
    "a quotation mark alone": ('says="itself"', 'says="itself', "line 33: a quotation mark is never closed"),
    "a wrong block without its loss": ("loses=2 ", "", "line 33: this wrong block has no loses"),
    "a wrong block without its message": (' says="itself"', "", "line 33: this wrong block has no says"),
    "a loss that is no number": ("loses=2", "loses=all", "line 33: loses=all is not a number above 0"),
    "a role with options": ("python answer", "python answer loses=2", "this answer block has an option 'loses'"),
    "no answer": (ANSWER, "", "line 17: a question needs python answer and python marks"),
    "no checks": (MARKS, "", "line 17: a question needs python answer and python marks"),
    "checks and a rubric": ("```python wrong", "```rubric\nHm.\n```\n\n```python wrong", "not both"),
    "an answer in the opening": ("## Twice", ANSWER + "## Twice", "line 17: this answer block stands before the first"),
    "numbers in a question": ("```python marks", PERSONAL + "```python marks", "line 28: this personal block stands"),
    "two personal blocks": ("## Twice", PERSONAL + "## Twice", "two personal blocks"),
    "not Python, in a question": ("return 2 * x", "return 2 * ", "line 22: invalid syntax"),
    "not Python, in the opening": ("import numpy as np", "import numpy as", "line 9:"),
    "an answer that asks for nothing": (ANSWER, "```python answer\n_x = 1\n```\n", "defines no function and no number"),
    "two names in a line": ("half = a / 2", "half, other = a / 2, 0", "line 25: half is not defined by `def`"),
    "an annotated name": ("half = a / 2", "half: float = a / 2", "line 25: half is not defined by `def`"),
    "a class": ("half = a / 2", "class Half: pass\n\n\nhalf = a / 2", "line 25: Half is not defined by `def`"),
    "a name asked for twice": ("half = a / 2", "half = 1\nhalf = a / 2", "half is asked for by 2 answers"),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "words"), BROKEN.values(), ids=BROKEN)
def test_a_broken_rule_is_named(tmp_path: Path, old: str, new: str, words: str) -> None:
    assert old in GOOD
    with pytest.raises(source.SourceError) as refused:
        read(tmp_path, GOOD.replace(old, new, 1))
    said = str(refused.value)
    assert said.startswith("7-small.md"), said
    assert words in said
    assert "\n" not in said


FAILING = {
    "the sum of the marks": ("marks=3", "marks=4", "line 17: twice declares 4 marks, and its checks sum to 3."),
    "a check without marks": ('check(1, "half"', 'check(0, "half"', 'twice: half has 0 marks; give more than 0.'),
    "a set-up that fails": ("import numpy as np", "import nunpy", "7-small.md (setup): ModuleNotFoundError"),
    "numbers that fail": ("random.integers", "random.integer", "7-small.md (personal): AttributeError"),
    "a solution that fails": ("half = a / 2", "half = b / 2", "7-small.md (answer): NameError"),
    "a truth that fails": ("a + a", "a + b", "line 30 (marks of twice): NameError: name 'b'"),
    "an expression the solution cannot do": ('"twice(a)"', '"twice(a, a)"', "line 30 (marks of twice): TypeError"),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "words"), FAILING.values(), ids=FAILING)
def test_a_block_that_fails_is_named(tmp_path: Path, old: str, new: str, words: str) -> None:
    assert old in GOOD
    with pytest.raises(source.SourceError) as refused:
        sheet.sheet(read(tmp_path, GOOD.replace(old, new, 1)), "ada")
    assert words in str(refused.value)


def test_a_file_that_is_not_text_is_named(tmp_path: Path) -> None:
    path = tmp_path / "7-small.md"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(source.SourceError, match=r"7-small\.md is not UTF-8 text"):
        source.read(path)

"""The last touch on a built page's HTML: what belongs together stays on one line, what gives an answer away waits.

Only text between tags is looked at; code, formulas, drawings and scripts are left alone. See sphinxext for the rest.
"""

from __future__ import annotations

import re
from collections.abc import Callable

__all__ = ["hold_together", "withhold"]

NUMBER = r"−?\d[\d.,]*(?<![.,])"
LETTER = r"[A-Za-zα-ωΔΣ](?:[₀-₉²³]|′)?"
RATIO = rf"(?:{NUMBER}|{LETTER})/[α-ωS](?![A-Za-z])"  # 2/η, δ²/η
SIGN = r"(?:[=≈≤≥<>×]|&lt;|&gt;)"
TOGETHER = re.compile(
    rf"(?<![\w/])(?:(?:{RATIO}|{LETTER}) {SIGN} {NUMBER}(?: %)?"  # η = 0.2
    rf"|(?:{NUMBER} × )?{RATIO}"
    rf"|{NUMBER}(?:[–-]{NUMBER})? %"
    r")(?![\w/])"
)
FORMULA = re.compile(r'([(\[“]?)(<span class="math[^"]*">[^<]*</span>)([.,;:!?)\]”’]*)')
SKIPPED = ("pre", "code", "svg", "script", "style", "title", "textarea", "select", "nav")
SUMMARY = re.compile(r"(<summary\b.*?</summary>)", re.DOTALL)
PIECE = re.compile(rf"<({'|'.join(SKIPPED)})\b.*?</\1>|<[^>]*>|[^<]+", re.DOTALL)

ALT = re.compile(
    r'(<span class="n">alt</span><span class="o">=</span>(?:<span class="p">\(</span>\s*)?)'
    r'((?:<span class="s[ai12]?">(?:[^<]|<(?!/span>))*</span>\s*)*<span class="s[ai12]?">[^<]*</span>)'
)
FOLD = '<div class="cell tag_hide-output'


def hold_together(body: str) -> str:
    """No line ends inside 2/η, η = 0.2 or 15 %, nor between a formula and the sign after it.

    >>> hold_together("<p>It hovers at 2/η, 15 % higher.</p>")
    '<p>It hovers at <span class="eos-together">2/η</span>, <span class="eos-together">15 %</span> higher.</p>'
    >>> hold_together('<p title="2/η">and/or <code>2/η</code></p>')
    '<p title="2/η">and/or <code>2/η</code></p>'
    """
    parts = SUMMARY.split(body)
    parts[::2] = [_texts(_formulas(part), _boxed) for part in parts[::2]]
    parts[1::2] = [_texts(part, _glued) for part in parts[1::2]]  # a box would be a column of its own there
    return "".join(parts)


def _formulas(html: str) -> str:
    return FORMULA.sub(lambda found: _boxed(found[0]) if found[1] + found[3] else found[0], html)


def _texts(html: str, bind: Callable[[str], str]) -> str:
    def bound(piece: re.Match[str]) -> str:
        if piece[0][0] == "<" or piece[0].lstrip().startswith(("\\(", "\\[")):
            return piece[0]  # a tag, or a formula's source
        return TOGETHER.sub(lambda found: bind(found[0]), piece[0])

    return PIECE.sub(bound, html)


def _boxed(words: str) -> str:
    return f'<span class="eos-together">{words}</span>'


def _glued(words: str) -> str:
    return words.replace("/", "/\N{WORD JOINER}").replace(" ", "\N{NO-BREAK SPACE}")


def withhold(body: str) -> str:
    """Marks the alternative text in the code of a folded result: the style sheet shows it with the result.

    The words say what the figure shows, and stand above the fold, where the reader has not made a prediction yet.
    """
    first, *cells = body.split(FOLD)
    return FOLD.join([first, *map(_withhold_one, cells)])


def _withhold_one(cell: str) -> str:
    code, fold, rest = cell.partition('<details class="admonition hide')
    return ALT.sub(r'\1<span class="eos-later"><span>\2</span></span>', code) + fold + rest if fold else cell

"""Code: numbered lines in a language, some of which stand out."""

from typing import Any

import pytest

from livedeck.deck import snapshot
from livedeck.deck.ops import Code, Document, Put, Tab
from livedeck.deck.page import Page


def published(page: Page) -> Code:
    (op,) = page.take().ops()
    assert isinstance(op, Put)
    assert isinstance(op.element, Code)
    return op.element


@pytest.mark.parametrize(
    ("given", "marked"),
    [
        (3, [[3, 3]]),
        ([1, (2, 4), [6, 6]], [[1, 1], [2, 4], [6, 6]]),
        (range(2), [[0, 0], [1, 1]]),
        ([(4, 2), (1,), "x", None, (1, 2, 3), -1, 1e99], []),
        ("words", []),
        (None, []),
    ],
)
def test_lines_stand_out_by_numbers_and_ranges(given: Any, marked: list[list[int]]) -> None:
    page = Page()
    page.deck("d").code("a\nb", highlight_lines=given)
    assert published(page).marked == marked


def test_new_code_takes_the_place_of_the_old_and_keeps_no_marks_of_it() -> None:
    page = Page()
    deck = page.deck("d")
    block = deck.code("one", "python", title="f.py", highlight_lines=1, first_line=7)
    assert published(page) == Code("code:f.py", "one", "python", "f.py", 7, [[1, 1]])
    block.update(highlight_lines=[8])
    assert published(page) == Code("code:f.py", "one", "python", "f.py", 7, [[8, 8]])
    deck.code("two", title="f.py")
    assert published(page) == Code("code:f.py", "two", "python", "f.py", 7)


def test_without_scripts_it_has_numbers_and_marks() -> None:
    code = Code("c", "<a>\n\nb\n", "python", "f.py", 9, [[1, 3], [9, 10], [11, 10_000_000]])
    page = snapshot.render(Document(1, "", [Tab("d", [code])]), live=True, script_of=lambda: None).decode()
    assert '<pre class="ld-code-numbers" aria-hidden="true">9\n10\n11</pre>' in page
    assert "&lt;a&gt;\n\nb\n</pre>" in page
    assert page.count('class="ld-code-mark"') == 2
    assert 'style="--ld-line:0;--ld-lines:2"' in page
